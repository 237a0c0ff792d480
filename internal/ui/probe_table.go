package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/probes"
)

// probeTable is the card of the leak self-test: what it is, what came of it, and a line for each kind of probe by each
// way, with both families side by side.
type probeTable struct {
	title   *label
	card    *box
	sign    *glyph
	verdict *prose
	about   *prose
	lines   []*probeLine
	used    int
	shown   bool
}

// probeLine is a heading, or a kind with its two outcomes.
type probeLine struct {
	heading bool
	name    *label
	icon    [2]*glyph
	word    [2]*label
	said    [2]string // in the words; a narrow card puts the family before it
}

func newProbeTable() *probeTable {
	return &probeTable{
		title: newLabel(leakTitle(), 12.5, assets.SemiBold, mutedTone), card: newProofBox(),
		sign: newGlyph("info", 20, mutedTone), verdict: newProse("", 14, inkTone), about: newProse("", 12, mutedTone),
	}
}

func newProbeLine() *probeLine {
	l := &probeLine{name: newLabel("", 13, assets.Regular, inkTone)}
	for i := range l.icon {
		l.icon[i], l.word[i] = newGlyph("minus", 15, mutedTone), newLabel("", 12.5, assets.Medium, mutedTone)
	}
	return l
}

// show takes what is known of the test.
func (t *probeTable) show(p *proofPage) {
	t.used = 0
	t.shown = p.problem == nil && p.read
	switch {
	case p.testing:
		t.say("refresh-cw", busyTone, lang.L("Testing…"), "")
	case p.refusal != nil:
		t.say("info", busyTone, refusedWord(p.refusal), "")
	case p.result != nil:
		text, tone := verdict(p.result)
		icon := "circle-check"
		if tone(colours()) != upTone(colours()) {
			icon = "triangle-alert"
		}
		t.say(icon, tone, text, besideWords(p.result))
		t.table(p.result)
	default:
		t.say("activity", mutedTone, lang.L("Not run yet."), lang.L("It sends marked packets of every kind, as programs do and past the tunnel by each network interface, to addresses that nobody has, and says where each one went."))
	}
}

func (t *probeTable) say(icon string, mark tone, text, about string) {
	t.sign.set(icon, mark)
	ink := inkTone
	if icon == "triangle-alert" {
		ink = mark
	}
	t.verdict.say(text, ink)
	t.about.say(about, mutedTone)
}

// table fills the lines, a block for each way.
func (t *probeTable) table(r *probes.Result) {
	next := func() *probeLine {
		if t.used == len(t.lines) {
			t.lines = append(t.lines, newProbeLine())
		}
		t.used++
		return t.lines[t.used-1]
	}
	way, begun := "", false
	var line *probeLine
	var kind probes.Kind
	for _, p := range r.Probes {
		if !begun || p.Interface != way {
			way, begun, kind = p.Interface, true, ""
			h := next()
			h.heading = true
			h.name.set(wayWord(way), mutedTone)
			h.said = [2]string{"IPv4", "IPv6"}
			for i := range h.word {
				h.word[i].set(h.said[i], mutedTone)
			}
		}
		if p.Kind != kind {
			kind = p.Kind
			line = next()
			line.heading = false
			line.name.set(probeWord(kind), inkTone)
		}
		i := 0
		if p.IPv6 {
			i = 1
		}
		icon, tone := outcomeMark(p.Outcome)
		line.icon[i].set(icon, tone)
		ink := tone
		if p.Outcome == probes.Tunnel || p.Outcome == probes.Blocked {
			ink = inkTone
		}
		line.said[i] = outcomeWord(p)
		line.word[i].set(line.said[i], ink)
	}
}

func (t *probeTable) objects() []fyne.CanvasObject {
	if !t.shown {
		return nil
	}
	out := []fyne.CanvasObject{t.title, t.card, t.sign, t.verdict}
	if t.about.text != "" {
		out = append(out, t.about)
	}
	for _, l := range t.lines[:t.used] {
		out = append(out, l.name)
		for i := range l.word {
			if !l.heading {
				out = append(out, l.icon[i])
			}
			out = append(out, l.word[i])
		}
	}
	return out
}

func (t *probeTable) arrange(x, y, w float32) float32 {
	if !t.shown {
		return y
	}
	const side, top, sign, gapX = 16, 12, 20, 12
	h := t.title.MinSize().Height
	put(t.title, x+4, y, w-4, h)
	y += h + 8
	from := y
	y += top
	text := w - 2*side - sign - gapX
	put(t.sign, x+side, y, sign, sign)
	h = t.verdict.heightFor(text)
	put(t.verdict, x+side+sign+gapX, y+1, text, h)
	y += max(h+2, sign)
	if t.about.text != "" {
		h = t.about.heightFor(text)
		put(t.about, x+side+sign+gapX, y+2, text, h)
		y += h + 2
	}
	y += t.arrangeLines(x+side, y, w-2*side)
	y += top
	put(t.card, x, from, w, y-from)
	return y + 20
}

// arrangeLines puts the lines into three columns, or two where there is no room for more, and gives their height.
func (t *probeTable) arrangeLines(x, y, w float32) float32 {
	const line, sign, least = 24, 15, 420
	narrow := w < least
	name := max(w*0.26, 110)
	col := (w - name) / 2
	from := y
	for n, l := range t.lines[:t.used] {
		if l.heading {
			y += 12
			if n > 0 {
				y += 4
			}
		}
		h := l.name.MinSize().Height
		wide := l.heading && (narrow || l.name.MinSize().Width > name-8)
		if wide {
			put(l.name, x, y+(line-h)/2, w, h)
		} else {
			put(l.name, x, y+(line-h)/2, name-8, h)
		}
		if wide && !narrow {
			y += line
		}
		for i := range l.word {
			h := l.word[i].MinSize().Height
			cx, cy, cw := x+name+float32(i)*col, y, col
			said := l.said[i]
			if narrow {
				cx, cy, cw = x+name, y+float32(i)*line, w-name
				said = ipWord(i == 1) + " · " + said
			}
			if l.heading {
				if narrow {
					said = ""
				}
				l.word[i].say(said)
				put(l.word[i], cx, cy+(line-h)/2, cw-8, h)
				continue
			}
			l.word[i].say(said)
			put(l.icon[i], cx, cy+(line-sign)/2+1, sign, sign)
			put(l.word[i], cx+sign+7, cy+(line-h)/2, cw-sign-15, h)
		}
		y += line
		if narrow && !l.heading {
			y += line
		}
	}
	return y - from
}
