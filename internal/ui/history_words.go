package ui

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func historyPlace(e history.Entry) string {
	return placeOf(vpn.Exit{Country: e.Country, City: e.City})
}

// whyWords says how a connection ended.
func whyWords(e history.Entry) string {
	if e.Open {
		return remembered("Connected now")
	}
	switch e.Why {
	case history.Disconnected:
		return remembered("You disconnected")
	case history.Switched:
		return remembered("You chose another exit")
	case history.Failed:
		return remembered("The connection was lost")
	case history.NodeDied:
		return remembered("The node stopped")
	case history.Quit:
		return remembered("The program ended")
	case history.Unknown:
		return remembered("The program was cut off")
	default: // of a newer version
		return string(e.Why)
	}
}

// spanWords names one of historyDays. A segment and the line beside it say the same.
func spanWords(i int) string {
	n := historyDays[i]
	return lang.XN("count.days", "{{.N}} days", n, map[string]int{"N": n})
}

func reconnectCount(n int) string {
	return memo(reconnects, 1024, n, func() string { return reconnectWords(n) })
}

func reconnectWords(n int) string {
	return lang.XN("count.reconnects", "{{.N}} reconnects", n, map[string]int{"N": n})
}

// dayWords is a date as near as people say it.
func dayWords(t, now time.Time) string {
	t = t.In(now.Location())
	y, m, d := now.Date()
	switch y2, m2, d2 := t.Date(); {
	case y == y2 && m == m2 && d == d2:
		return remembered("Today")
	case time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC).Equal(time.Date(y2, m2, d2, 12, 0, 0, 0, time.UTC)):
		return remembered("Yesterday")
	}
	return t.Format(time.DateOnly)
}

// costText is an amount of MYST in short: cut after four decimals.
func costText(myst string) string {
	dot := strings.IndexByte(myst, '.')
	if dot >= 0 && len(myst) > dot+5 {
		myst = myst[:dot+5]
		if strings.Trim(myst, "0.") == "" {
			return "< 0.0001 MYST"
		}
		myst = strings.TrimRight(myst, "0")
	}
	if strings.Trim(myst, "0.") == "" {
		return "0 MYST"
	}
	return priceText(myst) + " MYST"
}

// spanText is a length of time with its units.
func spanText(d time.Duration) string { return string(appendSpan(nil, d)) }

func appendSpan(b []byte, d time.Duration) []byte {
	part := func(n int64, unit string) {
		b = append(append(strconv.AppendInt(b, n, 10), ' '), unit...)
	}
	switch n := int64(max(d, 0) / time.Second); {
	case n >= 3600:
		part(n/3600, remembered("h"))
		b = append(b, ' ')
		part(n/60%60, remembered("min"))
	case n >= 60:
		part(n/60, remembered("min"))
	default:
		part(n, remembered("s"))
	}
	return b
}

// endReason is why a connection failed, in words; "" for all others. Its provider stands beside it already.
func endReason(e history.Entry) string {
	why := e.Reason()
	if why.A == e.ProviderID {
		why.A = shortID(why.A)
	}
	if why.Zero() {
		return ""
	}
	return memo(endings, 256, why, func() string { return reasonText(why) })
}

var (
	reconnects = map[int]string{}        // only on the UI lane
	endings    = map[vpn.Reason]string{} // likewise
)
