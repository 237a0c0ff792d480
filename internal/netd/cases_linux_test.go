package netd

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// rulecase is a packet, what goes before it, and what must come of it.
type rulecase struct {
	name   string
	before []packet
	packet packet
	want   func(s *State) string
}

// Answers to what must come of a packet.
func always(what string) func(*State) string { return func(*State) string { return what } }

func ifLAN(yes, no string) func(*State) string {
	return func(s *State) string { return map[bool]string{true: yes, false: no}[s.LAN] }
}

func ifBegun(yes, no string) func(*State) string {
	return func(s *State) string {
		p := s.Phase()
		return map[bool]string{true: yes, false: no}[p == wire.Connecting || p == wire.Connected]
	}
}

func ifUp(yes, no string) func(*State) string {
	return func(s *State) string { return map[bool]string{true: yes, false: no}[s.Phase() == wire.Connected] }
}

// six tells whether the state has an endpoint and a tunnel of IPv6, where its phase has any.
func six(f func(*State) string, no string) func(*State) string {
	return func(s *State) string {
		if s.Conn != 0 && len(s.Endpoints) < 2 {
			return no
		}
		return f(s)
	}
}

const (
	eth  = "eth0"
	me4  = "192.168.77.2"
	me6  = "2001:db8:77::2"
	near = "192.168.77.9"
	far4 = "203.0.113.9"
	far6 = "2001:db8:113::9"
	in4  = "10.88.0.2"
	in6  = "fd88::2"
	con4 = "172.17.0.5"
	con6 = "fd00:17::5"
	ent4 = "203.0.113.2"
	ent6 = "2001:db8:113::2"
)

// rulecases are what the rules promise, packet by packet. port is another one for each run, since the kernel remembers
// flows.
func rulecases(port int) []rulecase {
	var all []rulecase
	add := func(name string, p packet, want func(*State) string, before ...packet) {
		if to := destination(p.data); p.from == atSelf && (to.IsMulticast() || to == netip.MustParseAddr("255.255.255.255")) {
			heard := want
			want = func(s *State) string { return strings.TrimPrefix(heard(s), "refused") } // nobody is told: it went to many
		}
		if p.from == atSelf && p.data[0]>>4 == 4 && p.data[9] == unix.IPPROTO_TCP {
			heard := want
			want = func(s *State) string { return strings.Replace(heard(s), "refused", "reset", 1) }
		}
		all = append(all, rulecase{name, before, p, want})
	}
	out := func(dev string, data []byte) packet { return packet{from: atSelf, dev: dev, data: data} }
	marked := func(data []byte) packet { return packet{from: atSelf, dev: eth, mark: mark, data: data} }
	in := func(data []byte) packet { return packet{from: atWire, data: data} }

	// What WireGuard sends and hears.
	add("WireGuard", marked(udp(me4, port, ent4, 51820)), ifBegun("wire", "refused"))
	add("WireGuard over IPv6", marked(udp(me6, port, ent6, 51820)), six(ifBegun("wire", "refused"), "refused"))
	add("unmarked to the entry", out(eth, udp(me4, port, ent4, 51820)), always("refused"))
	add("unmarked to the entry over IPv6", out(eth, udp(me6, port, ent6, 51820)), always("refused"))
	add("marked to another port", marked(udp(me4, port, ent4, 51821)), always("refused"))
	add("marked to another host", marked(udp(me4, port, far4, 51820)), always("refused"))
	add("marked by TCP", marked(tcp(me4, port, ent4, 51820, syn)), always("refused"))
	add("another's mark", packet{from: atSelf, dev: eth, mark: 0x2c000000, data: udp(me4, port, ent4, 51820)}, always("refused"))
	add("our mark with bits of others", packet{from: atSelf, dev: eth, mark: mark | 0x4000, data: udp(me4, port+1, ent4, 51820)}, ifBegun("wire", "refused"))
	sent4, sent6 := udp(me4, port+2, ent4, 51820), udp(me6, port+2, ent6, 51820)
	add("WireGuard's answer", in(udp(ent4, 51820, me4, port+2)), ifBegun("self", ""), marked(sent4))
	add("WireGuard's answer over IPv6", in(udp(ent6, 51820, me6, port+2)), six(ifBegun("self", ""), ""), marked(sent6))
	add("unasked from the entry", in(udp(ent4, 51820, me4, port+3)), always(""))
	add("unasked from the entry over IPv6", in(udp(ent6, 51820, me6, port+3)), always(""))
	add("the path's MTU", in(tooBig("192.168.77.1", me4, sent4)), ifLAN2(ifBegun("self", ""), "self"), marked(sent4))
	add("the path's MTU over IPv6", in(tooBig("2001:db8:77::1", me6, sent6)), six(ifBegun("self", ""), ""), marked(sent6))
	add("another's MTU", in(tooBig(far4, me4, udp(me4, port+4, far4, 51820))), always(""))

	// Inside this computer.
	add("itself", out("lo", udp("127.0.0.1", port, "127.0.0.1", 9)), always("self"))
	add("itself by the tunnel's address", out("lo", udp(in4, port, in4, 9)), always("self"))
	add("itself by the tunnel's address over IPv6", out(Interface, udp(in6, port, in6, 9)), always("self"))
	add("itself over IPv6", out("lo", udp("::1", port, "::1", 9)), always("self"))

	addNode(add, out, in, port)
	addConfiguration(add, out, in)
	addLAN(add, out, in, port)
	addTunnel(add, out, in, port)
	addForwarded(add, in, port)
	return all
}

