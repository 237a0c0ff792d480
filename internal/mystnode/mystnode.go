// Package mystnode knows the Mysterium node, a program that others make and the user installs: where it is found, which
// versions can be worked with, what it is started with, what its last words mean, and how a node without privileges is
// brought to our supervisor socket, though it dials one path only and that path is root's to make.
//
// cmd calls it before each start of the node, which nodeproc runs; core reads its errors.
//
// A Finder belongs to one goroutine. The other functions keep no state and may be called from any, but for Enter: it
// changes the process that calls it, and returns only if that failed.
package mystnode

import (
	"net"
	"net/netip"
	"path/filepath"
)

// Way is how traffic gets from the programs of the user to the provider.
type Way uint8

// The ways, the best first.
const (
	NoWay    Way = iota // not found out yet
	Isolated            // the node runs in a namespace where our socket lies at SocketPath: the tunnel is ours
	Shared              // we listen at SocketPath itself: the tunnel is ours
	Guarded             // the root helper runs the node, as a user that passes beside the tunnel: the tunnel is ours
	Carrying            // the node keeps the tunnel to itself and lets us in by a proxy
)

var wayNames = [...]string{"unknown", "isolated", "shared", "guarded", "carrying"}

// String is the way's name, for the log.
func (w Way) String() string {
	if int(w) < len(wayNames) {
		return wayNames[w]
	}
	return wayNames[NoWay]
}

// GuardedAPI is where the node that the root helper runs serves its API: its start says so, and it is no other's.
const GuardedAPI = "127.0.0.1:44050"

// Start is what a node is started for.
type Start struct {
	API  string // host:port at which it shall serve its API
	Home string // where it keeps all that is its own; "" = where a node does by itself, ~/.mysterium
	Way  Way
}

// Args are the arguments of the node's program.
func (s Start) Args() []string {
	host, port, err := net.SplitHostPort(s.API)
	if err != nil {
		host = s.API
	}
	args := []string{
		"--consumer", // nothing is offered to others, and nobody else's traffic leaves here
		"--ui.enable=false",
		"--discovery.type=api",
		"--local-service-discovery=false", // else it tells everybody in the local network that it is here
		"--log-level=info",                // beyond it the node writes down private keys
		"--tequilapi.address=" + host,
		"--tequilapi.port=" + port,
	}
	if s.Way == Carrying {
		args = append(args, "--proxymode", "--proxy.bind.address=127.0.0.1") // without the latter, on every address
	} else {
		args = append(args, "--usermode")
	}
	if s.Home != "" {
		args = append(args, "--data-dir="+s.Home, "--config-dir="+s.Home, "--log-dir="+filepath.Join(s.Home, "logs"),
			"--node-ui-dir="+filepath.Join(s.Home, "nodeui"))
	}
	return append(args, "daemon")
}

// ProxyAddress is where a node that carries the traffic itself lets us in.
func ProxyAddress(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}
