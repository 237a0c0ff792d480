package vpn

import (
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Languages are those the window may be told to speak, BCP 47.
var Languages = []string{"en", "de", "es", "fr", "lt", "uk"}

// SystemDNS is the value of Settings.DNS that leaves names to the programs.
const SystemDNS = "system"

// maxDNS is how many name servers of one's own may be given.
const maxDNS = 4

// Fault says what is wrong with the value of a setting.
type Fault struct {
	Code  FaultCode
	Key   string // the setting's name in the file; "" = the file as a whole
	Value string // the value, or the part of it that is wrong
}

// FaultCode names a kind of fault; translations are keyed by it.
type FaultCode string

// The faults.
const (
	NotSettings    FaultCode = "not_settings"    // the file is no JSON object
	SettingsTooBig FaultCode = "settings_big"    // the file is larger than any settings are
	UnknownSetting FaultCode = "unknown_setting" // Key is none of ours
	WrongKind      FaultCode = "wrong_kind"      // a number where a word belongs, and the like
	UnknownValue   FaultCode = "unknown_value"   // Value is none that Key may have
	NoAddress      FaultCode = "no_address"      // Value is no IP address
	UselessAddress FaultCode = "useless_address" // Value is an address that no name server can have there
	TooManyServers FaultCode = "too_many_servers"
	NoProxyHost    FaultCode = "no_proxy_host" // Value is no IP address and not localhost
	NoProxyPort    FaultCode = "no_proxy_port" // Value is not between 1 and 65535
	NotExposed     FaultCode = "not_exposed"   // Value can be reached from elsewhere, and that was not asked for
)

var faults = map[FaultCode]string{
	NotSettings:    "this is no file of settings: it must be one JSON object",
	SettingsTooBig: "this file is too large to be settings",
	UnknownSetting: "%[1]q is no setting of this program",
	WrongKind:      "%[1]q has a value of the wrong kind",
	UnknownValue:   "%[1]q cannot be %[2]q",
	NoAddress:      "%[2]q is no IP address, for example 9.9.9.9",
	UselessAddress: "%[2]q cannot be a name server that is asked through the tunnel",
	TooManyServers: "more than four name servers",
	NoProxyHost:    "%[2]q is no IP address of this computer and not localhost",
	NoProxyPort:    "%[2]q is no port: it must be a number from 1 to 65535",
	NotExposed:     "%[2]q can be reached from other computers, and nobody asked for that",
}

// Error is the fault in plain English.
func (f *Fault) Error() string { return fmt.Sprintf(faults[f.Code]+"%.0[1]s%.0[2]s", f.Key, f.Value) }

// Faults lists all codes, for tests and translations. The order is not defined.
func Faults() []FaultCode {
	out := make([]FaultCode, 0, len(faults))
	for c := range faults {
		out = append(out, c)
	}
	return out
}

// Check gives the first *Fault of a Settings, or nil.
func (s Settings) Check() error {
	switch s.Network {
	case "", Sandbox, Mysterium, Own:
	default:
		return &Fault{UnknownValue, "network", string(s.Network)}
	}
	for _, w := range []struct {
		key, value string
		known      []string
	}{
		{"mode", string(s.Mode), []string{string(ProxyMode), string(DeviceMode)}},
		{"theme", s.Theme, []string{"dark", "light"}},
		{"language", s.Language, Languages},
		{"text_size", s.TextSize, []string{"small", "large", "larger"}},
		{"filter_quality", s.FilterQuality, []string{"low", "medium", "high"}},
	} {
		if w.value != "" && !slices.Contains(w.known, w.value) {
			return &Fault{UnknownValue, w.key, w.value}
		}
	}
	for _, w := range []struct{ key, value string }{
		{"filter_price", s.FilterPrice}, {"spend_limit", s.SpendLimit}, {"spend_limit_day", s.SpendLimitDay},
	} {
		if n, ok := new(big.Int).SetString(w.value, 10); w.value != "" && (!ok || n.Sign() <= 0 || len(w.value) > 40) {
			return &Fault{UnknownValue, w.key, w.value}
		}
	}
	if len(s.FilterIPType) > 64 {
		return &Fault{UnknownValue, "filter_ip_type", s.FilterIPType[:64]}
	}
	if s.FilterPreset < 0 {
		return &Fault{UnknownValue, "filter_preset", strconv.Itoa(s.FilterPreset)}
	}
	if _, err := TidyDNS(s.DNS); err != nil {
		return err
	}
	if s.NodeProgram != "" && !filepath.IsAbs(s.NodeProgram) {
		return &Fault{UnknownValue, "node_program", s.NodeProgram}
	}
	if s.Proxy == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s.Proxy)
	if err != nil {
		return &Fault{NoProxyHost, "proxy", s.Proxy}
	}
	addr, err := ProxyAddress(host, port)
	if err != nil {
		return err
	}
	if Exposed(addr) && !s.ProxyExpose {
		return &Fault{NotExposed, "proxy", s.Proxy}
	}
	return nil
}

// TidyDNS brings what a user typed as name servers into the form of Settings.DNS: addresses with commas between.
// "" and "system" stay as they are. The error is a *Fault.
func TidyDNS(s string) (string, error) {
	if s == "" || s == SystemDNS {
		return s, nil
	}
	var out []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", ;\t\n", r) }) {
		a, err := netip.ParseAddr(part)
		if err != nil || a.Zone() != "" {
			return "", &Fault{NoAddress, "dns", part}
		}
		a = a.Unmap()
		// Asked through the tunnel: an address of this computer or of its own cable means another machine there, or none.
		if a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() || a.IsLinkLocalUnicast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return "", &Fault{UselessAddress, "dns", part}
		}
		if text := a.String(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	switch {
	case len(out) == 0:
		return "", &Fault{NoAddress, "dns", strings.TrimSpace(s)}
	case len(out) > maxDNS:
		return "", &Fault{TooManyServers, "dns", s}
	}
	return strings.Join(out, ","), nil
}

// ProxyAddress joins a host and a port that a user typed into the form of Settings.Proxy. The error is a *Fault.
func ProxyAddress(host, port string) (string, error) {
	host, port = strings.TrimSpace(host), strings.TrimSpace(port)
	if host != "localhost" {
		a, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil || a.Zone() != "" || a.IsMulticast() {
			return "", &Fault{NoProxyHost, "proxy", host}
		}
		host = a.Unmap().String()
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", &Fault{NoProxyPort, "proxy", port}
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// Exposed reports whether other computers can reach a proxy at addr, host:port. What cannot be read counts as exposed.
func Exposed(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err == nil && host == "localhost" {
		return false
	}
	a, bad := netip.ParseAddr(host)
	return errors.Join(err, bad) != nil || !a.Unmap().IsLoopback()
}
