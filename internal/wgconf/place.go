package wgconf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// placeKey is "country" or "city" for a comment in which we write where a server is; else "".
func placeKey(comment string) (key, value string) {
	key, value, ok := strings.Cut(comment, ":")
	key = strings.ToLower(strings.TrimSpace(key))
	if !ok || key != "country" && key != "city" {
		return "", ""
	}
	return key, strings.TrimSpace(value)
}

// comment reads what we write into comments; all others are nobody's business.
func (p *parser) comment(text string) {
	c := &p.config
	switch key, value := placeKey(text); {
	case key == "country" && c.Country == "" && value != "":
		if c.Country = CountryCode(value); c.Country == "" {
			p.say(BadCountry, "", value)
		}
	case key == "city" && c.City == "":
		c.City = CityName(value)
	}
}

// WithoutPlace is a file without the comments that say where the server is.
func WithoutPlace(text []byte) []byte {
	var kept strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		comment, is := strings.CutPrefix(strings.TrimSpace(line), "#")
		if key, _ := placeKey(comment); !is || key == "" {
			kept.WriteString(line)
		}
	}
	return []byte(kept.String())
}

// CountryCode is a code of a country in the form that Config has; "" = the text is none.
func CountryCode(s string) string {
	if len(s) != 2 || strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) }) >= 0 {
		return ""
	}
	return strings.ToUpper(s)
}

// CityName is a city's name in the form that Config has: one line of at most 64 printable characters.
func CityName(s string) string {
	var out []rune
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if unicode.IsPrint(r) && r != utf8.RuneError && len(out) < 64 {
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out))
}
