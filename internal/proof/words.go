package proof

import (
	"maps"
	"regexp"
	"slices"
)

// Code names a sentence about a rule; translations are keyed by it.
type Code string

// The codes. A is what the rule has in it.
const (
	Own              Code = "own"
	ToExit           Code = "to_exit"     // A: addresses and ports
	NodeBeside       Code = "node_beside" // A: the node's user
	NodeAnswers      Code = "node_answers"
	AskAddress       Code = "ask_address"
	AskAddress6      Code = "ask_address6"
	AskRouter        Code = "ask_router"
	AskNeighbour     Code = "ask_neighbour"
	TellNeighbour    Code = "tell_neighbour"
	ThroughTunnel    Code = "through_tunnel"
	ToLAN            Code = "to_lan" // A: networks
	NamesTCP         Code = "names_tcp"
	NamesUDP         Code = "names_udp"
	OtherTCP         Code = "other_tcp"
	AllElse          Code = "all_else"
	FromExit         Code = "from_exit" // A: addresses and ports
	PathTooSmall     Code = "path_too_small"
	GetAddress       Code = "get_address"
	GetAddress6      Code = "get_address6"
	HearRouter       Code = "hear_router"
	HearNeighbour    Code = "hear_neighbour"
	HearAnswer       Code = "hear_answer"
	TunnelAnswers    Code = "tunnel_answers"
	TunnelKnocks     Code = "tunnel_knocks"
	NamesAsked       Code = "names_asked"
	FromLAN          Code = "from_lan" // A: networks
	AllElseIn        Code = "all_else_in"
	GuestAnswers     Code = "guest_answers"
	GuestKnocks      Code = "guest_knocks"
	GuestTunnel      Code = "guest_tunnel"
	GuestNamesTCP    Code = "guest_names_tcp"
	GuestNamesUDP    Code = "guest_names_udp"
	GuestLAN         Code = "guest_lan" // A: networks
	GuestOtherTCP    Code = "guest_other_tcp"
	GuestAllElse     Code = "guest_all_else"
	InnerAddress     Code = "inner_address"      // A: the address inside the tunnel
	InnerAddressAsks Code = "inner_address_asks" // A: likewise
	MarkReturn       Code = "mark_return"
	TunnelAddress    Code = "tunnel_address" // A: the address inside the tunnel
	PolicyOpen       Code = "policy_open"    // A: the chain
	NeverAsked       Code = "never_asked"    // A: the chain
	TableAsleep      Code = "table_asleep"   // A: the table
)

