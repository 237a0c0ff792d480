// Package netd is the root helper mysteriumvpn-netd: it alone touches the device's network, so that the app needs no
// privileges. It makes the tunnel's interface, addresses, routes and rules, sets DNS, and keeps the nftables rules that
// let nothing past the tunnel. WireGuard is not here: the app gets the interface's file and UDP sockets that are marked
// as the only ones that may send beside it.
//
// cmd/mysteriumvpn-netd runs a Server, or Boot, or ResetHere; programs talk to it through internal/netdclient.
//
// What may follow what is decided by State, which is plain data. The Server has one lane: every change runs there, one
// after the other, and is answered when the kernel has taken it.
package netd

import "fmt"

// Names and numbers that are ours in the kernel. Everything that carries one of them is taken away by Reset, and
// nothing else is.
const (
	Interface = "mysterium0"
	tableName = "mysteriumvpn" // of nftables, family inet and arp

	mark     = 0x2d000000 // of sockets that may send beside the tunnel; the lower bytes belong to others
	markMask = 0xff000000

	routeTable = 7727 // routing table with the way into the tunnel
	protocol   = 177  // rtnetlink's name for who made a route or rule
	firstRule  = 4900 // priority of our first rule: before those of other VPNs
)

// GroupName is the group whose members may talk to the helper wherever they are logged in.
const GroupName = "mysteriumvpn"

// NodeUser is the user that the Mysterium node runs as.
const NodeUser = "mysteriumvpn-node"

// SocketPath is where the helper listens when systemd starts it.
const SocketPath = "/run/mysteriumvpn/netd.sock"

// Paths says where things are. The zero value is not of use: take SystemPaths, or those of a test.
type Paths struct {
	Kept    string // folder that survives a reboot
	Run     string // folder that does not
	Resolv  string // resolv.conf
	Nft     string // the nft program
	IP      string // iproute2's ip
	Group   string // group(5)
	Passwd  string // passwd(5)
	Node    string // program that starts and stops the node, by the words start and stop
	Seat    string // what logind says of the seat: who sits there
	VMark   string // sysctl src_valid_mark
	TunNode string // /dev/net/tun

	Bus        string // D-Bus address of the system's bus
	Busctl     string // systemd's busctl
	Resolvconf string // the program
	Resolved   string // folder of what systemd-resolved writes
}

// SystemPaths are those of a Linux system.
func SystemPaths() Paths {
	return Paths{
		Kept: "/var/lib/mysteriumvpn-netd", Run: "/run/mysteriumvpn", Resolv: "/etc/resolv.conf", Nft: "/usr/sbin/nft", IP: "/sbin/ip",
		Group: "/etc/group", Passwd: "/etc/passwd", Node: "/usr/lib/mysteriumvpn/node",
		Seat: "/run/systemd/seats/seat0", VMark: "/proc/sys/net/ipv4/conf/all/src_valid_mark",
		TunNode: "/dev/net/tun",
		Bus:     "unix:path=/run/dbus/system_bus_socket", Busctl: "/usr/bin/busctl", Resolvconf: "/sbin/resolvconf", Resolved: "/run/systemd/resolve",
	}
}

// LogFunc takes one line for the journal. Addresses of resolvers and endpoints do not go there.
type LogFunc func(format string, args ...any)

// step names an effect in an error.
func step(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
