package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// listingText is the rules as the kernel lists them, in letters of one width, as high as they need.
type listingText struct {
	card  *box
	text  string
	shown bool
	lines []*canvas.Text
	used  int
	cols  int
}

func newListingText() *listingText { return &listingText{card: newProofBox()} }

func (l *listingText) say(text string) {
	l.text = strings.ReplaceAll(text, "\t", "    ")
	l.flow()
}

const listingSide = 14

func listingLetter() fyne.Size {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize("M", reportTextSize, fyne.TextStyle{Monospace: true}, nil)
	return size
}

// fit breaks the text for a width.
func (l *listingText) fit(w float32) {
	if cols := max(int((w-2*listingSide)/max(listingLetter().Width, 1)), 30); cols != l.cols {
		l.cols = cols
		l.flow()
	}
}

// flow breaks the text into lines of at most cols letters: every byte can be seen.
func (l *listingText) flow() {
	l.used = 0
	if !l.shown || l.cols == 0 {
		return
	}
	for s := range strings.Lines(strings.TrimRight(l.text, "\n")) {
		s = strings.TrimRight(s, "\n")
		for {
			end := breakAt(s, l.cols)
			t := l.line()
			t.Text, t.Color = s[:end], colours().Ink
			if s = s[end:]; s == "" {
				break
			}
			s = "        " + s
		}
	}
}

func (l *listingText) line() *canvas.Text {
	if l.used == len(l.lines) {
		l.lines = append(l.lines, &canvas.Text{TextSize: reportTextSize, TextStyle: fyne.TextStyle{Monospace: true}})
	}
	l.used++
	return l.lines[l.used-1]
}

func (l *listingText) objects() []fyne.CanvasObject {
	if !l.shown {
		return nil
	}
	out := []fyne.CanvasObject{l.card}
	for _, t := range l.lines[:l.used] {
		out = append(out, t)
	}
	return out
}

func (l *listingText) arrange(x, y, w float32) float32 {
	if !l.shown {
		return y
	}
	h := ceil(listingLetter().Height)
	for i, t := range l.lines[:l.used] {
		put(t, x+listingSide, y+10+float32(i)*h, w-2*listingSide, h)
	}
	high := float32(l.used)*h + 20
	put(l.card, x, y, w, high)
	return y + high + 12
}
