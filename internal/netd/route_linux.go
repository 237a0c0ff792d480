package netd

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// routing is the text that makes ip(8) put the routes and rules of one family in place. In order: what our sockets send
// takes the main table or no way at all, or it would go into the tunnel that it carries; likewise what the node sends;
// what comes out of the tunnel finds the containers that it is for; the tunnel's resolvers, whatever the local network's
// addresses; the local network, if it is shared, by the routes to it but not by the default route; everything else
// through the tunnel, and nowhere if that lacks the family. More precise routes of the main table that somebody on the
// local network has announced (TunnelVision) are not asked. Everything carries the protocol that is ours.
func routing(four bool, s *State) string {
	var b strings.Builder
	t := s.Tunnel
	rule := func(order int, format string, args ...any) {
		fmt.Fprintf(&b, "rule add pref %d %s protocol %d\n", firstRule+order, fmt.Sprintf(format, args...), protocol)
	}
	way := "default dev " + Interface + " scope global" // as a link's, the ways of others would be looked for behind it
	if !addressOf(t.Addresses, four).IsValid() {
		way = "unreachable default"
	}
	fmt.Fprintf(&b, "route add %s table %d proto %d\n", way, routeTable, protocol)
	rule(0, "fwmark %#x/%#x lookup main", mark, markMask)
	rule(1, "fwmark %#x/%#x unreachable", mark, markMask)
	if s.Node != 0 {
		rule(0, "uidrange %d-%[1]d lookup main", s.Node)
		rule(1, "uidrange %d-%[1]d unreachable", s.Node)
	}
	rule(2, "iif %s lookup main", Interface)
	for _, a := range t.Resolvers {
		if a.Is4() == four {
			rule(3, "to %s lookup %d", a, routeTable)
		}
	}
	ranges := lan6
	if four {
		ranges = lan4
	}
	for _, to := range ranges {
		if s.LAN {
			rule(4, "to %s lookup main suppress_prefixlength 0", to)
		}
	}
	rule(5, "lookup %d", routeTable)
	return b.String()
}

// families that this kernel has, as ip(8) takes them.
func families() []string {
	if _, err := os.Stat("/proc/self/net/if_inet6"); err != nil {
		return []string{"-4"}
	}
	return []string{"-4", "-6"}
}

// route sends everything through the interface. had is what stands, by family, and afterwards what stands then: what stays
// is not touched, or what is under way would leave by the main table for a moment, and be refused.
func route(ip string, s *State, had map[string]string) error {
	for _, f := range families() {
		want := routing(f == "-4", s)
		var add, del string
		for line := range strings.Lines(want) {
			if !strings.Contains(had[f], line) {
				add += line
			}
		}
		for line := range strings.Lines(had[f]) {
			if !strings.Contains(want, line) {
				del += strings.Replace(line, " add ", " del ", 1)
			}
		}
		if _, err := output(ip, add+del, f, "-batch", "-"); err != nil {
			return step("add the routes into the tunnel", err)
		}
		had[f] = want
	}
	return nil
}

// unroute takes away every rule and route of ours, from before a crash too.
func unroute(ip string) error {
	for _, f := range families() {
		if _, err := output(ip, "", f, "rule", "flush", "protocol", fmt.Sprint(protocol)); err != nil {
			return step("delete the routing rules", err)
		}
		_, err := output(ip, "", f, "route", "flush", "table", fmt.Sprint(routeTable))
		if err != nil && !strings.Contains(err.Error(), "table does not exist") { // there was never one
			return step("delete the route into the tunnel", err)
		}
	}
	return nil
}

// linkIndex is 0 if there is no such interface.
func linkIndex(name string) (uint32, error) {
	all, err := net.Interfaces()
	for _, i := range all {
		if i.Name == name {
			return uint32(i.Index), nil
		}
	}
	return 0, err
}

// dressing gives the interface its addresses, of which nobody else in there has any, and brings it up.
func dressing(t *Tunnel) string {
	var b strings.Builder
	for _, a := range t.Addresses {
		nodad := ""
		if a.Is6() {
			nodad = " nodad"
		}
		fmt.Fprintf(&b, "addr add %s dev %s%s\n", netip.PrefixFrom(a, a.BitLen()), Interface, nodad)
	}
	fmt.Fprintf(&b, "link set %s up mtu %d\n", Interface, t.MTU)
	return b.String()
}
