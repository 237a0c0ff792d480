package ui

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// reportText shows a text of any length, line by line, in letters of one width. Lines that are too long go on below:
// every byte can be seen. Only what is in sight is drawn.
type reportText struct {
	widget.List
	text  string
	lines [][2]int // from, to
	cols  int      // letters in a line
}

const reportTextSize = 11.5

func newReportText() *reportText {
	r := &reportText{}
	r.Length = func() int { return len(r.lines) }
	r.CreateItem = func() fyne.CanvasObject {
		return &canvas.Text{TextSize: reportTextSize, TextStyle: fyne.TextStyle{Monospace: true}}
	}
	r.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		t := o.(*canvas.Text)
		t.Text = ""
		if i < len(r.lines) {
			t.Text = r.text[r.lines[i][0]:r.lines[i][1]]
		}
		t.Color = colours().Ink
		canvas.Refresh(t)
	}
	r.OnSelected = func(widget.ListItemID) { r.UnselectAll() }
	r.HideSeparators = true
	r.ExtendBaseWidget(r)
	return r
}

func (r *reportText) say(text string) {
	if text == r.text && r.lines != nil {
		return
	}
	r.text = text
	r.flow()
	r.ScrollToTop()
}

// Resize breaks the text anew where another number of letters fits.
func (r *reportText) Resize(size fyne.Size) {
	letter, _ := fyne.CurrentApp().Driver().RenderedTextSize("M", reportTextSize, fyne.TextStyle{Monospace: true}, nil)
	cols := max(int((size.Width-24)/max(letter.Width, 1)), 16)
	changed := cols != r.cols
	r.cols = cols
	r.List.Resize(size)
	if changed {
		r.flow()
	}
}

// flow breaks the text into lines of at most cols letters, at a space where one is near.
func (r *reportText) flow() {
	r.lines = r.lines[:0]
	if r.cols == 0 {
		return
	}
	at := 0
	for line := range strings.Lines(r.text) {
		from, to := at, at+len(strings.TrimRight(line, "\r\n"))
		at += len(line)
		for {
			end := from + breakAt(r.text[from:to], r.cols)
			r.lines = append(r.lines, [2]int{from, end})
			if from = end; from >= to {
				break
			}
		}
	}
	r.Refresh()
}

// breakAt is how many bytes of s go into a line of so many letters, at least one letter. A tab counts as one: settings
// begin with it.
func breakAt(s string, cols int) int {
	n, space := 0, -1
	for i, c := range s {
		if n >= cols {
			if space > i*2/3 {
				return space + 1
			}
			return i
		}
		if c == ' ' {
			space = i
		}
		n++
		if utf8.RuneLen(c) > 2 && c != utf8.RuneError { // letters of the East and pictures are twice as wide
			n++
		}
	}
	return len(s)
}
