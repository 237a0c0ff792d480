package leaks

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// probe is one way to get something out of the client. It is sent without waiting for anything.
type probe struct {
	name string
	to   netip.AddrPort
	kind int    // of socket
	how  int    // protocol
	dev  string // bound to an interface
	mark int
	lan  bool // meant for the local network: passes if that is shared
	seen func(frame) bool
}

func udp(name, to string) probe {
	return probe{name: name, to: netip.MustParseAddrPort(to), kind: unix.SOCK_DGRAM}
}

func tcp(name, to string) probe {
	return probe{name: name, to: netip.MustParseAddrPort(to), kind: unix.SOCK_STREAM}
}
func (p probe) local() probe      { p.lan = true; return p }
func (p probe) on(d string) probe { p.name, p.dev = p.name+" by "+d, d; return p }

func raw(name, to string, proto int) probe {
	return probe{name: name, to: netip.AddrPortFrom(netip.MustParseAddr(to), 0), kind: unix.SOCK_RAW, how: proto}
}

// probes are all that a device might let slip.
func probes() []probe {
	list := []probe{
		udp("UDP", "203.0.113.9:9"), udp("UDP over IPv6", "[2001:db8:113::9]:9"),
		tcp("TCP", "203.0.113.9:80"), tcp("TCP over IPv6", "[2001:db8:113::9]:80"),
		raw("ping", "203.0.113.9", unix.IPPROTO_ICMP), raw("ping over IPv6", "2001:db8:113::9", unix.IPPROTO_ICMPV6),
		raw("GRE", "203.0.113.9", unix.IPPROTO_GRE), raw("SCTP", "203.0.113.9", unix.IPPROTO_SCTP),
		udp("DNS", "203.0.113.9:53"), udp("DNS over IPv6", "[2001:db8:113::9]:53"), tcp("DNS over TCP", "203.0.113.9:53"),
		udp("DNS of the router", "192.168.77.1:53"), udp("DNS of a neighbour", "192.168.77.9:53"), udp("DNS of a neighbour over IPv6", "[fe80::ff:fe00:7709%cl0]:53"),
		tcp("DNS over TCP of a neighbour", "192.168.77.9:53"),
		tcp("DNS over TLS", "203.0.113.9:853"), tcp("DNS over TLS of a neighbour", "192.168.77.9:853"),
		udp("QUIC", "203.0.113.9:443"),
		udp("multicast DNS", "224.0.0.251:5353"), udp("multicast DNS over IPv6", "[ff02::fb%cl0]:5353"),
		udp("SSDP", "239.255.255.250:1900").local(), udp("broadcast", "255.255.255.255:4444").local(),
		udp("multicast over IPv6", "[ff02::1%cl0]:4444").local(),
		udp("neighbour", "192.168.77.9:7").local(), tcp("neighbour by TCP", "192.168.77.9:7").local(),
		raw("ping to a neighbour", "192.168.77.9", unix.IPPROTO_ICMP).local(),
		udp("another private network", "10.1.2.3:7").local(),
		udp("neighbour over IPv6 by its public address", "[2001:db8:77::9]:7"),
		udp("neighbour over IPv6", "[fe80::ff:fe00:7709%cl0]:7").local(),
		udp("the very entry", entryA.String()), tcp("the very entry by TCP", entryA.String()), udp("the other entry", entryC.String()),
		raw("ping to the entry", "203.0.113.2", unix.IPPROTO_ICMP),
	}
	for _, p := range list {
		if strings.HasPrefix(p.to.String(), "203.0.113") || strings.HasPrefix(p.to.String(), "[2001:db8:113") {
			list = append(list, p.on("cl0"))
		}
	}
	for i := range list {
		list[i].seen = list[i].own
	}
	return list
}

