package ui

import (
	"sync"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/proposals"
)

// countryName is a country's name in the user's language.
func countryName(code string) string {
	name, ok := countryNames[code]
	if !ok {
		if len(countryNames) > 1024 { // codes come from the network
			clear(countryNames)
		}
		name = lang.X("country."+code, proposals.CountryName(code))
		if code == "" {
			name = lang.L("Unknown country")
		}
		countryNames[code] = name
	}
	return name
}

var countryNames = map[string]string{} // only on the UI lane

// countryInWords gives a country's name in the user's language for its English one as reasons have it.
func countryInWords(english string) string {
	if code, ok := englishCountries()[english]; ok {
		return countryName(code)
	}
	return english
}

var englishCountries = sync.OnceValue(func() map[string]string {
	codes := map[string]string{proposals.CountryInSentence(""): ""}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			codes[proposals.CountryName(code)], codes[proposals.CountryInSentence(code)] = code, code
		}
	}
	return codes
})

// namesOfCountries are all names in the user's language, nil where that is English.
func namesOfCountries() map[string]string {
	names := map[string]string{}
	for _, code := range englishCountries() {
		if name := countryName(code); code != "" && name != proposals.CountryName(code) {
			names[code] = name
		}
	}
	if len(names) == 0 {
		return nil
	}
	return names
}
