package ui

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// leastWords is how many letters the node's developers want to read at least; the node refuses less.
const leastWords = 30

// askToSend asks for what the node's developers want to know, and says what the node sends with it. That is not this
// report: the node takes its own log files, as they are.
func (p *reportPage) askToSend() {
	email := widget.NewEntry()
	email.SetPlaceHolder(lang.L("Your e-mail address"))
	email.SetText(p.email)
	words := widget.NewMultiLineEntry()
	words.SetPlaceHolder(lang.L("What happened, in a sentence or two"))
	words.Wrapping = fyne.TextWrapWord
	words.SetMinRowsVisible(3)
	words.SetText(p.words)
	about := widget.NewLabel(lang.L("The node sends this, and its own log files as they are, to the developers of the Mysterium node. These name your identity, your address on the internet and the providers that you used. The report on this page is not sent."))
	about.Wrapping = fyne.TextWrapWord
	body := column(10, container.New(&askWidth{}, about), email, words)
	p.w.ask(widget.HighImportance, lang.L("Tell the node's developers?"), body, lang.L("Send"), lang.L("Cancel"), func() {
		p.email, p.words = strings.TrimSpace(email.Text), strings.TrimSpace(words.Text)
		p.sendIt()
	}, func() { p.email, p.words = email.Text, words.Text })
}

func (p *reportPage) sendIt() {
	switch at := strings.IndexByte(p.email, '@'); {
	case at < 1 || at == len(p.email)-1:
		p.say(lang.L("Nothing was sent: the developers answer by e-mail, so they need your address."), troubleTone)
		return
	case utf8.RuneCountInString(p.words) < leastWords:
		p.say(lang.X("report.short", "Nothing was sent: write at least {{.N}} letters about what happened.", map[string]int{"N": leastWords}), troubleTone)
		return
	}
	p.say(lang.L("Being sent…"), mutedTone)
	email, words := p.email, p.words
	p.w.beside(func() func() {
		err := p.w.o.Feedback(email, words)
		return func() {
			if err != nil {
				p.say(lang.X("report.refused", "It could not be sent: {{.Why}}.", map[string]string{"Why": strings.TrimRight(err.Error(), ".")}), troubleTone)
				return
			}
			p.words = ""
			p.say(lang.L("It was sent."), upTone)
		}
	})
}