// ifLAN2 is what with the LAN, and f without.
func ifLAN2(f func(*State) string, what string) func(*State) string {
	return func(s *State) string {
		if s.LAN {
			return what
		}
		return f(s)
	}
}

func destination(p []byte) netip.Addr {
	from, to := 16, 20
	if p[0]>>4 == 6 {
		from, to = 24, 40
	}
	a, _ := netip.AddrFromSlice(p[from:to])
	return a
}

// addNode: whatever the node sends, and what answers it, where there is one; and no other user.
func addNode(add adder, out func(string, []byte) packet, in func([]byte) packet, port int) {
	ifNode := func(yes, no string) func(*State) string {
		return func(s *State) string { return map[bool]string{true: yes, false: no}[s.Node != 0] }
	}
	by := func(uid int, data []byte) packet {
		p := out(eth, data)
		p.uid = uid
		return p
	}
	add("the node", by(testNode, udp(me4, port+6, far4, 9)), ifNode("wire", "refused"))
	add("the node over IPv6", by(testNode, udp(me6, port+6, far6, 9)), ifNode("wire", "refused"))
	add("the node by TCP", by(testNode, tcp(me4, port+6, far4, 443, syn)), ifNode("wire", "refused"))
	add("the node asks for a name", by(testNode, udp(me4, port+6, near, 53)), ifNode("wire", "refused"))
	add("another user", by(testNode+1, udp(me4, port+7, far4, 9)), always("refused"))
	add("another user asks for a name", by(testNode+1, udp(me4, port+7, near, 53)), always("refused"))
	add("the node's answer", in(udp(far4, 9, me4, port+8)), ifNode("self", ""), by(testNode, udp(me4, port+8, far4, 9)))
	add("the node's answer over IPv6", in(udp(far6, 9, me6, port+8)), ifNode("self", ""), by(testNode, udp(me6, port+8, far6, 9)))
	add("somebody else than who was asked", in(udp("11.0.0.1", 9, me4, port+8)), always(""), by(testNode, udp(me4, port+8, far4, 9)))
}

type adder func(name string, p packet, want func(*State) string, before ...packet)

