package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// alarm is a bar over all of the window for as long as the helper says that traffic may leave beside the tunnel. It
// cannot be closed: what it says is true until the helper says something else.
type alarm struct {
	what   *label
	why    *prose
	canvas *fyne.Container
	over   *fyne.Container // the bar, and below it what the window shows
}

func newAlarm(below fyne.CanvasObject) *alarm {
	loud := func(p *Palette) colour { return p.OnTrouble }
	a := &alarm{
		what: newLabel(exposedWords(), 14, assets.Display, loud),
		why:  newProse("", 12.5, loud),
	}
	a.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Trouble }, nil, 0),
		container.New(&alarmLines{}, newGlyph("triangle-alert", 22, loud), a.what, a.why))
	a.canvas.Hide()
	a.over = container.New(&alarmAbove{}, a.canvas, below)
	return a
}

// exposedWords is the alarm in one line, for the tray and the title, too.
func exposedWords() string { return lang.L("Traffic may LEAVE beside the tunnel") }

// exposedWhy is the sentence below it.
func exposedWhy(g vpn.Guard) string {
	if g.Notice == "" {
		return lang.L("The rules that keep it inside the tunnel could not be applied. Take this computer off the network until this is gone.")
	}
	return lang.L("The rules that keep it inside the tunnel could not be applied ({{.Why}}). Take this computer off the network until this is gone.", map[string]string{"Why": g.Notice})
}

// draw shows the bar, or takes it away.
func (a *alarm) draw(g vpn.Guard) {
	text := exposedWhy(g)
	if a.canvas.Hidden == !g.Exposed && a.why.text == text {
		return
	}
	a.canvas.Hidden = !g.Exposed
	a.why.say(text, a.why.tone)
	a.over.Refresh()
}

// drawAlarm says over all of the window, and in its title, that traffic may leave beside the tunnel.
func (w *Window) drawAlarm(g vpn.Guard) {
	w.alarm.draw(g)
	title := "MysteriumVPN"
	if g.Exposed {
		title = exposedWords() + " · " + title
	}
	if w.gone == nil && w.window.Title() != title {
		w.window.SetTitle(title)
	}
}

// alarmAbove has the bar at the top and what is shown in the rest.
type alarmAbove struct{}

func (alarmAbove) MinSize(o []fyne.CanvasObject) fyne.Size { return o[1].MinSize() }

func (alarmAbove) Layout(o []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	if o[0].Visible() {
		put(o[0], 0, 0, size.Width, o[0].Size().Height) // a bar learns its width before it is asked for its height
		y = o[0].MinSize().Height
		put(o[0], 0, 0, size.Width, y)
	}
	put(o[1], 0, y, size.Width, size.Height-y)
}

// alarmLines have a sign left, and a line with a sentence below it right.
type alarmLines struct{ width float32 }

const alarmSide, alarmText = 18, 54

func (l *alarmLines) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(200, 22+o[1].MinSize().Height+o[2].(*prose).heightFor(max(l.width-alarmText-alarmSide, 160)))
}

func (l *alarmLines) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	put(o[0], alarmSide, (size.Height-22)/2, 22, 22)
	w := size.Width - alarmText - alarmSide
	h := o[1].MinSize().Height
	put(o[1], alarmText, 10, w, h)
	put(o[2], alarmText, 12+h, w, o[2].(*prose).heightFor(w))
}