// own tells that f is this probe's.
func (p probe) own(f frame) bool {
	proto := map[int]byte{unix.SOCK_DGRAM: unix.IPPROTO_UDP, unix.SOCK_STREAM: unix.IPPROTO_TCP, unix.SOCK_RAW: byte(p.how)}[p.kind]
	if f.dst != p.to.Addr().WithZone("") || f.proto != proto || p.kind != unix.SOCK_RAW && f.dport != p.to.Port() {
		return false
	}
	// What is of WireGuard is not the probe's, though it goes to the same port.
	return p.kind != unix.SOCK_DGRAM || strings.HasPrefix(string(f.payload), "probe ")
}

// send sends it from the client. That the kernel refuses is what one hopes for, so it is no error.
func (p probe) send(w *world) error {
	var err error
	w.client.in(func() { err = p.fire(w.clientPort) })
	return err
}

func (p probe) fire(port int) error {
	a := p.to.Addr()
	family, payload := unix.AF_INET, []byte("probe "+p.name)
	var to unix.Sockaddr
	if a.Is4() {
		to = &unix.SockaddrInet4{Port: int(p.to.Port()), Addr: a.As4()}
	} else {
		six := &unix.SockaddrInet6{Port: int(p.to.Port()), Addr: a.As16()}
		if a.Zone() != "" {
			six.ZoneId = uint32(port)
		}
		family, to = unix.AF_INET6, six
	}
	s, err := unix.Socket(family, p.kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, p.how)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(s) }()
	_ = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	dev := p.dev
	if a.IsMulticast() || a == netip.MustParseAddr("255.255.255.255") {
		dev = "cl0" // or the routes would choose the tunnel
	}
	if dev != "" {
		if err := unix.BindToDevice(s, dev); err != nil {
			return err
		}
	}
	if p.mark != 0 {
		if err := unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_MARK, p.mark); err != nil {
			return err
		}
	}
	if p.kind == unix.SOCK_STREAM {
		if err := unix.Connect(s, to); !errors.Is(err, unix.EINPROGRESS) {
			return err
		}
		return nil
	}
	if p.kind == unix.SOCK_RAW {
		payload = rawPayload(p.how)
	}
	return unix.Sendto(s, payload, 0, to)
}

// rawPayload is an echo request, or a few bytes that pass for another protocol's.
func rawPayload(proto int) []byte {
	b := make([]byte, 16)
	switch proto {
	case unix.IPPROTO_ICMP:
		b[0], b[4] = 8, 1
		var sum uint32
		for i := 0; i < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
		binary.BigEndian.PutUint16(b[2:], ^uint16(sum+sum>>16))
	case unix.IPPROTO_ICMPV6:
		b[0] = 128 // the kernel puts the sum in
	}
	return b
}

// fire sends every probe and gives the frames that have left the client meanwhile.
func (w *world) fire(t testing.TB, list []probe) []frame {
	t.Helper()
	from := w.seen.len()
	for _, p := range list {
		_ = p.send(w)
	}
	w.barrier(t)
	return w.seen.since(from)
}

// requireNothing sends every probe and requires that none leaves: only what is allowed to anybody, and WireGuard to
// entries.
func (w *world) requireNothing(t testing.TB, entries ...netip.AddrPort) {
	t.Helper()
	onlyAllowed(t, w.fire(t, probes()), entries...)
}

func onlyAllowed(t testing.TB, frames []frame, entries ...netip.AddrPort) {
	t.Helper()
	for _, f := range frames {
		require.True(t, f.innocent() || f.toEntry(entries...), "this has left the device: %s", f)
	}
}

// requireAll sends every probe and requires that each is seen: otherwise that others are not seen shows nothing.
func (w *world) requireAll(t testing.TB) {
	t.Helper()
	frames := w.fire(t, probes())
	for _, p := range probes() {
		assert.True(t, has(frames, p.seen), "%s was not seen on the wire", p.name)
	}
	require.False(t, t.Failed())
}

func has(frames []frame, f func(frame) bool) bool {
	for _, one := range frames {
		if f(one) {
			return true
		}
	}
	return false
}
