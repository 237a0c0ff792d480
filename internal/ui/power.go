package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// power is the one large button: what it does is written below it.
type power struct {
	pressable
	phase vpn.Phase
	word  string
	turn  int // of the busy ring, in steps; only ever moved from outside, twice a second at most
}

func newPower(onPress func()) *power {
	p := &power{}
	p.onPress = onPress
	p.ExtendBaseWidget(p)
	return p
}

func (p *power) set(phase vpn.Phase, verb vpn.Verb, word string) {
	off := verb == vpn.NoVerb
	if p.phase == phase && p.word == word && p.off == off {
		return
	}
	p.phase, p.word, p.off = phase, word, off
	p.Refresh()
}

// step turns the busy ring on.
func (p *power) step() {
	p.turn = (p.turn + 1) % 8
	p.Refresh()
}

func (p *power) CreateRenderer() fyne.WidgetRenderer {
	r := &powerRenderer{
		p: p, glow: &canvas.RadialGradient{}, rim: &canvas.Circle{}, disc: &canvas.Circle{}, focus: &canvas.Circle{},
		arc: canvas.NewArc(0, 90, 0.95, nil), img: &canvas.Image{FillMode: canvas.ImageFillContain}, word: newText(12.5, assets.SemiBold),
	}
	r.arc.CornerRadius = 2
	r.word.Alignment = fyne.TextAlignCenter
	r.Refresh()
	return r
}

type powerRenderer struct {
	p                *power
	glow             *canvas.RadialGradient
	rim, disc, focus *canvas.Circle
	arc              *canvas.Arc
	img              *canvas.Image
	word             *canvas.Text
}

const powerSize = 76 // of the disc

func (r *powerRenderer) Destroy()           {}
func (r *powerRenderer) MinSize() fyne.Size { return fyne.NewSize(112, 124) }

func (r *powerRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.glow, r.rim, r.arc, r.disc, r.focus, r.img, r.word}
}

func (r *powerRenderer) Layout(size fyne.Size) {
	c := place(size.Width/2, 50)
	r.glow.Resize(fyne.NewSquareSize(132))
	r.glow.Move(place(c.X-66, c.Y-66))
	centred(r.rim, c, powerSize/2+8)
	centred(r.focus, c, powerSize/2+12)
	centred(r.disc, c, powerSize/2)
	r.arc.Resize(fyne.NewSquareSize(powerSize + 16))
	r.arc.Move(place(c.X-powerSize/2-8, c.Y-powerSize/2-8))
	r.img.Resize(fyne.NewSquareSize(30))
	r.img.Move(place(c.X-15, c.Y-15))
	h := r.word.MinSize().Height
	r.word.Resize(fyne.NewSize(size.Width, h))
	r.word.Move(place(0, size.Height-h-1))
}

func (r *powerRenderer) Refresh() {
	b, p := r.p, colours()
	fill, on := p.Primary, p.OnPrimary
	icon := "power"
	switch b.phase {
	case vpn.Up:
		fill, on = p.Good, p.OnUp
	case vpn.Finding, vpn.Dialing, vpn.Reconnecting:
		fill, on, icon = p.Fair, p.OnBusy, "x"
	case vpn.Blocked:
		fill, on = p.Poor, p.OnTrouble
	case vpn.Failed:
		icon = "rotate-ccw"
	case vpn.Down:
	default:
		fill, on, icon = p.Raised, p.Muted, "ellipsis"
	}
	busy := b.phase.Busy() || b.phase == vpn.Unknown
	r.glow.StartColor, r.glow.EndColor = alpha(fill, 70), alpha(fill, 0)
	r.glow.Hidden = b.off
	r.rim.FillColor = alpha(fill, 40)
	if b.off {
		r.rim.FillColor = alpha(p.Raised, 120)
	}
	if b.hover && !b.off {
		r.rim.FillColor = alpha(fill, 84)
	}
	r.focus.FillColor = alpha(fill, 0)
	r.focus.StrokeColor, r.focus.StrokeWidth = p.Link, 2
	r.focus.Hidden = !b.focused
	r.disc.FillColor = fill
	r.arc.Hidden = !busy
	r.arc.FillColor = fill
	if b.off {
		r.arc.FillColor = p.Muted
	}
	r.arc.StartAngle = float32(b.turn) * 45
	r.arc.EndAngle = r.arc.StartAngle + 100
	setTint(r.img, icon, on)
	r.word.Text, r.word.Color = b.word, p.Ink
	if b.off {
		r.word.Color = p.Muted
	}
	for _, o := range r.Objects() {
		canvas.Refresh(o)
	}
}
