package netd

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Actions of a rule, and its attributes, by linux/fib_rules.h.
const (
	ruleToTable     = 1
	ruleUnreachable = 7

	ruleDst            = 1
	ruleIIF            = 3
	rulePriority       = 6
	ruleMark           = 10
	ruleSuppressPrefix = 14
	ruleTable          = 15
	ruleMask           = 16
	ruleProtocol       = 21
)

// policyRule is a routing rule of ours.
type policyRule struct {
	priority uint32
	four     bool
	table    uint32 // 0 = unreachable
	marked   bool   // only what our sockets send
	returned bool   // only what comes out of the tunnel
	to       netip.Prefix
	narrow   bool // not by the default route of table
}

// policyRules are those that stand while there is a tunnel. In order: what our sockets send takes the main table or
// no way at all, or it would go into the tunnel that it carries; what comes out of the tunnel finds the containers
// that it is for; the tunnel's resolvers, whatever the local network's addresses; the local network, if it is shared,
// by the routes to it but not by the default route; everything else through the tunnel. More precise routes of the main
// table that somebody on the local network has announced (TunnelVision) are not asked.
func policyRules(lan bool, resolvers []netip.Addr) []policyRule {
	var all []policyRule
	for _, four := range []bool{true, false} {
		all = append(all,
			policyRule{priority: firstRule, four: four, table: unix.RT_TABLE_MAIN, marked: true},
			policyRule{priority: firstRule + 1, four: four, marked: true},
			policyRule{priority: firstRule + 2, four: four, table: unix.RT_TABLE_MAIN, returned: true},
			policyRule{priority: firstRule + 5, four: four, table: routeTable})
		ranges := lan6
		if four {
			ranges = lan4
		}
		if lan {
			for _, text := range ranges {
				all = append(all, policyRule{priority: firstRule + 4, four: four, table: unix.RT_TABLE_MAIN, to: netip.MustParsePrefix(text), narrow: true})
			}
		}
	}
	for _, a := range resolvers {
		all = append(all, policyRule{priority: firstRule + 3, four: a.Is4(), table: routeTable, to: netip.PrefixFrom(a, a.BitLen())})
	}
	return all
}

// everyRule describes all that policyRules may ever have given. A description without a destination fits all.
func everyRule() []policyRule {
	return append(policyRules(true, nil), policyRule{priority: firstRule + 3, four: true, table: routeTable}, policyRule{priority: firstRule + 3, table: routeTable})
}

func (r *policyRule) message() message {
	action := byte(ruleToTable)
	if r.table == 0 {
		action = ruleUnreachable
	}
	bits := byte(0)
	if r.to.IsValid() {
		bits = byte(r.to.Bits())
	}
	m := newMessage(familyOf(r.four), bits, 0, 0, 0, 0, 0, action)
	m = message(binary.NativeEndian.AppendUint32(m, 0)) // flags
	m = m.attr32(rulePriority, r.priority).attr(ruleProtocol, protocol)
	if r.table != 0 {
		m = m.attr32(ruleTable, r.table)
	}
	if r.marked {
		m = m.attr32(ruleMark, mark).attr32(ruleMask, markMask)
	}
	if r.returned {
		m = m.attr(ruleIIF, append([]byte(Interface), 0)...)
	}
	if r.to.IsValid() {
		m = m.attr(ruleDst, r.to.Addr().AsSlice()...)
	}
	if r.narrow {
		m = m.attr32(ruleSuppressPrefix, 0)
	}
	return m
}

// routeAll sends everything through the interface; families that the tunnel lacks go nowhere. What stood before is
// replaced. Between the steps the firewall is in place already.
func routeAll(index uint32, t *Tunnel, lan bool) error {
	if err := unroute(); err != nil {
		return err
	}
	for _, four := range []bool{true, false} {
		by := uint32(0)
		if addressOf(t.Addresses, four).IsValid() {
			by = index
		}
		if err := addDefaultRoute(four, by); err != nil && (four || !lacksIPv6(err)) {
			return step("add the route into the tunnel", err)
		}
	}
	for _, r := range policyRules(lan, t.Resolvers) {
		if err := ask(unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, r.message()); err != nil && (r.four || !lacksIPv6(err)) {
			return step("add a routing rule", err)
		}
	}
	return nil
}

// lacksIPv6 is what a kernel without IPv6 answers: then there is nothing to route.
func lacksIPv6(err error) bool {
	return errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP)
}

// unroute takes away every rule and route of ours, from before a crash too.
func unroute() error {
	for _, r := range everyRule() {
		for {
			err := ask(unix.RTM_DELRULE, 0, r.message())
			if errors.Is(err, unix.ENOENT) || !r.four && err != nil && lacksIPv6(err) {
				break
			}
			if err != nil {
				return step("delete a routing rule", err)
			}
		}
	}
	for _, four := range []bool{true, false} {
		if err := flushDefaultRoutes(four); err != nil && (four || !lacksIPv6(err)) {
			return step("delete the route into the tunnel", err)
		}
	}
	return nil
}
