package ui

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2/lang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
)

// translated are all but English, with the forms that their plurals have.
var translated = map[string][]string{
	"de": {"one", "other"},
	"es": {"one", "many", "other"},
	"fr": {"one", "many", "other"},
	"lt": {"one", "few", "many", "other"},
	"uk": {"one", "few", "many", "other"},
}

// theirs are the words of Fyne's own dialogs and menus that our languages must have too.
var theirs = []string{
	"Advanced", "Cancel", "Confirm", "Copy", "Create Folder", "Cut", "Enter filename", "Error", "Favourites", "File", "Folder",
	"New Folder", "No", "OK", "Open", "Paste", "Quit", "Redo", "Save", "Select all", "Show Hidden Files", "Undo", "Yes",
	"file.name", "file.parent",
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
	"monday.short", "tuesday.short", "wednesday.short", "thursday.short", "friday.short", "saturday.short", "sunday.short",
}

// fromAfar are words that come from the network and are looked up as they are.
var fromAfar = []string{"residential", "hosting", "business", "mobile"}

// spoken finds every key that the window looks up, with its English, and which of them are plurals.
func spoken(t *testing.T) (english map[string]string, plural map[string]bool) {
	t.Helper()
	english, plural = map[string]string{}, map[string]bool{}
	//nolint:staticcheck // one package, no build tags: ParseDir is enough
	packages, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0)
	require.NoError(t, err)
	for _, p := range packages {
		for name, f := range p.Files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				key := literal(call.Args[0])
				if key == "" {
					return true
				}
				switch called(call.Fun) {
				case "lang.L", "remembered":
					english[key] = key
				case "lang.X":
					english[key] = literal(call.Args[1])
				case "lang.XN":
					english[key], plural[key] = literal(call.Args[1]), true
				default:
				}
				return true
			})
		}
	}
	for _, s := range slices.Concat(theirs, fromAfar) {
		english[s] = s
	}
	for _, c := range vpn.Codes() {
		english["reason."+string(c)] = vpn.Reason{Code: c, A: "{{.A}}", B: "{{.B}}"}.Text()
	}
	for _, c := range wgconf.Codes() {
		english["conf."+string(c)] = wgconf.Problem{Code: c, Key: "{{.Key}}", Value: "{{.Value}}"}.Text()
	}
	for _, c := range proof.Codes() {
		english["proof."+string(c)] = proof.Rule{Code: c, A: "{{.A}}"}.Words()
	}
	for _, r := range probes.Refusals() {
		english["probe."+r.Code] = r.Text
	}
	return english, plural
}

func called(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		s, _ := strconv.Unquote(l.Value)
		return s
	}
	return ""
}

// file gives a file's words, each as its forms; "" is the form of one that has no plural.
func file(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	b, err := assets.Translations.ReadFile("translations/" + name + ".json")
	require.NoError(t, err)
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(b, &raw), name)
	words := map[string]map[string]string{}
	for k, v := range raw {
		var one string
		if json.Unmarshal(v, &one) == nil {
			words[k] = map[string]string{"": one}
			continue
		}
		forms := map[string]string{}
		require.NoError(t, json.Unmarshal(v, &forms), "%s: %s", name, k)
		words[k] = forms
	}
	return words
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestEveryWordIsTranslated(t *testing.T) {
	english, plural := spoken(t)
	for name, forms := range translated {
		words := file(t, name)
		for _, key := range slices.Sorted(maps.Keys(english)) {
			w, ok := words[key]
			if !assert.True(t, ok, "%s lacks %q", name, key) {
				continue
			}
			want := []string{""}
			if plural[key] {
				want = forms
			}
			assert.ElementsMatch(t, want, slices.Collect(maps.Keys(w)), "%s: forms of %q", name, key)
			for form, text := range w {
				assert.NotEmpty(t, strings.TrimSpace(text), "%s: %q", name, key)
				if form == "one" && len(placeholders(text)) == 0 {
					continue // "1" may be said in words, or not at all
				}
				assert.Equal(t, placeholders(english[key]), placeholders(text), "%s: placeholders of %q", name, key)
			}
		}
		for key := range words {
			assert.Contains(t, english, key, "%s has a word that nobody says", name)
		}
	}
	for key := range plural {
		assert.ElementsMatch(t, []string{"one", "other"}, slices.Collect(maps.Keys(file(t, "en")[key])), "en: %q", key)
	}
	for key := range file(t, "en") {
		assert.Contains(t, plural, key, "en has an entry only where a plural needs one")
	}
}

