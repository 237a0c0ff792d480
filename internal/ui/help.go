package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// keyHelp is one line of the help sheet.
type keyHelp struct{ keys, does string }

// keyHelps lists the keys by where they work, headings first.
func (w *Window) keyHelps() []struct {
	title string
	lines []keyHelp
} {
	return []struct {
		title string
		lines []keyHelp
	}{
		{lang.L("Everywhere"), w.shortcutHelps()},
		{lang.L("In the list of exits"), []keyHelp{
			{"↑  ↓", lang.L("Choose an exit")},
			{"←  →", lang.L("Hide or show a country's providers")},
			{"Enter", lang.L("Connect to it")},
			{lang.L("Space"), lang.L("Make it a favourite, or not")},
		}},
		{lang.L("Moving about"), []keyHelp{
			{"Tab", lang.L("To the next button or field")},
			{"Shift Tab", lang.L("To the one before")},
			{"Esc", lang.L("One step back")},
		}},
	}
}

// showHelp opens the sheet of keys over the window.
func (w *Window) showHelp() {
	c := w.window.Canvas()
	var sheet *widget.PopUp
	shut := newHelpKey(lang.L("Close"), func() { sheet.Hide() })
	var columns [2][]fyne.CanvasObject
	for i, part := range w.keyHelps() {
		side := min(i, 1)
		if len(columns[side]) > 0 {
			columns[side] = append(columns[side], gap(8))
		}
		columns[side] = append(columns[side], newLabel(part.title, 12, assets.SemiBold, mutedTone))
		for _, l := range part.lines {
			columns[side] = append(columns[side], container.New(&helpLine{}, newKeyCap(l.keys), newLabel(l.does, 12.5, assets.Regular, inkTone)))
		}
	}
	head := container.NewBorder(nil, nil, newLabel(lang.L("Keyboard"), 19, assets.Display, inkTone), shut)
	body := container.New(&sideBySide{space: 22}, column(7, columns[0]...), column(7, columns[1]...))
	sheet = widget.NewModalPopUp(pad(14, 10, 14, 14, column(12, head, body)), c)
	sheet.Show()
	c.Focus(shut)
}

// helpKey closes the sheet by Escape too, and scrolls it by the arrow keys if there is something to scroll.
type helpKey struct {
	pill
	scroll *container.Scroll // nil = there is not
}

func newHelpKey(text string, shut func()) *helpKey {
	b := &helpKey{pill: pill{icon: "x", text: text, size: 12, tone: inkTone}}
	b.onPress = shut
	b.ExtendBaseWidget(b)
	return b
}

func (b *helpKey) TypedKey(e *fyne.KeyEvent) {
	const line = 40
	switch {
	case e.Name == fyne.KeyEscape:
		b.press()
	case b.scroll != nil && e.Name == fyne.KeyUp:
		b.scroll.ScrollToOffset(fyne.NewPos(0, b.scroll.Offset.Y-line))
	case b.scroll != nil && e.Name == fyne.KeyDown:
		b.scroll.ScrollToOffset(fyne.NewPos(0, b.scroll.Offset.Y+line))
	default:
		b.pill.TypedKey(e)
	}
}

// newKeyCap draws the name of a key.
func newKeyCap(keys string) fyne.CanvasObject {
	return container.NewStack(newBox(func(p *Palette) colour { return p.Raised }, func(p *Palette) colour { return p.Edge }, 6),
		pad(8, 3, 8, 3, newLabel(keys, 11.5, assets.Medium, inkTone)))
}

// helpLine has the key left and what it does beside it, in columns.
type helpLine struct{}

const keyColumn = 80

func (helpLine) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(keyColumn+10+o[1].MinSize().Width, o[0].MinSize().Height)
}

func (helpLine) Layout(o []fyne.CanvasObject, size fyne.Size) {
	k, t := o[0].MinSize(), o[1].MinSize()
	o[0].Resize(fyne.NewSize(min(k.Width, keyColumn), k.Height))
	o[0].Move(place(0, (size.Height-k.Height)/2))
	o[1].Resize(fyne.NewSize(size.Width-keyColumn-10, t.Height))
	o[1].Move(place(keyColumn+10, (size.Height-t.Height)/2))
}

// sideBySide lays two columns beside each other, each as wide as it needs, from the top.
type sideBySide struct{ space float32 }

func (l *sideBySide) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+l.space+b.Width, max(a.Height, b.Height))
}

func (l *sideBySide) Layout(o []fyne.CanvasObject, size fyne.Size) {
	a := o[0].MinSize()
	o[0].Resize(fyne.NewSize(a.Width, size.Height))
	o[0].Move(place(0, 0))
	o[1].Resize(fyne.NewSize(size.Width-a.Width-l.space, size.Height))
	o[1].Move(place(a.Width+l.space, 0))
}

// shortcutHelps are the window's shortcuts with their words.
func (w *Window) shortcutHelps() []keyHelp {
	var out []keyHelp
	for _, s := range w.shortcuts() {
		if does := shortcutWords(s.key.KeyName, w.apart()); does != "" {
			out = append(out, keyHelp{shortcutKeys(s.key.KeyName), does})
		}
	}
	return append(out, keyHelp{"F1", lang.L("Show this help")})
}

func shortcutKeys(k fyne.KeyName) string {
	if k == fyne.KeyReturn {
		return "Ctrl Enter"
	}
	return "Ctrl " + string(k)
}

// shortcutWords says what a shortcut does; "" = it is the second one for something.
func shortcutWords(k fyne.KeyName, apart bool) string {
	switch k {
	case fyne.KeyReturn:
		return lang.L("Connect, disconnect or cancel")
	case fyne.KeyF:
		return lang.L("Search for an exit")
	case fyne.KeyP:
		return lang.L("Copy the proxy address")
	case fyne.KeyD:
		return lang.L("Show or hide details")
	case fyne.KeyL:
		return lang.L("Open or close the log")
	case fyne.KeyH:
		return lang.L("Open or close the history")
	case fyne.KeyR:
		return lang.L("Report a problem…")
	case fyne.KeyK:
		return lang.L("Open or close the proof")
	case fyne.KeyM:
		return lang.L("Open or close the account")
	case fyne.KeyComma:
		return lang.L("Open or close the settings")
	case fyne.KeyQ:
		return quitWord(apart)
	default:
		return ""
	}
}
