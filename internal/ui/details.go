package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// details is what one may want to know of the connection, or to copy, and seldom does: it unfolds above the card.
type details struct {
	open   bool
	toggle *pill
	copy   func(string)

	why, provider, price, protocol, handshake, received, sent, socks, http, curl *detail

	rows   [][]*detail // in a wide card; a narrow one breaks up what it has no room for
	canvas *fyne.Container
}

func newDetails(toggle func(), copyText func(string)) *details {
	d := &details{copy: copyText}
	d.toggle = newPill("chevron-right", "", toggle)
	d.why = d.add(lang.L("Chosen as"), false)
	d.provider = d.add(lang.L("Provider"), true)
	d.price = d.add(lang.L("Price"), false)
	d.protocol = d.add(lang.L("Protocol"), false)
	d.handshake = d.add(lang.L("Handshake"), false)
	d.received = d.add(lang.L("Received"), false)
	d.sent = d.add(lang.L("Sent"), false)
	d.socks = d.add("SOCKS5", true)
	d.http = d.add("HTTP", true)
	d.curl = d.add(lang.L("Try it"), true)
	d.rows = [][]*detail{{d.why}, {d.provider}, {d.price}, {d.protocol, d.handshake}, {d.received, d.sent}, {d.socks, d.http}, {d.curl}}
	d.canvas = container.New(&detailLayout{d})
	d.canvas.Add(newHair())
	for _, r := range d.rows {
		for _, x := range r {
			d.canvas.Add(x.word)
			for _, l := range x.value {
				d.canvas.Add(l)
			}
			if x.copy != nil {
				d.canvas.Add(x.copy)
			}
		}
	}
	d.canvas.Hide()
	return d
}

// detail is one word and its value, on as many lines as it needs.
type detail struct {
	word  *label
	value [3]*label
	copy  *pill // nil = not worth copying
	full  string
}

func (d *details) add(word string, copied bool) *detail {
	x := &detail{word: newLabel(word, 12, assets.Regular, mutedTone)}
	for i := range x.value {
		x.value[i] = newLabel("", 12, assets.Medium, inkTone)
	}
	if copied {
		x.copy = newIconButton("copy", func() { d.copy(x.full) }).says(lang.L("Copy"))
	}
	return x
}

// drawToggle shows whether the button opens or closes. Where there is little room it is an arrow only.
func (d *details) drawToggle(small bool) {
	icon, word := "chevron-right", lang.L("Details")
	if d.open {
		icon = "chevron-down"
	}
	d.toggle.tip = ""
	if small {
		d.toggle.tip, word = word, ""
	}
	d.toggle.set(icon, word)
}

// draw shows what is known; "–" is what is not.
func (d *details) draw(s vpn.Status, t vpn.Traffic, exit vpn.Exit, why, price string, now time.Time) {
	if !d.open {
		return
	}
	set := func(x *detail, v string) {
		known := v != ""
		if x.copy != nil && x.copy.off == known {
			x.copy.off = !known
			x.copy.Refresh()
		}
		if !known {
			v = unknownWord
		}
		x.full = v
	}
	set(d.why, why)
	set(d.provider, exit.ProviderID)
	set(d.price, price)
	shake, in, out, mtu := "", "", "", ""
	if !t.At.IsZero() && s.Phase.Wanted() {
		in, out = sizeText(t.BytesReceived), sizeText(t.BytesSent)
		if t.MTU > 0 {
			mtu = "MTU " + strconv.Itoa(t.MTU)
		}
		if !t.LastHandshake.IsZero() {
			shake = agoWords(now.Sub(t.LastHandshake))
		}
	}
	set(d.protocol, joined(protocolWords(exit.ServiceType), mtu))
	set(d.handshake, shake)
	set(d.received, in)
	set(d.sent, out)
	socks, http, curl := "", "", ""
	if s.Proxy.SOCKS5 != "" {
		socks, curl = "socks5://"+s.Proxy.SOCKS5, "curl -x socks5h://"+s.Proxy.SOCKS5+" https://example.org"
	}
	if s.Proxy.HTTP != "" {
		http = "http://" + s.Proxy.HTTP
	}
	set(d.socks, socks)
	set(d.http, http)
	set(d.curl, curl)
	d.canvas.Layout.Layout(d.canvas.Objects, d.canvas.Size())
}

// protocolWords names what carries the traffic. Our tunnel is WireGuard whatever the plan is called.
func protocolWords(service string) string {
	switch service {
	case "":
		return ""
	case "wireguard":
		return "WireGuard"
	}
	return "WireGuard · " + service
}

