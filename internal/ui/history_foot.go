package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/history"
)

// historyFoot shows all there is to know of the selected connection.
type historyFoot struct {
	provider string
	lines    [5]*label
	copyID   *pill
	canvas   *fyne.Container
}

func newHistoryFoot(clipboard fyne.Clipboard, shut func()) *historyFoot {
	f := &historyFoot{}
	var lines []fyne.CanvasObject
	for i := range f.lines {
		f.lines[i] = newLabel("", 12, assets.Regular, inkTone)
		lines = append(lines, f.lines[i])
	}
	f.copyID = newPill("copy", lang.L("Copy provider"), func() { clipboard.SetContent(f.provider) })
	keys := column(10, container.NewHBox(layout.NewSpacer(), newIconButton("x", shut).says(lang.L("Close"))), f.copyID)
	f.canvas = pad(18, 6, 18, 12, onCard(12, pad(14, 8, 8, 8, container.NewBorder(nil, nil, nil, keys, middle(column(2, lines...))))))
	f.canvas.Hide()
	return f
}

func (f *historyFoot) show(e history.Entry, zone *time.Location) {
	f.provider = e.ProviderID
	from, to := e.Start.In(zone), e.End.In(zone)
	times := from.Format(time.DateTime) + " – "
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		times += to.Format(time.TimeOnly)
	} else {
		times += to.Format(time.DateTime)
	}
	if e.Reconnects > 0 {
		times = joined(times, reconnectCount(e.Reconnects))
	}
	amounts := "↓ " + sizeText(e.BytesReceived) + "  ↑ " + sizeText(e.BytesSent)
	if m, ok := e.Cost(); ok {
		amounts = joined(amounts, m.Human()+" MYST")
		if e.PlayMoney() {
			amounts = joined(amounts, lang.L("play money"))
		}
	}
	// A reason is what happened and what to do about it: two sentences.
	what, advice, two := strings.Cut(endReason(e), ". ")
	if two {
		what += "."
	}
	for i, s := range []string{e.ProviderID, times, amounts, what, advice} {
		f.lines[i].Hidden = s == ""
		f.lines[i].say(s)
	}
	f.canvas.Show()
}
