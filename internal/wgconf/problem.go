package wgconf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is something about one line of a file. It is comparable.
type Problem struct {
	Line  int    // from 1; 0 = the file as a whole
	Code  Code   // what is wrong
	Key   string // the key or the section of the line, as WireGuard writes it; "" = it has none, or none that may be shown
	Value string // the value, or the part of it that is wrong; "" where it could be a secret
}

// Code names a kind of problem; translations are keyed by it.
type Code string

// The problems that keep a file from being used.
const (
	TooBig        Code = "too_big"
	NotText       Code = "not_text"
	Unreadable    Code = "unreadable"     // the system does not let the file be read; whoever reads files says it, not Parse
	NoInterface   Code = "no_interface"   // the file has no [Interface]
	NoPeer        Code = "no_peer"        // the file has no [Peer]
	RunsCommand   Code = "runs_command"   // Key would have a command run
	Stray         Code = "stray"          // neither section, comment nor assignment
	NoSection     Code = "no_section"     // an assignment before the first section
	SecondSection Code = "second_section" // Key stands twice
	Repeated      Code = "repeated"       // Key stands twice in its section
	Missing       Code = "missing"        // Key is needed and not there
	NoValue       Code = "no_value"       // Key has none
	BadKey        Code = "bad_key"        // no WireGuard key
	OwnKey        Code = "own_key"        // the server's key is that of this end
	BadAddress    Code = "bad_address"    // Value is no address in the tunnel
	BadPrefix     Code = "bad_prefix"     // Value is no address and no network
	BadEndpoint   Code = "bad_endpoint"   // Value is no host:port
	BadMTU        Code = "bad_mtu"
	BadKeepalive  Code = "bad_keepalive"
	TooMany       Code = "too_many" // Key has more values than can be used
)

// What is only said: the file can be used all the same.
const (
	UnknownKey     Code = "unknown_key"
	UnknownSection Code = "unknown_section"
	NotUsed        Code = "not_used"      // Key means nothing here
	SearchDomain   Code = "search_domain" // Value in DNS is no address
	BadDNS         Code = "bad_dns"       // Value is no address that can be asked through a tunnel
	MoreAddresses  Code = "more_addresses"
	BadCountry     Code = "bad_country" // Value in our comment is no code of a country
	NoDNS          Code = "no_dns"      // nobody to ask for names
)

var sentences = map[Code]string{
	TooBig:        "the file is larger than 64 KiB; no WireGuard configuration is",
	NotText:       "this is no text; choose the .conf file that the provider gave you",
	Unreadable:    "the file cannot be read; see to it that it is yours and that you may read it, or remove it",
	NoInterface:   "there is no [Interface], so this is no WireGuard configuration; choose the .conf file that the provider gave you",
	NoPeer:        "there is no [Peer], so no server to connect to; choose the whole file",
	RunsCommand:   "%[1]s would run a command of whoever wrote the file on this computer, so it is refused; delete the line if the server works without it",
	Stray:         "this is neither a section, a comment nor Key = Value; correct or delete the line",
	NoSection:     "this stands before [Interface]; move it into its section",
	SecondSection: "a second [%[1]s]; one server has one, so put the other into a file of its own",
	Repeated:      "%[1]s stands twice; keep one",
	Missing:       "%[1]s is missing in this section; add it",
	NoValue:       "%[1]s has no value; add it or delete the line",
	BadKey:        "%[1]s is no WireGuard key, which has 44 characters and ends with =; copy it again",
	OwnKey:        "%[1]s is the key of this very end; put the server's there",
	BadAddress:    "%[1]s: %[2]s is no address that this end of a tunnel can have; write for example 10.2.0.2/32",
	BadPrefix:     "%[1]s: %[2]s is no network; write for example 0.0.0.0/0",
	BadEndpoint:   "%[1]s: %[2]s is no server and port; write for example 192.0.2.1:51820, with brackets around IPv6",
	BadMTU:        "%[1]s must be a whole number from 576 to 9000, and with IPv6 at least 1280",
	BadKeepalive:  "%[1]s must be off or a whole number of seconds up to 65535",
	TooMany:       "%[1]s has more values than can be used; leave some out",

	UnknownKey:     "%[1]s is not known and was left out",
	UnknownSection: "the section is not known and was left out",
	NotUsed:        "%[1]s means nothing here and was left out",
	SearchDomain:   "%[1]s: %[2]s is no address and was left out",
	BadDNS:         "%[1]s: %[2]s cannot be asked through a tunnel and was left out; write for example 10.2.0.1",
	MoreAddresses:  "%[1]s: only one IPv4 and one IPv6 address are used; %[2]s was left out",
	BadCountry:     "%[2]s is no code of a country such as CH, and was left out",
	NoDNS:          "there is no DNS here, so the proxy looks no names up; add it, or choose name servers in the settings",
}

var notes = []Code{UnknownKey, UnknownSection, NotUsed, SearchDomain, BadDNS, MoreAddresses, BadCountry, NoDNS}

// Note reports whether the file can be used all the same.
func (p Problem) Note() bool { return slices.Contains(notes, p.Code) }

// Text is the problem in plain English, without its line.
func (p Problem) Text() string {
	key, value := p.Key, p.Value
	return fmt.Sprintf(sentences[p.Code]+"%.0[1]s%.0[2]s", cmp.Or(key, "this key"), cmp.Or(value, "what stands there"))
}

// String is Text with the line before it.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Text()
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Text())
}

// Codes lists all codes, for tests and translations. The order is not defined.
func Codes() []Code {
	out := make([]Code, 0, len(sentences))
	for c := range sentences {
		out = append(out, c)
	}
	return out
}

// Error says why a file cannot be used: at least one Problem that is no note, in the order of lines.
type Error struct{ Problems []Problem }

// Error is one line; who can shows a line for each problem.
func (e *Error) Error() string {
	words := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		words[i] = p.String()
	}
	return strings.Join(words, "; ")
}