func addConfiguration(add adder, out func(string, []byte) packet, in func([]byte) packet) {
	all, mine, router := "255.255.255.255", "fe80::2", "fe80::9"
	add("DHCP", out(eth, udp(me4, 68, all, 67)), always("wire"))
	add("DHCP from another port", out(eth, udp(me4, 69, all, 67)), ifLAN("wire", "refused"))
	add("DHCP to another port", out(eth, udp(me4, 68, all, 69)), ifLAN("wire", "refused"))
	add("DHCP to the internet", out(eth, udp(me4, 68, far4, 67)), always("refused"))
	add("DHCP's answer", in(udp("192.168.77.1", 67, me4, 68)), always("self"))
	add("DHCP's answer from the internet to another port", in(udp(far4, 67, me4, 69)), always(""))
	add("DHCPv6", out(eth, udp(mine, 546, "ff02::1:2", 547)), always("wire"))
	add("DHCPv6 from a public address", out(eth, udp(me6, 546, far6, 547)), always("refused"))
	add("DHCPv6 to the servers of the site", out(eth, udp(mine, 546, "ff05::1:3", 547)), always("wire"))
	add("DHCPv6's answer", in(udp(router, 547, mine, 546)), always("self"))
	add("DHCPv6's answer from afar", in(udp(far6, 547, me6, 546)), always(""))

	add("router solicitation", out(eth, icmp6(mine, "ff02::2", 133, 255, "")), always("wire"))
	add("router solicitation to all", out(eth, icmp6(mine, "ff02::1", 133, 255, "")), ifLAN("wire", "refused"))
	add("neighbour solicitation", out(eth, icmp6(mine, "ff02::1:ff00:9", 135, 255, "fe80::9")), always("wire"))
	add("neighbour solicitation to one", out(eth, icmp6(mine, router, 135, 255, "fe80::9")), always("wire"))
	add("neighbour solicitation to afar", out(eth, icmp6(me6, far6, 135, 255, far6)), always("refused"))
	add("neighbour solicitation that may be routed", out(eth, icmp6(mine, "ff02::1:ff00:9", 135, 64, "fe80::9")), ifLAN("wire", "refused"))
	add("neighbour advertisement", out(eth, icmp6(mine, router, 136, 255, mine)), always("wire"))
	add("neighbour advertisement to afar", out(eth, icmp6(me6, far6, 136, 255, me6)), always("refused"))
	add("router advertisement", in(icmp6(router, mine, 134, 255, "")), always("self"))
	add("router advertisement from afar", in(icmp6(far6, me6, 134, 255, "")), always(""))
	add("router advertisement that was routed", in(icmp6(router, mine, 134, 64, "")), ifLAN("self", ""))
	add("redirect", in(icmp6(router, mine, 137, 255, "fe80::9")), always("self"))
	add("solicited by a neighbour", in(icmp6(router, mine, 135, 255, "fe80::7")), always("self"))
	add("solicited from afar", in(icmp6(far6, me6, 135, 255, "fe80::7")), always(""))
	add("a neighbour's advertisement", in(icmp6("2001:db8:77::9", me6, 136, 255, "2001:db8:77::9")), always("self"))
	add("a neighbour's advertisement that was routed", in(icmp6(far6, me6, 136, 64, far6)), always(""))
	add("ping over IPv6 from afar", in(ping(far6, me6)), always(""))
}

