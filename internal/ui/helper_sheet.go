package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
)

// helperSheet explains the root helper to somebody who wants the whole device carried and has none that answers: what it
// is, what it may do, and what to do now. It looks all the time whether there is one, and closes by itself when there is.
type helperSheet struct {
	w    *Window
	then func() // what the user wanted it for

	shut       *helpKey
	run, copy  *pill
	now        *prose // what is to be done
	command    *commandLine
	said       *prose // what came of it
	over       *widget.PopUp
	text       *essay
	list       *container.Scroll
	watch      *helperWatch
	here       Setup
	told, busy bool
	answer     error // of the helper, when it was last looked for
}

const helperWide = 500

// openHelper shows the sheet. then is called when a helper answers, and not if the sheet is closed before.
func (w *Window) openHelper(then func()) {
	h := &helperSheet{w: w, then: then}
	h.shut = newHelpKey(lang.L("Close"), h.close)
	h.run = newLoudPill("play", lang.L("Run this command"), h.start)
	h.copy = newPill("copy", lang.L("Copy"), func() { w.o.App.Clipboard().SetContent(h.command.text) })
	h.now = newProse(lang.L("Looking for it…"), 13, inkTone)
	h.command = newCommandLine()
	h.said = newProse("", 12.5, troubleTone)
	h.text = &essay{}
	for _, part := range [][2]string{
		{lang.L("What it is"), lang.L("mysteriumvpn-netd, a small program of MysteriumVPN that runs as root. It is the only part that does: this window and all the rest run as you.")},
		{lang.L("What it may do"), lang.L("Set this computer's firewall rules, routes and name servers and the tunnel's interface, and start the Mysterium node as a user of its own. Programs can tell it addresses and switches, and nothing else: no command and no file.")},
		{lang.L("What it means"), lang.L("While the whole device is carried nothing leaves beside the tunnel, not even when this program crashes, until you disconnect.")},
	} {
		h.text.add(12, newLabel(part[0], 12, assets.SemiBold, mutedTone))
		h.text.add(2, newProse(part[1], 13, inkTone))
	}
	h.text.add(12, newLabel(lang.L("What to do"), 12, assets.SemiBold, mutedTone))
	h.text.add(2, h.now)
	h.text.put(8, h.command.canvas, func(float32) float32 {
		if !h.command.canvas.Visible() {
			return 0
		}
		return h.command.canvas.MinSize().Height
	})
	keys := row(8, h.run, h.copy)
	h.text.put(10, keys, func(float32) float32 {
		if !h.copy.Visible() {
			return 0
		}
		return keys.MinSize().Height
	})
	h.text.put(10, h.said, func(width float32) float32 {
		if h.said.text == "" {
			return 0
		}
		return h.said.heightFor(width)
	})
	h.run.Hide()
	h.copy.Hide()
	h.command.canvas.Hide()
	body := container.New(h.text, h.text.objects()...)
	h.text.width = helperWide
	h.list = container.NewVScroll(pad(0, 0, 14, 0, body))
	h.shut.scroll = h.list
	head := container.NewBorder(nil, nil, newLabel(lang.L("A helper is needed"), 19, assets.Display, inkTone), h.shut)
	h.over = widget.NewModalPopUp(pad(16, 12, 6, 14, column(4, head, h.list)), w.window.Canvas())
	h.fit()
	h.over.Show()
	w.window.Canvas().Focus(h.shut)
	h.watch = newHelperWatch(w, h.seen)
	h.watch.begin()
}

// fit makes the sheet as high as its text, or as the window allows.
func (h *helperSheet) fit() {
	h.text.width = helperWide
	h.text.arrange()
	room := h.w.window.Canvas().Size().Height - 130
	h.list.SetMinSize(fyne.NewSize(helperWide+14, min(h.text.high+6, max(room, 120))))
	h.list.Content.Refresh()
	h.over.Resize(h.over.MinSize())
	h.over.Refresh()
}

func (h *helperSheet) close() {
	h.watch.end()
	h.over.Hide()
}

// seen takes whether a helper answers.
func (h *helperSheet) seen(err error, here Setup) {
	switch {
	case !h.over.Visible(): // Escape
		h.watch.end()
	case err == nil:
		h.close()
		h.then()
	case !h.told || here != h.here || !sameError(err, h.answer):
		h.told, h.here, h.answer = true, here, err
		h.draw(err)
	}
}

// draw says what is to be done now.
func (h *helperSheet) draw(err error) {
	s := h.here
	command := s.Start
	switch {
	case s.Terminal == "" || !absentHelper(err): // a system without helpers, or one that lets in others
		command = ""
		h.now.say(whyText(err), inkTone)
	case !s.Installed:
		h.now.say(lang.L("It is not installed. It comes with MysteriumVPN's packages: the .deb for Debian, Ubuntu and Mint, the .rpm for Fedora and openSUSE. Install yours; this page sees it by itself."), inkTone)
	case command != "":
		h.now.say(lang.L("It is installed and does not run. This command has it run, now and from each start of the computer on. You are asked for an administrator's password."), inkTone)
	default:
		command = s.Terminal
		h.now.say(lang.L("It is installed and does not run. Run this in a terminal; this page sees it by itself."), inkTone)
	}
	if !s.Installed {
		command = ""
	}
	h.run.Hidden = command == "" || s.Start == ""
	h.command.say(command)
	h.command.canvas.Hidden, h.copy.Hidden = command == "", command == ""
	h.fit()
	if !h.run.Hidden {
		h.w.window.Canvas().Focus(h.run)
	}
}

// start runs the command, and says what it says when it fails.
func (h *helperSheet) start() {
	if h.busy {
		return
	}
	h.busy = true
	h.said.say(lang.L("Waiting for it…"), mutedTone)
	h.fit()
	h.w.beside(func() func() {
		err := h.w.o.Device.Enable()
		return func() {
			h.busy = false
			if !h.over.Visible() {
				return
			}
			h.said.say("", mutedTone)
			if err != nil {
				h.said.say(whyText(err), troubleTone)
			}
			h.fit()
			h.watch.begin()
		}
	})
}

// commandLine is a command word for word, in letters of one width.
type commandLine struct {
	text   string
	line   *canvas.Text
	canvas *fyne.Container
}

func newCommandLine() *commandLine {
	c := &commandLine{line: &canvas.Text{TextSize: 12, TextStyle: fyne.TextStyle{Monospace: true}}}
	ground := newBox(func(p *Palette) colour { return p.Field }, func(p *Palette) colour { return p.Edge }, 8)
	c.canvas = container.NewStack(ground, pad(12, 8, 12, 8, c.line))
	return c
}

func (c *commandLine) say(text string) {
	c.text = text
	c.line.Text, c.line.Color = text, colours().Ink
	c.line.Refresh()
}
