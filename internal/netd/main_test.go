package netd

import (
	"net/netip"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	testEntry4 = netip.MustParseAddrPort("203.0.113.2:51820")
	testEntry6 = netip.MustParseAddrPort("[2001:db8:113::2]:51820")
	testInner4 = netip.MustParseAddr("10.88.0.2")
	testInner6 = netip.MustParseAddr("fd88::2")
)

// testNode is the user of the node.
const testNode = 990

// situations are the states that have a ruleset of their own.
func situations() map[string]State {
	begun := State{Held: true, Owner: 1000, Conn: 1, Endpoints: []netip.AddrPort{testEntry4, testEntry6}}
	connected, four := begun, begun
	connected.Tunnel = &Tunnel{Addresses: []netip.Addr{testInner4, testInner6}, MTU: 1420, Serial: 1}
	four.Endpoints = four.Endpoints[:1]
	four.Tunnel = &Tunnel{Addresses: []netip.Addr{testInner4}, MTU: 1420, Serial: 1}
	out := map[string]State{}
	for name, s := range map[string]State{"blocked": {Lockdown: true}, "connecting": begun, "connected": connected, "connected-four": four} {
		out[name] = s
		s.LAN = true
		out[name+"-lan"] = s
	}
	for _, name := range []string{"blocked", "connected-lan"} {
		s := out[name]
		s.Node, s.NodeConn = testNode, 7
		out[name+"-node"] = s
	}
	out["open"] = State{}
	return out
}
