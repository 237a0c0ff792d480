package ui

import (
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// faultText is the sentence for what is wrong with a value, and what to do.
func faultText(err error) string {
	f, ok := errors.AsType[*vpn.Fault](err)
	if !ok {
		return sentenceOf(err)
	}
	with := map[string]string{"Key": f.Key, "Value": f.Value}
	switch f.Code {
	case vpn.NotSettings:
		return lang.L("This file has no settings in it. Choose one that was exported here.")
	case vpn.SettingsTooBig:
		return lang.L("This file is too large to be settings. Choose one that was exported here.")
	case vpn.UnknownSetting:
		return lang.L("This file has a setting “{{.Key}}” that this program does not know. Nothing was changed.", with)
	case vpn.WrongKind:
		return lang.L("In this file the setting “{{.Key}}” has a value of the wrong kind. Nothing was changed.", with)
	case vpn.UnknownValue:
		return lang.L("In this file the setting “{{.Key}}” is “{{.Value}}”, which it cannot be. Nothing was changed.", with)
	case vpn.NoAddress:
		return lang.L("“{{.Value}}” is no IP address. Type for example 9.9.9.9, or several with commas between.", with)
	case vpn.UselessAddress:
		return lang.L("“{{.Value}}” cannot be reached through the tunnel. Type the address of a public name server.", with)
	case vpn.TooManyServers:
		return lang.L("These are more than four name servers. Leave some out.")
	case vpn.NoProxyHost:
		return lang.L("“{{.Value}}” is no IP address of this computer. Type 127.0.0.1 to keep the proxy to this computer.", with)
	case vpn.NoProxyPort:
		return lang.L("“{{.Value}}” is no port. Type a number from 1 to 65535.", with)
	case vpn.NotExposed:
		return lang.L("In this file the proxy “{{.Value}}” can be reached from other computers, but “proxy_expose” is not set. Nothing was changed.", with)
	}
	return sentenceOf(f)
}

// sentenceOf is an error in words of others, with a capital and a full stop.
func sentenceOf(err error) string {
	s := strings.TrimRight(err.Error(), ". ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// themes, sizes and dnsKinds are the values behind the segments, in their order.
var (
	themes = []string{"", "light", "dark"}
	sizes  = []string{"small", "", "large", "larger"}
)

func themeWords() []string { return []string{lang.L("Desktop"), lang.L("Light"), lang.L("Dark")} }

func sizeWords() []string {
	return []string{lang.L("Small"), lang.L("Normal"), lang.L("Large"), lang.L("Larger")}
}

// Name servers: the provider's, none of ours, or one's own.
const (
	dnsProvider = iota
	dnsSystem
	dnsOwn
)

func dnsWords() []string { return []string{lang.L("Provider"), lang.L("System"), lang.L("Own")} }

func dnsKind(dns string) int {
	switch dns {
	case "":
		return dnsProvider
	case vpn.SystemDNS:
		return dnsSystem
	}
	return dnsOwn
}

// dnsAbout says what a kind of name servers means.
func dnsAbout(kind int) string {
	s := ""
	switch kind {
	case dnsSystem:
		s = lang.L("The proxy looks no names up. Programs do it themselves, outside the tunnel.")
	case dnsOwn:
		s = lang.L("The proxy asks these through the tunnel.")
	default:
		s = lang.L("The proxy asks those of the exit, through the tunnel.")
	}
	return s + " " + lang.L("Counts from the next connection on.")
}

// endonyms are the languages in their own words.
var endonyms = map[string]string{
	"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "lt": "Lietuvių", "uk": "Українська",
}

// languages are those that can be chosen, the desktop's own first: only those that we have words for.
func languages() []string {
	out := []string{""}
	for _, l := range vpn.Languages {
		if _, err := assets.Translations.ReadFile("translations/" + l + ".json"); err == nil {
			out = append(out, l)
		}
	}
	return out
}

func languageWord(l string) string {
	if l == "" {
		return lang.L("As the desktop has it")
	}
	return endonyms[l]
}

// networks are those that can be chosen, in the order of the segments.
var networks = []vpn.Network{vpn.Sandbox, vpn.Mysterium, vpn.Own}

// networkWords are short: they stand side by side.
func networkWords() []string { return []string{lang.L("Sandbox"), "Mysterium", lang.L("Own")} }

func networkAbout(n vpn.Network) string {
	switch n {
	case vpn.Mysterium:
		return lang.L("Exits of other people all over the world, paid in MYST for what you use.")
	case vpn.Own:
		return lang.L("Servers that you have a WireGuard configuration of: from a provider, or of an exit of your own.")
	default:
	}
	return lang.L("The exits run on this computer: everything is real but geography. Your address does not change.")
}

func modeWord(m vpn.Mode) string {
	if m == vpn.DeviceMode {
		return lang.L("Whole device")
	}
	return lang.L("Programs")
}

// modeAbout says what a mode is and from when on it counts: which node of the Mysterium Network runs is settled when the
// program starts.
func modeAbout(whole bool, n vpn.Network) string {
	about, when := lang.L("Programs that use the proxy; nothing else on this computer is touched."), lang.L("Counts from the next connection on.")
	if whole {
		about = lang.L("Every packet of this computer goes through the tunnel or nowhere, until you disconnect. Needs the helper mysteriumvpn-netd.")
	}
	if n == vpn.Mysterium {
		when = lang.L("Counts at the next start.")
	}
	return about + " " + when
}

func networkWord(n vpn.Network) string {
	switch n {
	case vpn.Mysterium:
		return lang.L("Mysterium Network")
	case vpn.Own:
		return lang.L("Own servers")
	default:
	}
	return lang.L("Sandbox")
}

func orAny(word string) string {
	if word == "" {
		return lang.L("Any")
	}
	return word
}

func qualityWord(name string) string {
	switch name {
	case "":
		return ""
	case "high":
		return lang.L("High")
	case "medium":
		return lang.L("Medium")
	}
	return name
}

func filterPrice(s vpn.Settings) string {
	if p := proposals.FilterOf(s).PerGiB; !p.IsZero() {
		return priceText(p.Human())
	}
	return ""
}

func spendLimit(wei string) string {
	if m := account.Amount(wei); !m.IsZero() {
		return mystText(m)
	}
	return lang.L("No limit")
}

// filterPreset names a preset by what every node calls it.
func filterPreset(s vpn.Settings) string {
	if s.FilterPreset == 0 {
		return ""
	}
	return presetNamed(s.FilterPreset, &proposals.Snapshot{Presets: []proposals.Preset{{ID: 1, Name: "Media Streaming"}, {ID: 2, Name: "Browsing"}, {ID: 3, Name: "Download"}}})
}

func onOff(on bool) string {
	if on {
		return lang.L("On")
	}
	return lang.L("Off")
}

// change is a setting that would become another.
type change struct{ name, from, to string }

// changes lists in words how two settings differ, in the order of the page.
func changes(from, to vpn.Settings) []change {
	a, b := inWords(from), inWords(to)
	var out []change
	for i := range a {
		if a[i].to != b[i].to {
			out = append(out, change{a[i].name, a[i].to, b[i].to})
		}
	}
	return out
}

// inWords gives every setting's name and value. TestEverySettingIsInWords finds one that is forgotten.
func inWords(s vpn.Settings) []change {
	dns := s.DNS
	switch dnsKind(dns) {
	case dnsProvider, dnsSystem:
		dns = dnsWords()[dnsKind(dns)]
	}
	proxy := s.Proxy
	if proxy == "" {
		proxy = lang.L("any free port")
	}
	return []change{
		{name: lang.L("Connect on start"), to: onOff(s.ConnectOnStart)},
		{name: lang.L("Start at login"), to: onOff(s.StartAtLogin)},
		{name: lang.L("Start hidden"), to: onOff(s.StartHidden)},
		{name: lang.L("Network"), to: networkWord(s.Network)},
		{name: lang.L("What goes through the tunnel"), to: modeWord(s.Mode)},
		{name: lang.L("Node program"), to: s.NodeProgram},
		{name: lang.L("Name servers"), to: dns},
		{name: lang.L("Proxy address"), to: proxy},
		{name: lang.L("Other computers may use the proxy"), to: onOff(s.ProxyExpose)},
		{name: lang.L("Use for this computer"), to: onOff(s.UseForComputer)},
		{name: lang.L("Quality at least"), to: orAny(qualityWord(s.FilterQuality))},
		{name: lang.L("MYST per GiB at most"), to: orAny(filterPrice(s))},
		{name: lang.L("Kind of address"), to: orAny(s.FilterIPType)},
		{name: lang.L("Reachable from here"), to: onOff(s.FilterNAT)},
		{name: lang.L("Good for"), to: orAny(filterPreset(s))},
		{name: lang.L("List exits for members"), to: onOff(s.ListRestricted)},
		{name: lang.L("List exits that failed checks"), to: onOff(s.ListFailing)},
		{name: lang.L("Limit for one connection"), to: spendLimit(s.SpendLimit)},
		{name: lang.L("Limit for a day"), to: spendLimit(s.SpendLimitDay)},
		{name: lang.L("Theme"), to: themeWords()[max(slices.Index(themes, s.Theme), 0)]},
		{name: lang.L("Text size"), to: sizeWords()[max(slices.Index(sizes, s.TextSize), 0)]},
		{name: lang.L("Reduced motion"), to: onOff(s.ReducedMotion)},
		{name: lang.L("Language"), to: languageWord(s.Language)},
		{name: lang.L("Notify when connected"), to: onOff(!s.QuietConnected)},
		{name: lang.L("Notify when the connection is lost"), to: onOff(!s.QuietLost)},
		{name: lang.L("Notify when the node was given up"), to: onOff(!s.QuietGaveUp)},
	}
}
