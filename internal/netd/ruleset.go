package netd

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// The local network, exactly, when it is shared.
var (
	lan4       = []string{"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}
	lan6       = []string{"fc00::/7", "fe80::/10"}
	multicast4 = []string{"224.0.0.0/24", "239.0.0.0/8", "255.255.255.255"}
	multicast6 = []string{"ff02::/16", "ff03::/16", "ff04::/16", "ff05::/16"}
)

// ruleset is the text that makes nft put the firewall of s in place, all of it or nothing. An open one has no table.
// The interface is matched by name, so that the rules can stand before it and after it.
func ruleset(s *State) string {
	w := new(writer)
	for _, family := range []string{"inet", "arp"} {
		w.line("table %s %s", family, tableName) // so that there is one to delete
		w.line("delete table %s %s", family, tableName)
	}
	if s.Phase() == wire.Open {
		return w.b.String()
	}
	r := rules{writer: w, lan: s.LAN, tunnel: s.Phase() == wire.Connected, node: s.Node}
	if r.tunnel {
		r.addresses = s.Tunnel.Addresses
	}
	if r.tunnel || s.Phase() == wire.Connecting {
		r.entries(s.Endpoints)
	}
	w.block("table inet "+tableName, func() {
		r.sets()
		w.block("chain before", r.before)
		w.block("chain out", r.out)
		w.block("chain in", r.in)
		w.block("chain through", r.through)
		if r.tunnel {
			w.block("chain source", r.source)
		}
	})
	if r.tunnel {
		w.block("table arp "+tableName, func() { w.block("chain in", r.resolution) })
	}
	return w.b.String()
}

// rules writes the chains of one ruleset.
type rules struct {
	*writer
	lan       bool
	tunnel    bool
	node      uint32
	addresses []netip.Addr // inside the tunnel
	entry4    []string
	entry6    []string
}

func (r *rules) entries(list []netip.AddrPort) {
	for _, e := range list {
		text := fmt.Sprintf("%s . %d", e.Addr(), e.Port())
		if e.Addr().Is4() {
			r.entry4 = append(r.entry4, text)
		} else {
			r.entry6 = append(r.entry6, text)
		}
	}
}

// addressOf is the first address of a family; not valid if there is none.
func addressOf(list []netip.Addr, four bool) netip.Addr {
	for _, a := range list {
		if a.Is4() == four {
			return a
		}
	}
	return netip.Addr{}
}

func (r *rules) sets() {
	set := func(name, kind string, list []string) {
		if len(list) > 0 {
			r.block("set "+name, func() {
				r.line("type %s . inet_service", kind)
				r.line("elements = { %s }", strings.Join(list, ", "))
			})
		}
	}
	set("entry4", "ipv4_addr", r.entry4)
	set("entry6", "ipv6_addr", r.entry6)
}

// before sees what comes in from anywhere, before connections are tracked and routes are looked up.
func (r *rules) before() {
	r.line("type filter hook prerouting priority raw; policy accept;")
	// CVE-2019-14899: a neighbour tries addresses inside the tunnel. Where no neighbour gets in it needs no rule.
	for _, ip := range []string{"ip", "ip6"} {
		if a := addressOf(r.addresses, ip == "ip"); a.IsValid() && r.lan {
			r.line("iifname != { \"lo\", %q } %s daddr %s counter drop", Interface, ip, a)
		}
	}
	// A strict filter of the way back would drop all that is not from the tunnel, because that is the way now. With our
	// mark it looks at the way there would be without us. What is forwarded must not have it: the mark chooses the route.
	if r.tunnel {
		r.line("iifname != %q fib daddr type { local, broadcast, multicast } meta mark set 0x%08x", Interface, mark)
	}
}

// resolution sees questions of neighbours for addresses.
func (r *rules) resolution() {
	r.line("type filter hook input priority filter; policy accept;")
	if a := addressOf(r.addresses, true); a.IsValid() { // nobody on the local network may learn that we have it
		r.line("arp daddr ip %s counter drop", a)
	}
	r.line("meta mark set 0x%08x", mark) // as in before: the kernel asks for the way back here, too
}

func (r *rules) out() {
	r.line("type filter hook output priority filter; policy drop;")
	r.line("oifname \"lo\" accept")
	if len(r.entry4) > 0 {
		r.line("meta mark & 0x%08x == 0x%08x ip daddr . udp dport @entry4 accept", markMask, mark)
	}
	if len(r.entry6) > 0 {
		r.line("meta mark & 0x%08x == 0x%08x ip6 daddr . udp dport @entry6 accept", markMask, mark)
	}
	if r.node != 0 { // names too: it asks those who were asked before us
		r.line("meta skuid %d ct mark set 0x%08x accept", r.node, mark)
	}
	r.line("ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept")
	r.line("ip6 saddr fe80::/10 ip6 daddr { ff02::1:2, ff05::1:3 } udp sport 546 udp dport 547 accept")
	r.line("ip6 hoplimit 255 icmpv6 type nd-router-solicit icmpv6 code 0 ip6 daddr ff02::2 accept")
	r.line("ip6 hoplimit 255 icmpv6 type nd-neighbor-solicit icmpv6 code 0 ip6 daddr { ff02::1:ff00:0/104, fe80::/10 } accept")
	r.line("ip6 hoplimit 255 icmpv6 type nd-neighbor-advert icmpv6 code 0 ip6 daddr fe80::/10 accept")
	if r.tunnel {
		r.line("oifname %q accept", Interface)
	}
	if r.lan {
		r.lookups()
		r.line("ip daddr { %s } accept", strings.Join(append(append([]string{}, lan4...), multicast4...), ", "))
		r.line("ip6 daddr { %s } accept", strings.Join(append(append([]string{}, lan6...), multicast6...), ", "))
	}
	r.refusal()
}

// lookups keeps names inside: DNS, DNS over TLS and multicast DNS go through the tunnel or nowhere, even where the
// local network is shared. So this stands behind what lets the tunnel pass and before what lets the local network.
func (r *rules) lookups() {
	r.line("meta l4proto tcp th dport { 53, 853, 5353 } counter reject with tcp reset")
	r.line("meta l4proto udp th dport { 53, 853, 5353 } counter reject with icmpx admin-prohibited")
}

func (r *rules) in() {
	r.line("type filter hook input priority filter; policy drop;")
	r.line("iifname \"lo\" accept")
	if len(r.entry4) > 0 {
		r.line("ip saddr . udp sport @entry4 ct state established accept")
		r.line("icmp type destination-unreachable ct state related accept") // the path's MTU
	}
	if len(r.entry6) > 0 {
		r.line("ip6 saddr . udp sport @entry6 ct state established accept")
		r.line("icmpv6 type packet-too-big ct state related accept")
	}
	if r.node != 0 {
		r.line("ct mark 0x%08x ct state established,related accept", mark)
	}
	r.line("udp sport 67 udp dport 68 accept")
	r.line("ip6 saddr fe80::/10 ip6 daddr fe80::/10 udp sport 547 udp dport 546 accept")
	r.line("ip6 saddr fe80::/10 ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-redirect } icmpv6 code 0 accept")
	r.line("ip6 saddr fe80::/10 ip6 hoplimit 255 icmpv6 type nd-neighbor-solicit icmpv6 code 0 accept")
	r.line("ip6 hoplimit 255 icmpv6 type nd-neighbor-advert icmpv6 code 0 accept")
	if r.tunnel { // nobody may knock from the far end: what comes must be an answer
		r.line("iifname %q ct state established,related accept", Interface)
	}
	if r.lan {
		r.line("iifname %q counter drop", Interface)
		r.line("meta l4proto { tcp, udp } th dport { 53, 853, 5353 } counter drop")
		r.line("ip saddr { %s } accept", strings.Join(lan4, ", "))
		r.line("ip6 saddr { %s } accept", strings.Join(lan6, ", "))
	}
	r.rest()
}

// through sees what this device forwards for others: containers, virtual machines. Whom no answer may reach gets none.
func (r *rules) through() {
	r.line("type filter hook forward priority filter; policy drop;")
	if r.tunnel {
		r.line("iifname %q ct state established,related accept", Interface)
	}
	if r.tunnel || r.lan {
		r.line("iifname %q counter drop", Interface)
	}
	if r.tunnel {
		r.line("oifname %q accept", Interface)
	}
	if !r.lan {
		r.rest()
		return
	}
	r.lookups()
	r.line("ip daddr { %s } accept", strings.Join(lan4, ", "))
	r.line("ip6 daddr %s accept", lan6[0]) // a link's own addresses are never forwarded
	r.refusal()
}

// rest drops what no rule has named, as the policy would. But when rules are replaced the kernel has the new chain pass
// what no rule names, for some microseconds: it takes the old one away before it gives the new one its policy.
func (r *rules) rest() { r.line("counter drop") }

// refusal lets programs fail at once instead of waiting.
func (r *rules) refusal() {
	r.line("meta l4proto tcp counter reject with tcp reset")
	r.line("counter reject with icmpx admin-prohibited")
}

// source gives what enters the tunnel the tunnel's address: the far end would drop any other, and must not learn one.
func (r *rules) source() {
	r.line("type nat hook postrouting priority srcnat; policy accept;")
	for _, ip := range []string{"ip", "ip6"} {
		if a := addressOf(r.addresses, ip == "ip"); a.IsValid() {
			r.line("oifname %q %s saddr != %s masquerade", Interface, ip, a)
		}
	}
}

// writer indents.
type writer struct {
	b     strings.Builder
	depth int
}

func (w *writer) line(format string, args ...any) {
	w.b.WriteString(strings.Repeat("\t", w.depth))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *writer) block(head string, body func()) {
	w.line("%s {", head)
	w.depth++
	body()
	w.depth--
	w.line("}")
}