func TestEveryCountryHasItsName(t *testing.T) {
	for name := range translated {
		words := file(t, "countries."+name)
		assert.Greater(t, len(words), 240)
		for key := range words {
			code := strings.TrimPrefix(key, "country.")
			assert.NotEqual(t, code, proposals.CountryName(code), "%s has a country that nobody knows", name)
		}
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				if code := string(a) + string(b); proposals.CountryName(code) != code {
					assert.NotEmpty(t, words["country."+code][""], "%s: %s", name, code)
				}
			}
		}
	}
}

// speak makes a language the window's until the test ends.
func speak(t *testing.T, name string) {
	t.Helper()
	set := func() {
		clear(counts)
		clear(countryNames)
		clear(words)
		clear(reconnects)
		clear(endings)
		require.NoError(t, loadWords())
	}
	t.Cleanup(set) // runs after Setenv has put the old one back
	for _, v := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"} {
		t.Setenv(v, name+".UTF-8")
	}
	set()
}

func TestPluralsAreRight(t *testing.T) {
	for _, x := range []struct {
		locale string
		want   map[int]string
	}{
		{"en_US", map[int]string{1: "1 exit", 2: "2 exits"}},
		{"de_DE", map[int]string{0: "0 Ausgänge", 1: "1 Ausgang", 2: "2 Ausgänge"}},
		{"es_ES", map[int]string{1: "1 salida", 21: "21 salidas", 1_000_000: "1000000 salidas"}},
		{"fr_FR", map[int]string{0: "0 sortie", 1: "1 sortie", 2: "2 sorties", 1_000_000: "1000000 sorties"}},
		{"lt_LT", map[int]string{1: "1 išėjimas", 2: "2 išėjimai", 9: "9 išėjimai", 10: "10 išėjimų", 11: "11 išėjimų", 21: "21 išėjimas", 22: "22 išėjimai", 30: "30 išėjimų", 111: "111 išėjimų"}},
		{"uk_UA", map[int]string{1: "1 вихід", 2: "2 виходи", 5: "5 виходів", 11: "11 виходів", 12: "12 виходів", 21: "21 вихід", 22: "22 виходи", 25: "25 виходів"}},
	} {
		t.Run(x.locale, func(t *testing.T) {
			speak(t, x.locale)
			for n, want := range x.want {
				assert.Equal(t, want, exitCount(n))
			}
		})
	}
}

func TestReasonsAreSaidInTheUsersLanguage(t *testing.T) {
	speak(t, "de_DE")
	r := vpn.Reason{Code: vpn.ProviderFailed, A: "0x4f2a", B: "no route"}
	assert.Contains(t, reasonText(r), "Anbieter 0x4f2a")
	assert.Contains(t, reasonText(r), "no route")
	assert.Equal(t, "In diesem Land ist zurzeit kein Ausgang im Angebot: Niederlande. Wählen Sie ein anderes Land.", reasonText(vpn.Reason{Code: vpn.NoExitInCountry, A: "the Netherlands"}))
	assert.Equal(t, "{{.A}}", lang.X("reason.x", "{{.A}}", map[string]string{"A": "{{.A}}"}), "arguments are no templates")
	assert.Equal(t, "new_code a b", reasonText(vpn.Reason{Code: "new_code", A: "a", B: "b"}))
	assert.Equal(t, "Schweiz", countryName("CH"))
}

func BenchmarkLoadWords(b *testing.B) {
	for b.Loop() {
		_ = loadWords()
	}
}