// agoWords is how long ago something was.
func agoWords(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s < 100 {
		return lang.X("ago.seconds", "{{.N}} s ago", map[string]int{"N": s})
	}
	return lang.X("ago.minutes", "{{.N}} min ago", map[string]int{"N": s / 60})
}

const unknownWord = "–" // in place of what is not known

// The measures of the details.
const (
	detailLine = 26
	detailMore = 16 // a second line's height
	detailWord = 82
	detailCopy = 36
	detailSide = 20
	wideDetail = 640
)

// placed is where one detail goes.
type placed struct {
	x          *detail
	left, y, w float32
}

// plan lays the details out in a width and tells the height they take.
func (d *details) plan(width float32) (places []placed, height float32) {
	y := float32(12)
	room := width - 2*detailSide
	for _, r := range d.rows {
		if r[0] == d.why && d.why.full == unknownWord {
			continue // nothing was chosen for the user
		}
		stacked := len(r) > 1 && width < wideDetail && r[0].copy != nil
		each := room
		if len(r) > 1 && !stacked {
			each = (room - 24) / 2
		}
		for i, x := range r {
			left := float32(detailSide)
			if i > 0 && !stacked {
				left += each + 24
			}
			if i > 0 && stacked {
				y += detailLine
			}
			places = append(places, placed{x, left, y, each})
		}
		more := 0
		for _, x := range r {
			more = max(more, len(x.lines(each))-1)
		}
		y += detailLine + detailMore*float32(more)
	}
	return places, y + 6
}

// lines breaks the value at the last spaces that fit, else where the room ends.
func (x *detail) lines(width float32) (lines []string) {
	room := width - detailWord
	if x.copy != nil {
		room -= detailCopy
	}
	text := x.value[0].t
	letters, used, from, space := faceOf(text.FontSource), float32(0), 0, 0
	for i, r := range x.full {
		if r == ' ' {
			space = i
		}
		used += letters.width(r) * text.TextSize
		if used <= room || len(lines) == len(x.value)-1 {
			continue
		}
		cut := i
		if space > from {
			cut = space
		}
		lines = append(lines, x.full[from:cut])
		from = cut
		used = letters.length(x.full[from:i+utf8.RuneLen(r)]) * text.TextSize
	}
	return append(lines, x.full[from:])
}

// detailLayout puts the details into rows, with a hairline below.
type detailLayout struct{ d *details }

func (l *detailLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, 100) }

func (l *detailLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if size.Width == 0 {
		return
	}
	places, height := l.d.plan(size.Width)
	o[0].Resize(fyne.NewSize(size.Width-2*detailSide, 1))
	o[0].Move(place(detailSide, height-1))
	shown := places[0].x == l.d.why
	l.d.why.word.Hidden = !shown
	for _, v := range l.d.why.value {
		v.Hidden = !shown
	}
	for _, p := range places {
		x, h := p.x, p.x.word.MinSize().Height
		x.word.Resize(fyne.NewSize(detailWord-8, h))
		x.word.Move(place(p.left, p.y+(detailLine-h)/2))
		room := p.w - detailWord
		if x.copy != nil {
			room -= detailCopy
			x.copy.Resize(fyne.NewSize(32, detailLine))
			x.copy.Move(place(p.left+p.w-32, p.y))
		}
		lines := x.lines(p.w)
		for i, v := range x.value {
			line := ""
			if i < len(lines) {
				line = strings.TrimSuffix(strings.TrimPrefix(lines[i], " "), " ·")
			}
			v.say(line)
			v.Resize(fyne.NewSize(room, h))
			v.Move(place(p.left+detailWord, p.y+(detailLine-h)/2+detailMore*float32(i)))
		}
	}
}

// toggleDetails unfolds the card, or folds it up again.
func (w *Window) toggleDetails() {
	w.card.unfold(w.o.Now())
	w.home.Refresh()
}

// copyDetail copies a text from the details and says so for a moment.
func (w *Window) copyDetail(text string) {
	w.o.App.Clipboard().SetContent(text)
	w.card.details.copied(text)
	w.stopCopy()
	w.stopCopy = w.o.After(1500*time.Millisecond, func() {
		w.o.Lane.Post(func() {
			if !w.closed {
				w.card.details.copied("")
			}
		})
	})
}

// copied marks the button of what was copied just now; "" = nothing was.
func (d *details) copied(text string) {
	for _, r := range d.rows {
		for _, x := range r {
			switch {
			case x.copy == nil:
			case text != "" && x.full == text:
				x.copy.set("check", "")
			default:
				x.copy.set("copy", "")
			}
		}
	}
}
