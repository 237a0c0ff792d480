package history

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// csvColumns are the heads of the table that WriteCSV writes. Scripts read them: none is ever renamed.
var csvColumns = []string{
	"start", "end", "seconds", "network", "country", "city", "provider", "bytes_received", "bytes_sent",
	"cost_myst", "play_money", "reconnects", "why", "reason",
}

// WriteCSV writes entries as a table by RFC 4180, times in UTC. A text that a spreadsheet would take for a formula gets
// an apostrophe before it.
func WriteCSV(w io.Writer, entries []Entry) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := append(make([][]string, 0, len(entries)+1), csvColumns)
	for _, e := range entries {
		cost := ""
		if m, ok := e.Cost(); ok {
			cost = m.MYST()
		}
		rows = append(rows, []string{
			e.Start.UTC().Format(time.RFC3339), e.End.UTC().Format(time.RFC3339), strconv.FormatInt(int64(e.Length()/time.Second), 10),
			harmless(string(e.Network)), harmless(e.Country), harmless(e.City), harmless(e.ProviderID),
			strconv.FormatUint(e.BytesReceived, 10), strconv.FormatUint(e.BytesSent, 10),
			cost, strconv.FormatBool(e.PlayMoney()), strconv.Itoa(e.Reconnects), harmless(e.WhyWord()), harmless(e.Reason().Text()),
		})
	}
	return c.WriteAll(rows)
}

// WhyWord is Why as programs read it, with words for what Why leaves out.
func (e Entry) WhyWord() string {
	switch {
	case e.Open:
		return "open"
	case e.Why == Unknown:
		return "unknown"
	default:
		return string(e.Why)
	}
}

func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
