package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// banner says what a network really is, for as long as that network is used. It cannot be closed, and it is never cut:
// where there is no room for both sentences side by side they stand below each other.
type banner struct {
	what, so *label
	lines    *fyne.Container
	canvas   *fyne.Container
}

func newBanner() *banner {
	b := &banner{
		what: newLabel(lang.L("Sandbox: exits run on this computer."), 12.5, assets.Medium, inkTone),
		so:   newLabel(lang.L("Your address does not change."), 12.5, assets.Regular, mutedTone),
	}
	b.lines = container.New(&sentences{}, b.what, b.so)
	b.canvas = container.NewStack(
		newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 12),
		pad(12, 8, 14, 8, container.NewBorder(nil, nil, pad(0, 0, 9, 0, middle(newGlyph("monitor", 16, linkTone))), nil, b.lines)))
	b.canvas.Hide()
	return b
}

func (b *banner) draw(n vpn.Network) { b.canvas.Hidden = n != vpn.Sandbox }

// size is what the banner takes of a width.
func (b *banner) size(room float32) fyne.Size {
	const around = 12 + 16 + 9 + 14 + 8
	a, c := b.what.MinSize(), b.so.MinSize()
	if one := a.Width + sentenceGap + c.Width + around + 1; one <= room {
		return fyne.NewSize(one, a.Height+16)
	}
	return fyne.NewSize(min(max(a.Width, c.Width)+around+1, room), a.Height+c.Height+18)
}

const sentenceGap = 6

// sentences lays two texts side by side if they fit, else below each other.
type sentences struct{}

func (sentences) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(40, o[0].MinSize().Height)
}

func (sentences) Layout(o []fyne.CanvasObject, size fyne.Size) {
	a, b := o[0].MinSize(), o[1].MinSize()
	if a.Width+sentenceGap+b.Width <= size.Width {
		o[0].Resize(a)
		o[0].Move(place(0, (size.Height-a.Height)/2))
		o[1].Resize(b)
		o[1].Move(place(a.Width+sentenceGap, (size.Height-b.Height)/2))
		return
	}
	top := (size.Height - a.Height - b.Height - 2) / 2
	o[0].Resize(fyne.NewSize(size.Width, a.Height))
	o[0].Move(place(0, top))
	o[1].Resize(fyne.NewSize(size.Width, b.Height))
	o[1].Move(place(0, top+a.Height+2))
}

// noticeBar is the sentence that explains the present phase, or what just happened; it stands above the card and
// moves nothing when it comes and goes.
type noticeBar struct {
	icon   *glyph
	edge   *box
	text   *widget.Label
	act    *pill // goes where the cause is mended
	close  *pill
	canvas *fyne.Container
	tone   tone

	reason vpn.Reason // of the status
	notice vpn.Notice // the newest one that was not closed
	closed vpn.Reason // the user has read this one

	standing []vpn.Reason      // what is so for long, shown while there is nothing newer to say
	read     map[vpn.Code]bool // of these, closed until the next start
}

func newNoticeBar(toAccount func()) *noticeBar {
	b := &noticeBar{icon: newGlyph("info", 18, mutedTone), text: widget.NewLabel(""), tone: mutedTone, read: map[vpn.Code]bool{}}
	b.text.Wrapping = fyne.TextWrapWord
	b.close = newIconButton("x", b.dismiss).says(lang.L("Close"))
	b.act = newPill("wallet", lang.L("Account"), toAccount)
	b.act.Hide()
	b.edge = newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return alpha(b.tone(p), 150) }, 14)
	b.canvas = container.NewStack(b.edge, container.New(&noticeLayout{}, b.icon, b.text, b.act, b.close))
	b.canvas.Hide()
	return b
}

// drawStatus takes the reason of a status. A reason that was closed stays closed until another comes.
func (b *noticeBar) drawStatus(s vpn.Status) {
	if s.Reason == b.reason && s.Phase != vpn.Up {
		return
	}
	b.reason = s.Reason
	if s.Reason.Code == vpn.Cancelled { // the user did that
		b.reason = vpn.Reason{}
	}
	if b.reason != b.closed {
		b.closed = vpn.Reason{}
	}
	if s.Phase == vpn.Up {
		b.notice = vpn.Notice{}
	}
	b.draw(s.Phase)
}

func (b *noticeBar) show(n vpn.Notice, phase vpn.Phase) {
	b.notice = n
	b.draw(phase)
}

// stand takes what is so for long: the first that was not read is shown while there is nothing newer to say.
func (b *noticeBar) stand(all []vpn.Reason, phase vpn.Phase) {
	if !slices.Equal(all, b.standing) {
		b.standing = all
		b.draw(phase)
	}
}

func (b *noticeBar) stands() vpn.Reason {
	for _, r := range b.standing {
		if !b.read[r.Code] {
			return r
		}
	}
	return vpn.Reason{}
}

func (b *noticeBar) dismiss() {
	switch {
	case b.notice != (vpn.Notice{}):
		b.notice = vpn.Notice{}
	case !b.reason.Zero() && b.reason != b.closed:
		b.closed = b.reason
	case !b.stands().Zero():
		b.read[b.stands().Code] = true
	}
	b.draw(vpn.Unknown)
}

