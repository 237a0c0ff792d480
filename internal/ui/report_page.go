package ui

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// reportPage shows a problem report before it is saved: every byte, part by part, and each part can be struck out. It is
// made anew each time the page is opened.
type reportPage struct {
	w    *Window
	seen bool
	made int // how often one was asked for: an answer to an older question is dropped

	back, save, send *pill
	state            *label // how large it is, or what it waits for
	parts            *picker
	keep             *toggle
	about            *label
	hidden           *prose
	said             *prose // what came of sending
	text             *reportText
	bar              *fyne.Container
	canvas           *fyne.Container

	report report.Report
	struck []string // names of parts that the user does not want in it
	at     int      // the part that is shown

	email, words string // what was typed for the node's developers
}

func newReportPage(w *Window) *reportPage {
	p := &reportPage{w: w}
	p.back = newPill("arrow-left", lang.L("Back"), func() { w.toggle(reportPageName) })
	p.save = newLoudPill("download", lang.L("Save…"), p.saveIt)
	p.send = newPill("external-link", lang.L("Tell the node's developers…"), p.askToSend)
	p.state = newLabel("", 12, assets.Regular, mutedTone)
	p.parts = newPicker(p.show, " ")
	p.keep = newToggle(p.strike)
	p.about = newLabel("", 12, assets.Regular, mutedTone)
	p.hidden = newProse("", 12, mutedTone)
	p.said = newProse("", 12, mutedTone)
	p.said.Hide()
	p.text = newReportText()
	title := newTail(10, 0, newLabel(lang.L("Problem report"), 19, assets.Display, inkTone), p.state)
	head := pad(18, 16, 18, 8, container.NewBorder(nil, nil, middle(p.back), middle(p.save), pad(14, 0, 8, 0, title)))
	say := newProse(lang.L("This is all that is in it. Nothing is sent: you save a file, and give it to whom you like."), 12, inkTone)
	words := &proses{}
	spoken := container.New(words, say, p.hidden, p.said)
	kept := row(10, newLabel(lang.L("Keep in the report"), 12.5, assets.Medium, inkTone), p.keep)
	p.bar = container.New(reportBar{}, p.parts, kept, p.about)
	foot := pad(18, 6, 18, 12, container.NewBorder(nil, nil, p.send, nil))
	p.canvas = container.NewStack(newBox(func(p *Palette) colour { return p.Ground }, nil, 0),
		container.New(&widthTeller{words, 36}, topFirst(column(0, head, pad(18, 0, 18, 8, spoken), pad(18, 0, 18, 8, p.bar)), foot, nil, nil, pad(18, 0, 18, 0, container.NewStack(
			newBox(func(p *Palette) colour { return p.Card }, func(p *Palette) colour { return p.Edge }, 12), pad(10, 6, 4, 6, p.text))))))
	p.draw()
	return p
}

func (p *reportPage) object() fyne.CanvasObject { return p.canvas }
func (p *reportPage) first() fyne.Focusable     { return p.back }

// closed lets go of what may be megabytes.
func (p *reportPage) closed() {
	p.seen = false
	p.made++
	p.report, p.struck, p.at = report.Report{}, nil, 0
	p.say("", mutedTone)
	p.draw()
}

// opened has a report made, beside the window's lane.
func (p *reportPage) opened() {
	if p.seen || p.w.o.Report == nil {
		return
	}
	p.seen = true
	p.made++
	mine := p.made
	p.w.beside(func() func() {
		r, err := p.w.o.Report()
		return func() {
			if p.made != mine || !p.seen {
				return
			}
			if err != nil {
				p.say(err.Error(), troubleTone)
				return
			}
			p.report = r
			p.draw()
		}
	})
}

// reportNames are the parts' names for people.
func reportName(part string) string {
	switch part {
	case "about.txt":
		return lang.L("Program and system")
	case "state.txt":
		return lang.L("Connection and node")
	case "timeline.txt":
		return lang.L("Last connections")
	case "settings.json":
		return lang.L("Settings")
	case "bus.txt":
		return lang.L("Inside the program")
	case "crash.txt":
		return lang.L("How the last run ended")
	case "log.txt":
		return lang.L("Log")
	}
	return part
}

func (p *reportPage) draw() {
	n := len(p.report.Parts)
	for _, o := range []fyne.CanvasObject{p.bar, p.hidden} {
		if n > 0 {
			o.Show()
		} else {
			o.Hide()
		}
	}
	p.save.off = n == len(p.struck)
	p.save.Refresh()
	p.send.Hidden = p.w.o.Feedback == nil || p.w.status.Network != vpn.Mysterium
	p.send.Refresh()
	if n == 0 {
		p.state.say(lang.L("Being put together…"))
		p.text.say("")
		return
	}
	size := 0
	words := make([]string, n)
	for i, part := range p.report.Parts {
		words[i] = reportName(part.Name)
		if slices.Contains(p.struck, part.Name) {
			words[i] += " · " + lang.L("left out")
			continue
		}
		size += len(part.Text)
	}
	p.state.say(sizeText(uint64(size))) //nolint:gosec // a length
	p.parts.rename(words)
	p.parts.set(p.at)
	p.parts.Refresh()
	now := p.report.Parts[p.at]
	p.keep.set(!slices.Contains(p.struck, now.Name))
	p.about.say(now.Name + " · " + sizeText(uint64(len(now.Text))))
	p.hidden.say(hiddenWords(p.report.Hidden), mutedTone)
	p.text.say(now.Text)
	p.canvas.Refresh()
}