// sentences are English; translations live in the ui. %[1]s is A.
var sentences = map[Code]string{
	Own:              "What programs on this computer say to each other.",
	ToExit:           "WireGuard's encrypted datagrams to the exit at %[1]s, from this program's sockets only.",
	NodeBeside:       "Everything of the Mysterium node, beside the tunnel: it runs as user %[1]s, and only the helper starts it.",
	NodeAnswers:      "Answers to the Mysterium node.",
	AskAddress:       "Asking the local network for an address (DHCP).",
	AskAddress6:      "The same for IPv6 (DHCPv6).",
	AskRouter:        "Asking who the IPv6 router is.",
	AskNeighbour:     "Asking for a neighbour on the link (IPv6).",
	TellNeighbour:    "Telling neighbours on the link that this computer is there (IPv6).",
	ThroughTunnel:    "Everything, through the tunnel.",
	ToLAN:            "The local network: %[1]s.",
	NamesTCP:         "Looking names up beside the tunnel, over TCP and TLS (ports 53, 853 and 5353).",
	NamesUDP:         "Looking names up beside the tunnel, over UDP, multicast DNS too (ports 53, 853 and 5353).",
	OtherTCP:         "Every other TCP connection beside the tunnel.",
	AllElse:          "Everything else beside the tunnel: UDP, QUIC, ping and the rest.",
	FromExit:         "WireGuard's answers from the exit at %[1]s.",
	PathTooSmall:     "The network's word that a datagram to the exit was too large for it.",
	GetAddress:       "The local network's answers about an address (DHCP).",
	GetAddress6:      "The same for IPv6 (DHCPv6).",
	HearRouter:       "What the IPv6 router announces on the link.",
	HearNeighbour:    "Neighbours on the link that look for this computer (IPv6).",
	HearAnswer:       "Neighbours on the link that answer (IPv6).",
	TunnelAnswers:    "Answers from the tunnel to what was asked from here.",
	TunnelKnocks:     "What comes from the tunnel and nobody here has asked for.",
	NamesAsked:       "Names that others look up at this computer (ports 53, 853 and 5353).",
	FromLAN:          "The local network: %[1]s.",
	AllElseIn:        "Everything else that comes in from the network.",
	GuestAnswers:     "Answers from the tunnel to containers and virtual machines.",
	GuestKnocks:      "What comes from the tunnel to containers and virtual machines unasked.",
	GuestTunnel:      "Containers and virtual machines, through the tunnel.",
	GuestNamesTCP:    "Names that containers and virtual machines look up beside the tunnel, over TCP and TLS.",
	GuestNamesUDP:    "Names that containers and virtual machines look up beside the tunnel, over UDP.",
	GuestLAN:         "Containers and virtual machines, to the local network: %[1]s.",
	GuestOtherTCP:    "Every other TCP connection of containers and virtual machines.",
	GuestAllElse:     "Everything else of containers and virtual machines.",
	InnerAddress:     "Packets from the local network to %[1]s, which this computer has inside the tunnel alone.",
	InnerAddressAsks: "Questions on the local network for %[1]s, which this computer has inside the tunnel alone.",
	MarkReturn:       "What arrives beside the tunnel is marked, so that a strict check of the way back looks at the way beside the tunnel.",
	TunnelAddress:    "What enters the tunnel gets the address %[1]s, so that the far end learns no other.",
	PolicyOpen:       "Everything that no rule of the chain “%[1]s” refuses. This should not be: the rules have been changed.",
	NeverAsked:       "Everything: the kernel does not ask the chain “%[1]s”. This should not be: the rules have been changed.",
	TableAsleep:      "Everything: the table “%[1]s” is switched off (dormant). This should not be: the rules have been changed.",
}

// Codes lists all codes, for tests and translations. The order is not defined.
func Codes() []Code { return slices.Collect(maps.Keys(sentences)) }

// Sentence is the English of a code, with %[1]s where A belongs.
func Sentence(c Code) string { return sentences[c] }