func (b *noticeBar) draw(phase vpn.Phase) {
	text, t, icon := "", mutedTone, "info"
	b.act.Hidden = true
	switch {
	case b.notice != (vpn.Notice{}):
		text = reasonText(b.notice.Reason)
		b.act.Hidden = !needsAccount(b.notice.Reason.Code)
		switch b.notice.Severity {
		case vpn.Warning:
			t, icon = busyTone, "triangle-alert"
		case vpn.Error:
			t, icon = troubleTone, "circle-alert"
		default:
		}
	case !b.reason.Zero() && b.reason != b.closed:
		text = reasonText(b.reason)
		b.act.Hidden = !needsAccount(b.reason.Code)
		switch phase {
		case vpn.Failed, vpn.Blocked:
			t, icon = troubleTone, "circle-alert"
		case vpn.Finding, vpn.Dialing, vpn.Reconnecting:
			t, icon = busyTone, "info"
		default:
			t, icon = b.tone, b.icon.name
		}
	}
	if r := b.stands(); text == "" && !r.Zero() {
		text, t, icon = reasonText(r), mutedTone, "info"
		b.act.Hidden = !needsAccount(r.Code)
	}
	b.canvas.Hidden = text == ""
	b.tone = t
	b.icon.set(icon, t)
	b.edge.Refresh()
	b.text.SetText(text)
	b.canvas.Refresh()
}

// noticeLayout has the icon left, the cross right, and the sentence between them as high as it needs.
type noticeLayout struct{}

func (noticeLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(200, max(o[1].MinSize().Height, 40))
}

func (noticeLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	icon, cross := o[0].MinSize(), o[3].MinSize()
	o[0].Resize(icon)
	o[0].Move(place(14, (size.Height-icon.Height)/2))
	o[3].Resize(cross)
	o[3].Move(place(size.Width-cross.Width-6, (size.Height-cross.Height)/2))
	w := size.Width - icon.Width - cross.Width - 34
	if act := o[2].MinSize(); o[2].Visible() {
		o[2].Resize(act)
		o[2].Move(place(size.Width-cross.Width-act.Width-12, (size.Height-act.Height)/2))
		w -= act.Width + 8
	}
	o[1].Resize(fyne.NewSize(w, o[1].MinSize().Height))
	o[1].Resize(fyne.NewSize(w, o[1].MinSize().Height)) // the height of wrapped text is known once its width is
	o[1].Move(place(icon.Width+20, (size.Height-o[1].MinSize().Height)/2))
}

// nodeLine is the sidebar's foot: what the node does.
type nodeLine struct {
	dot    *glyph
	text   *label
	extra  *label
	again  *pill
	log    *pill
	canvas fyne.CanvasObject

	status vpn.Status
	wallet string // what is left, where it is real money
}

func newNodeLine(restart, openLog func()) *nodeLine {
	n := &nodeLine{dot: newGlyph("circle-help", 15, mutedTone), text: newLabel("", 12, assets.Medium, inkTone), extra: newLabel("", 11.5, assets.Regular, mutedTone)}
	n.again = newPill("rotate-ccw", lang.L("Start again"), restart)
	n.log = newIconButton("scroll-text", openLog).says(lang.L("Log"))
	n.again.Hide()
	n.canvas = container.New(&footLayout{}, n.dot, n.text, n.extra, n.again, n.log)
	return n
}

// pays takes what is left to pay with.
func (n *nodeLine) pays(s account.State) {
	n.wallet = ""
	if s.Network == vpn.Mysterium && !s.BalanceAt.IsZero() {
		n.wallet = shortMyst(s.Balance)
	}
	n.draw(n.status)
}

func (n *nodeLine) draw(s vpn.Status) {
	n.status = s
	icon, t := "circle-help", mutedTone
	switch s.Node.State {
	case vpn.NodeRunning:
		icon, t = "circle-check", upTone
	case vpn.NodeStarting, vpn.NodeWaiting:
		icon, t = "refresh-cw", busyTone
	case vpn.NodeFailed:
		icon, t = "circle-alert", troubleTone
	case vpn.NodeStopped, vpn.NodeStopping:
		icon = "circle-x"
	default:
	}
	n.dot.set(icon, t)
	text := nodeWords(s.Node)
	if noNode(s) && s.Node.State == vpn.NodeFailed {
		text = lang.L("No node here")
	}
	n.text.say(text)
	extra := ""
	switch s.Network {
	case vpn.Sandbox:
		extra = lang.L("Sandbox")
	case vpn.Mysterium:
		extra = lang.L("Mysterium Network")
	case vpn.Own:
		extra = lang.L("Own servers")
	}
	last := s.Node.Version
	if n.wallet != "" {
		last = n.wallet
	}
	n.extra.say(joined(extra, last))
	n.again.Hidden = s.Node.State != vpn.NodeFailed
	word := lang.L("Start again")
	if noNode(s) {
		word = lang.L("Look again")
	}
	n.again.set("rotate-ccw", word)
	n.canvas.Refresh()
}

// footLayout has two lines of text between an icon and the buttons.
type footLayout struct{}

func (footLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(220, 56) }

func (footLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	mid := size.Height / 2
	right := size.Width - 10
	for _, i := range []int{4, 3} {
		if !o[i].Visible() {
			continue
		}
		m := o[i].MinSize()
		right -= m.Width
		o[i].Resize(m)
		o[i].Move(place(right, mid-m.Height/2))
		right -= theme.Padding()
	}
	o[0].Resize(o[0].MinSize())
	o[0].Move(place(18, mid-o[0].MinSize().Height/2))
	w := right - 44
	h1, h2 := o[1].MinSize().Height, o[2].MinSize().Height
	o[1].Resize(fyne.NewSize(w, h1))
	o[2].Resize(fyne.NewSize(w, h2))
	o[1].Move(place(44, mid-(h1+h2)/2))
	o[2].Move(place(44, mid-(h1+h2)/2+h1))
}
