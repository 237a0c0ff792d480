package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
)

// apart tells whether the core is in another process: it is somebody else's, and stays when the window goes.
func (w *Window) apart() bool { return w.o.Leave != nil }

// quit ends the program, or the window alone where the core is another one's.
func (w *Window) quit() {
	if w.apart() {
		w.o.Leave()
		return
	}
	w.sendQuit()
}

// quitWord says what quit does.
func quitWord(apart bool) string {
	if apart {
		return lang.L("Close window")
	}
	return lang.L("Quit")
}

// gonePage is what the window shows when the core that it belonged to has ended: nothing of what it knew is true.
type gonePage struct {
	again, leave *pill
	canvas       fyne.CanvasObject
}

func newGonePage(w *Window) *gonePage {
	g := &gonePage{}
	g.again = newLoudPill("power", lang.L("Start it here"), w.o.Restart)
	g.leave = newPill("x", lang.L("Close window"), w.quit)
	for _, b := range []*pill{g.again, g.leave} {
		b.size, b.tall = 13, true
	}
	say := &essay{side: welcomeSide}
	say.add(0, newLabel(lang.L("MysteriumVPN has ended"), 21, assets.Display, inkTone))
	say.add(12, newProse(lang.L("It ran apart from this window and has ended, and the connection with it. Programs that use the proxy reach nothing."), 14, inkTone))
	buttons := row(10, g.again, g.leave)
	say.put(22, buttons, func(float32) float32 { return buttons.MinSize().Height })
	g.canvas = container.NewStack(
		newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		container.New(&topThird{}, container.New(say, say.objects()...)))
	return g
}

// drawGone takes everything away once the core is gone. It does not come back in this window: a new core is another
// program.
func (w *Window) drawGone(gone bool) {
	if !gone || w.gone != nil {
		return
	}
	w.gone = newGonePage(w)
	w.first = nil
	for _, o := range w.window.Canvas().Overlays().List() {
		w.window.Canvas().Overlays().Remove(o)
	}
	if w.tray != nil {
		w.tray.gone = true
		w.drawTray()
	}
	w.window.SetContent(w.gone.canvas)
	w.window.Canvas().Focus(w.gone.again)
	w.window.SetTitle(lang.L("MysteriumVPN has ended"))
	w.tick()
	if !w.shown || !w.looking {
		w.o.App.SendNotification(fyne.NewNotification(lang.L("MysteriumVPN has ended"), lang.L("Open its window to start it again.")))
	}
}

// waiting tells whether something stands in place of the window proper: the first start, or that the core is gone.
func (w *Window) waiting() bool { return w.welcoming() || w.gone != nil }

// focusWaiting gives the focus to what stands there.
func (w *Window) focusWaiting() {
	if w.gone != nil {
		w.window.Canvas().Focus(w.gone.again)
		return
	}
	w.first.focus()
}
