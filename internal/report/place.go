package report

import "regexp"

// What was asked for and where it led is the user's own affair, and where he is even more so; and no redactor knows a
// country from another word. So these are the ways in which our log, and the node's, tell places.
var places = []struct {
	how  *regexp.Regexp
	kept string
}{
	// Our own sentence (vpn.NoExitInCountry), in a status, a notice or the log.
	{regexp.MustCompile(`No exit in .{1,80}? is on offer`), "No exit in <place> is on offer"},
	// The real node, of where the user himself is (core/location of the node).
	{regexp.MustCompile(`(?i)(location (?:update succeeded|detected|resolved)[^\n:]*:)[^\n]*`), "$1 <place>"},
	// Go's way of printing a struct, whose values may have spaces: {City:La Chaux-de-Fonds Region:…}. It stands here twice
	// because what follows a value is often the next one.
	{structField, "$1:<place>$3"},
	{structField, "$1:<place>$3"},
	// Fields, also within JSON that was quoted once or twice: country=CH, "city": "Genf", \"country_code\":\"CH\".
	{
		regexp.MustCompile(`(?i)(\b(?:(?:location|node|exit|provider)_)?(?:country(?:_?code)?|city|region|continent|isp|asn)\\*["']?[ ]?[=:][ ]?)(\\*"[^"\n]*"|[^\s"\\,;{}\[\]]+)`),
		"$1<place>",
	},
}

var structField = regexp.MustCompile(`\b(City|Region|Country|Continent|ISP):([^:<"{}\[\]\n]*?)( [A-Z][A-Za-z]*:|[}\]])`)

// hidePlaces takes places out of a text.
func hidePlaces(text string) string {
	for _, p := range places {
		text = p.how.ReplaceAllString(text, p.kept)
	}
	return text
}