func addLAN(add adder, out func(string, []byte) packet, in func([]byte) packet, port int) {
	for _, to := range []string{"10.1.2.3", "169.254.1.1", "172.16.1.1", "192.168.1.1", "224.0.0.1", "239.1.2.3", "255.255.255.255"} {
		add("to "+to, out(eth, udp(me4, port, to, 1900)), ifLAN("wire", "refused"))
	}
	for _, to := range []string{"fd00::1", "fe80::9", "ff02::1", "ff03::1", "ff04::1", "ff05::1"} {
		from := me6
		if to == "fe80::9" {
			from = "fe80::2"
		}
		add("to "+to, out(eth, udp(from, port, to, 1900)), ifLAN("wire", "refused"))
	}
	for _, to := range []string{far4, "11.0.0.1", "172.32.0.1", "192.169.0.1", "224.0.1.1", "240.0.0.1", "100.64.0.1"} {
		add("to "+to, out(eth, udp(me4, port, to, 1900)), always("refused"))
	}
	for _, to := range []string{far6, "2001:db8:77::9", "ff0e::1", "64:ff9b::1", "fec0::1"} {
		add("to "+to, out(eth, udp(me6, port, to, 1900)), always("refused"))
	}
	add("TCP", out(eth, tcp(me4, port, far4, 80, syn)), always("refused"))
	add("TCP to a neighbour", out(eth, tcp(me4, port, near, 80, syn)), ifLAN("wire", "refused"))
	add("ping", out(eth, ping(me4, far4)), always("refused"))
	for _, p := range []int{53, 853, 5353} {
		add(fmt.Sprint("UDP to a neighbour's port ", p), out(eth, udp(me4, port, near, p)), always("refused"))
		add(fmt.Sprint("TCP to a neighbour's port ", p), out(eth, tcp(me4, port, near, p, syn)), always("refused"))
		add(fmt.Sprint("UDP to port ", p, " of the link"), out(eth, udp("fe80::2", port, "ff02::fb", p)), always("refused"))
		add(fmt.Sprint("from a neighbour to port ", p), in(udp(near, port, me4, p)), always(""))
		add(fmt.Sprint("by TCP from a neighbour to port ", p), in(tcp(near, port, me4, p, syn)), always(""))
	}
	for _, from := range []string{"10.1.2.3", "169.254.1.1", "172.16.1.1", "192.168.77.9"} {
		add("from "+from, in(udp(from, port, me4, 1900)), ifLAN("self", ""))
	}
	add("from a neighbour to a group", in(udp("10.1.2.3", port, "239.1.2.3", 1900)), ifLAN("self", ""))
	add("from a neighbour to all", in(udp("10.1.2.3", port, "192.168.77.255", 1900)), ifLAN("self", ""))
	add("from fd00::1", in(udp("fd00::1", port, me6, 1900)), ifLAN("self", ""))
	add("from fe80::9", in(udp("fe80::9", port, "fe80::2", 1900)), ifLAN("self", ""))
	add("from the internet", in(udp(far4, port, me4, 1900)), always(""))
	add("from the internet over IPv6", in(udp(far6, port, me6, 1900)), always(""))
	add("a neighbour by its public address", in(udp("2001:db8:77::9", port, me6, 1900)), always(""))
	add("who has our address", in(arpRequest(near, me4)), always("wire answer"))
	add("who has the tunnel's address", in(arpRequest(near, in4)), ifUp("", "wire answer"))
}

func addTunnel(add adder, out func(string, []byte) packet, in func([]byte) packet, port int) {
	tun := func(data []byte) packet { return packet{from: atTunnel, data: data} }
	add("through the tunnel", out(Interface, tcp(in4, port, far4, 80, syn)), ifUp("tunnel", "refused"))
	add("through the tunnel over IPv6", out(Interface, udp(in6, port, far6, 9)), ifUp("tunnel", "refused"))
	add("DNS through the tunnel", out(Interface, udp(in4, port, "10.88.0.1", 53)), ifUp("tunnel", "refused"))
	add("DNS over TLS through the tunnel", out(Interface, tcp(in4, port, far4, 853, syn)), ifUp("tunnel", "refused"))
	add("with the wire's address", out(Interface, udp(me4, port, far4, 9)), ifUp("tunnel from "+in4, "refused"))
	add("with the wire's address over IPv6", out(Interface, udp(me6, port, far6, 9)), six(ifUp("tunnel from "+in6, "refused"), "tunnel"))
	add("the tunnel's answer", tun(udp(far4, 9, in4, port+1)), ifUp("self", ""), out(Interface, udp(in4, port+1, far4, 9)))
	add("the tunnel's answer over IPv6", tun(udp(far6, 9, in6, port+1)), ifUp("self", ""), out(Interface, udp(in6, port+1, far6, 9)))
	add("somebody knocks from the tunnel", tun(tcp(far4, port, in4, 22, syn)), always(""))
	add("somebody knocks with a neighbour's address", tun(udp("10.88.0.1", port, in4, 1900)), always(""))
	add("somebody knocks with a neighbour's address over IPv6", tun(udp("fd88::1", port, in6, 1900)), always(""))
	add("CVE-2019-14899", in(tcp(near, 80, in4, port, synAck)), innerFromWire(true))
	add("the tunnel's address from the wire", in(udp(near, port, in4, 1900)), innerFromWire(true))
	add("the tunnel's address from the wire over IPv6", in(udp("fe80::9", port, in6, 1900)), innerFromWire(false))
}

