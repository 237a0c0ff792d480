package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2/lang"
)

// lineWords says how far away an exit is and how much passes; "" = neither is known.
func lineWords(latency, bandwidth float64) string {
	b := make([]byte, 0, 32)
	if latency > 0 {
		b = append(strconv.AppendInt(b, int64(max(latency+0.5, 1)), 10), " ms"...)
	}
	if bandwidth > 0 {
		if len(b) > 0 {
			b = append(b, " · "...)
		}
		b = append(strconv.AppendInt(b, int64(max(bandwidth+0.5, 1)), 10), " Mbit/s"...)
	}
	return string(b)
}

// offerPrice is what is owed per GiB, and per hour besides where there is room for it.
func offerPrice(perGiB, perHour string, wide bool) string {
	s := priceText(perGiB)
	if !wide || strings.Trim(perHour, "0.") == "" {
		return s
	}
	return s + " + " + perHour + remembered("/h")
}

// counted is exitCount, remembered: plural rules cost ten times what the rest of a row does.
func counted(n int) string {
	return memo(counts, 4096, n, func() string { return exitCount(n) })
}

// remembered is lang.L for rows, likewise. The words are those of a network, so their number has an end too.
func remembered(s string) string {
	return memo(words, 256, s, func() string { return lang.L(s) })
}

// memo is what make makes for a key, made once. At most so many are kept.
func memo[K comparable](kept map[K]string, most int, key K, make func() string) string {
	s, ok := kept[key]
	if !ok {
		if len(kept) >= most {
			clear(kept)
		}
		s = make()
		kept[key] = s
	}
	return s
}

var (
	counts = map[int]string{}    // only on the UI lane
	words  = map[string]string{} // likewise
)

// priceText shows two decimals at least, so that prices stand below each other.
func priceText(human string) string {
	dot := strings.IndexByte(human, '.')
	switch {
	case strings.Trim(human, "0.") == "":
		return remembered("free")
	case dot < 0:
		return human + ".00"
	case dot == len(human)-2:
		return human + "0"
	}
	return human
}