// known are all rules that the helper sets, in the spelling of numeric. What stands in parentheses is A.
var known = []struct {
	chain string
	rule  *regexp.Regexp
	group Group
	code  Code
}{
	{"inet before", is(`iifname != \{ "lo", "mysterium0" \} ip6? daddr (\S+) drop`), Refused, InnerAddress},
	{"inet before", is(`iifname != "mysterium0" fib daddr type \{ 2, 3, 5 \} meta mark set 0x2d000000`), Other, MarkReturn},

	{"inet out", is(`oifname "lo" accept`), Leaves, Own},
	{"inet out", is(`meta mark 0x2d000000/8 ip6? daddr \. udp dport (@\S+) accept`), Leaves, ToExit},
	{"inet out", is(`meta skuid (\d+) ct mark set 0x2d000000 accept`), Leaves, NodeBeside},
	{"inet out", is(`ip daddr 255\.255\.255\.255 udp sport 68 udp dport 67 accept`), Leaves, AskAddress},
	{"inet out", is(`ip6 saddr fe80::/10 ip6 daddr \{ ff02::1:2, ff05::1:3 \} udp sport 546 udp dport 547 accept`), Leaves, AskAddress6},
	{"inet out", is(`ip6 hoplimit 255 icmpv6 type 133 icmpv6 code 0 ip6 daddr ff02::2 accept`), Leaves, AskRouter},
	{"inet out", is(`ip6 hoplimit 255 icmpv6 type 135 icmpv6 code 0 ip6 daddr \{ (?:fe80::/10, ff02::1:ff00:0/104|ff02::1:ff00:0/104, fe80::/10) \} accept`), Leaves, AskNeighbour},
	{"inet out", is(`ip6 hoplimit 255 icmpv6 type 136 icmpv6 code 0 ip6 daddr fe80::/10 accept`), Leaves, TellNeighbour},
	{"inet out", is(`oifname "mysterium0" accept`), Leaves, ThroughTunnel},
	{"inet out", is(namesTCP), Refused, NamesTCP},
	{"inet out", is(namesUDP), Refused, NamesUDP},
	{"inet out", is(`ip6? daddr \{ ([^{}]+) \} accept`), Leaves, ToLAN},
	{"inet out", is(otherTCP), Refused, OtherTCP},
	{"inet out", is(allElse), Refused, AllElse},

	{"inet in", is(`iifname "lo" accept`), Enters, Own},
	{"inet in", is(`ip6? saddr \. udp sport (@\S+) ct state 0x2 accept`), Enters, FromExit},
	{"inet in", is(`(?:icmp type 3|icmpv6 type 2) ct state 0x4 accept`), Enters, PathTooSmall},
	{"inet in", is(`ct mark 0x2d000000 ct state 0x2,0x4 accept`), Enters, NodeAnswers},
	{"inet in", is(`udp sport 67 udp dport 68 accept`), Enters, GetAddress},
	{"inet in", is(`ip6 saddr fe80::/10 ip6 daddr fe80::/10 udp sport 547 udp dport 546 accept`), Enters, GetAddress6},
	{"inet in", is(`ip6 saddr fe80::/10 ip6 hoplimit 255 icmpv6 type \{ 134, 137 \} icmpv6 code 0 accept`), Enters, HearRouter},
	{"inet in", is(`ip6 saddr fe80::/10 ip6 hoplimit 255 icmpv6 type 135 icmpv6 code 0 accept`), Enters, HearNeighbour},
	{"inet in", is(`ip6 hoplimit 255 icmpv6 type 136 icmpv6 code 0 accept`), Enters, HearAnswer},
	{"inet in", is(answers), Enters, TunnelAnswers},
	{"inet in", is(knocks), Refused, TunnelKnocks},
	{"inet in", is(`meta l4proto \{ 6, 17 \} th dport \{ 53, 853, 5353 \} drop`), Refused, NamesAsked},
	{"inet in", is(`ip6? saddr \{ ([^{}]+) \} accept`), Enters, FromLAN},
	{"inet in", is(`drop`), Refused, AllElseIn},

	{"inet through", is(answers), Enters, GuestAnswers},
	{"inet through", is(knocks), Refused, GuestKnocks},
	{"inet through", is(`oifname "mysterium0" accept`), Leaves, GuestTunnel},
	{"inet through", is(namesTCP), Refused, GuestNamesTCP},
	{"inet through", is(namesUDP), Refused, GuestNamesUDP},
	{"inet through", is(`ip daddr \{ ([^{}]+) \} accept`), Leaves, GuestLAN},
	{"inet through", is(`ip6 daddr (\S+) accept`), Leaves, GuestLAN},
	{"inet through", is(otherTCP), Refused, GuestOtherTCP},
	{"inet through", is(allElse), Refused, GuestAllElse},
	{"inet through", is(`drop`), Refused, GuestAllElse},

	{"inet source", is(`oifname "mysterium0" ip6? saddr != (\S+) masquerade`), Other, TunnelAddress},

	{"arp in", is(`arp daddr ip (\S+) drop`), Refused, InnerAddressAsks},
	{"arp in", is(`meta mark set 0x2d000000`), Other, MarkReturn},
}

// Rules that stand in more than one chain.
const (
	namesTCP = `meta l4proto 6 th dport \{ 53, 853, 5353 \} reject with tcp reset`
	namesUDP = `meta l4proto 17 th dport \{ 53, 853, 5353 \} reject with icmpx 3`
	otherTCP = `meta l4proto 6 reject with tcp reset`
	allElse  = `reject with icmpx 3`
	answers  = `iifname "mysterium0" ct state 0x2,0x4 accept`
	knocks   = `iifname "mysterium0" drop`
)

func is(rule string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + rule + `)$`) }