// innerFromWire: a neighbour may reach the address inside the tunnel only while it is nothing but an address.
func innerFromWire(four bool) func(*State) string {
	return func(s *State) string {
		is := s.Phase() == wire.Connected && (four || len(s.Tunnel.Addresses) > 1)
		return map[bool]string{true: "self", false: ""}[s.LAN && !is]
	}
}

func addForwarded(add adder, in func([]byte) packet, port int) {
	con := func(data []byte) packet { return packet{from: atContainer, data: data} }
	tun := func(data []byte) packet { return packet{from: atTunnel, data: data} }
	put := add
	add = func(name string, p packet, want func(*State) string, before ...packet) {
		put(name, p, func(s *State) string {
			told := "" // a container is told only if neighbours may be spoken to
			if s.LAN {
				told = "container answer"
				if p.data[0]>>4 == 4 && p.data[9] == unix.IPPROTO_TCP {
					told = "container reset"
				}
			}
			return strings.Replace(want(s), "no", told, 1)
		}, before...)
	}
	add("a container", con(udp(con4, port, far4, 9)), ifUp("tunnel from "+in4, "no"))
	add("a container over IPv6", con(udp(con6, port, far6, 9)), six(ifUp("tunnel from "+in6, "no"), "no"))
	add("a container by TCP", con(tcp(con4, port+1, "11.0.0.1", 80, syn)), ifUp("tunnel from "+in4, "no"))
	add("a container to a neighbour", con(udp(con4, port, near, 9)), ifLAN2(ifUp("tunnel from "+in4, "no"), "wire"))
	for _, to := range []string{"10.1.2.3", "169.254.1.1"} { // the way there is the default route, which is the tunnel's
		add("a container to "+to, con(udp(con4, port, to, 9)), func(s *State) string {
			return ifUp("tunnel from "+in4, ifLAN("wire", "no")(s))(s)
		})
	}
	add("a container to fd00::1", con(udp(con6, port, "fd00::1", 9)), six(func(s *State) string {
		return ifUp("tunnel from "+in6, ifLAN("wire", "no")(s))(s)
	}, "no"))
	add("a container's DNS to a neighbour", con(udp(con4, port, near, 53)), ifLAN2(ifUp("tunnel from "+in4, "no"), "no"))
	add("a container's DNS over TCP to a neighbour", con(tcp(con4, port, near, 53, syn)), ifLAN2(ifUp("tunnel from "+in4, "no"), "no"))
	add("a neighbour to a container", in(udp(near, port, con4, 9)), ifLAN2(ifUp("tunnel from "+in4, ""), "container"))
	add("the tunnel's answer to a container", tun(udp(far4, 9, in4, port+2)), ifUp("container", ""), con(udp(con4, port+2, far4, 9)))
	add("somebody in the tunnel to a container", tun(udp(far4, port, con4, 9)), always(""))
	add("somebody in the tunnel to a neighbour", tun(udp(far4, port, near, 9)), always(""))
	add("somebody in the tunnel to the internet", tun(udp(far4, port, "11.0.0.1", 9)), always(""))
}