// hiddenWords says what was replaced, and how often.
func hiddenWords(hidden map[string]int) string {
	if len(hidden) == 0 {
		return lang.L("Nothing in it had to be replaced.")
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(hidden)) {
		words = append(words, fmt.Sprintf("%s (%d)", kindWord(k), hidden[k]))
	}
	return lang.L("Replaced in it, so that it tells nothing of you:") + " " + strings.Join(words, ", ") + "."
}

// kindWord is what a kind of thing that was replaced is called.
func kindWord(kind string) string {
	switch kind {
	case "key":
		return lang.L("keys")
	case "token":
		return lang.L("tokens")
	case "secret":
		return lang.L("secrets")
	case "identity":
		return lang.L("identities")
	case "hash":
		return lang.L("hashes")
	case "session":
		return lang.L("sessions")
	case "ip":
		return lang.L("IP addresses")
	case "mac":
		return lang.L("MAC addresses")
	case "host":
		return lang.L("host names")
	case "email":
		return lang.L("e-mail addresses")
	case "home":
		return lang.L("home folders")
	case "user":
		return lang.L("user names")
	case "encoded":
		return lang.L("encoded texts")
	}
	return report.KindWord(kind)
}

func (p *reportPage) show(i int) {
	p.at = i
	p.draw()
}

func (p *reportPage) strike(keep bool) {
	if len(p.report.Parts) == 0 {
		return
	}
	name := p.report.Parts[p.at].Name
	p.struck = slices.DeleteFunc(p.struck, func(n string) bool { return n == name })
	if !keep {
		p.struck = append(p.struck, name)
	}
	p.draw()
}

func (p *reportPage) saveIt() {
	r, err := p.report.Without(p.struck...)
	var b bytes.Buffer
	if err == nil {
		err = r.Zip(&b) // a Buffer takes all
	}
	if err != nil {
		p.say(err.Error(), troubleTone)
		return
	}
	p.w.saveAs(r.FileName(), b.Bytes())
}

func (p *reportPage) say(text string, t tone) {
	p.said.say(text, t)
	p.canvas.Refresh()
}

// beside runs work on a goroutine of its own, and then what it gives on the window's lane.
func (w *Window) beside(work func() func()) {
	w.o.Beside(func() { w.o.Lane.Post(work()) })
}

// proses lays texts that break one below the other.
type proses struct{ width float32 }

func (l *proses) MinSize(o []fyne.CanvasObject) fyne.Size {
	high := float32(0)
	for _, x := range o {
		if p := x.(*prose); p.Visible() && p.text != "" {
			high += p.heightFor(max(l.width, 200)) + 3
		}
	}
	return fyne.NewSize(200, high)
}

func (l *proses) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	y := float32(0)
	for _, x := range o {
		p := x.(*prose)
		if !p.Visible() || p.text == "" {
			continue
		}
		h := p.heightFor(size.Width)
		put(p, 0, y, size.Width, h)
		y += h + 3
	}
}

// widthTeller tells proses how wide they will be before anybody asks for their height.
type widthTeller struct {
	proses *proses
	side   float32 // of what is left and right of them
}

func (*widthTeller) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (l *widthTeller) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.proses.width = size.Width - l.side
	put(o[0], 0, 0, size.Width, size.Height)
}

// reportBar has the parts, whether the one shown is kept, and what it is; one below the other where there is no room.
type reportBar struct{}

func (reportBar) MinSize(o []fyne.CanvasObject) fyne.Size { return fyne.NewSize(segmentsWide, 34+8+30) }

func (reportBar) Layout(o []fyne.CanvasObject, size fyne.Size) {
	parts, kept, about := o[0], o[1], o[2]
	k := kept.MinSize()
	put(parts, 0, 0, min(size.Width, segmentsWide), 34)
	at := func(o fyne.CanvasObject, x, y, w float32) {
		h := o.MinSize().Height
		put(o, x, y+(34-h)/2, w, h)
	}
	if size.Width >= segmentsWide+20+k.Width {
		at(kept, segmentsWide+20, 0, k.Width)
		at(about, 2, 36, size.Width-2)
		return
	}
	at(kept, 0, 38, k.Width)
	at(about, k.Width+14, 38, max(size.Width-k.Width-14, 0))
}
