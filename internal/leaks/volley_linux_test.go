package leaks

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const (
	volleyTime = 5 * time.Millisecond // between two volleys: 200 Hz of each kind
	marked     = "storm"              // what the payload of a shot begins with; its kind and its number follow
	firstPort  = 10000                // TCP has no payload yet: its source port tells the number, …
	portRange  = 20000                // … until it comes round again
)

// sort is one of the nine kinds of traffic of the storm. Every second shot is bound to the interface, past all routes,
// where that can be; only the firewall holds those.
type sort struct {
	probe
	always bool // bound: the routes would choose the tunnel
	inBox  bool // sent by a container behind the client
}

func sorts() []sort {
	return []sort{
		{probe: udp("UDP", "203.0.113.9:9")},
		{probe: tcp("TCP", "203.0.113.9:80")},
		{probe: udp("UDP over IPv6", "[2001:db8:113::9]:9")},
		{probe: tcp("TCP over IPv6", "[2001:db8:113::9]:80")},
		{probe: udp("DNS of a neighbour", "192.168.77.9:53")},
		{probe: tcp("DNS over TLS", "203.0.113.9:853")},
		{probe: udp("multicast DNS", "224.0.0.251:5353"), always: true},
		{probe: raw("ping", "203.0.113.9", unix.IPPROTO_ICMP)},
		{probe: udp("UDP of a container", "203.0.113.9:9"), inBox: true},
	}
}

// shot is when one was sent: between two times, since nobody knows when between them the kernel took it.
type shot struct{ before, after time.Time }

// volleys are all shots of a storm. A socket is kept for each kind, as programs do, but TCP connects anew each time.
type volleys struct {
	list []sort
	port int // the client's interface

	mu    sync.Mutex
	shots [][]shot      // by kind and number
	fired int           // volleys of the client's
	next  chan struct{} // closed and replaced with each of them
	stop  func()
}

// newBox makes a container behind the client, which forwards for it.
func (w *world) newBox(t testing.TB) *space {
	t.Helper()
	box := newSpace(t)
	w.client.ip(t, "link add name vb type veth peer name eth0 netns "+itoa(box.tid), "link set vb up", "addr add 172.30.0.1/24 dev vb")
	box.ip(t, "link set lo up", "link set eth0 up", "addr add 172.30.0.2/24 dev eth0", "route add default via 172.30.0.1")
	w.client.sysctl(t, "net/ipv4/ip_forward", "1")
	return box
}

// fireAtWill begins a storm from the client and from box.
func (w *world) fireAtWill(t testing.TB, box *space) *volleys {
	t.Helper()
	v := &volleys{list: sorts(), port: w.clientPort, next: make(chan struct{})}
	v.shots = make([][]shot, len(v.list))
	end := make(chan struct{})
	var parts sync.WaitGroup
	for _, at := range []*space{w.client, box} {
		ns, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", at.tid))
		require.NoError(t, err)
		ready := make(chan error)
		parts.Go(func() {
			defer func() { _ = ns.Close() }()
			runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
			err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
			ready <- err
			v.fire(end, at == box)
		})
		require.NoError(t, <-ready)
	}
	v.stop = sync.OnceFunc(func() { close(end); parts.Wait() })
	t.Cleanup(v.stop)
	return v
}

// fire sends volley after volley from the namespace that its thread is in.
func (v *volleys) fire(end chan struct{}, inBox bool) {
	kept := map[[2]int]int{} // sockets, by kind and whether they are bound
	defer func() {
		for _, s := range kept {
			_ = unix.Close(s)
		}
	}()
	tick := time.NewTicker(volleyTime)
	defer tick.Stop()
	for n := uint32(0); ; n++ {
		select {
		case <-end:
			return
		case <-tick.C:
		}
		for kind := range v.list {
			s := &v.list[kind]
			if s.inBox != inBox {
				continue
			}
			bound := 0
			if s.always || !inBox && n%2 == 1 {
				bound = 1
			}
			one := shot{before: time.Now()}
			v.shoot(s, kind, n, bound, kept)
			one.after = time.Now()
			v.mu.Lock()
			v.shots[kind] = append(v.shots[kind], one)
			v.mu.Unlock()
		}
		if !inBox {
			v.mu.Lock()
			v.fired++
			close(v.next)
			v.next = make(chan struct{})
			v.mu.Unlock()
		}
	}
}

// shoot sends one. That the kernel refuses is what one hopes for.
func (v *volleys) shoot(s *sort, kind int, n uint32, bound int, kept map[[2]int]int) {
	fd, have := kept[[2]int{kind, bound}]
	if !have {
		family := unix.AF_INET
		if s.to.Addr().Is6() {
			family = unix.AF_INET6
		}
		var err error
		if fd, err = unix.Socket(family, s.kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, s.how); err != nil {
			return
		}
		if bound == 1 {
			_ = unix.BindToDevice(fd, "cl0")
		}
		if s.kind != unix.SOCK_STREAM {
			kept[[2]int{kind, bound}] = fd
		}
	}
	if s.kind == unix.SOCK_STREAM {
		port := netip.AddrPortFrom(netip.IPv4Unspecified(), firstPort+uint16(n%portRange))
		if s.to.Addr().Is6() {
			port = netip.AddrPortFrom(netip.IPv6Unspecified(), port.Port())
		}
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		if unix.Bind(fd, sockaddr(port)) == nil {
			_ = unix.Connect(fd, sockaddr(s.to))
		}
		_ = unix.Close(fd)
		return
	}
	mark := binary.BigEndian.AppendUint32(append([]byte(marked), byte(kind)), n)
	if s.how == unix.IPPROTO_ICMP {
		mark = echoRequest(mark)
	}
	_ = unix.Sendto(fd, mark, 0, sockaddr(s.to))
}

// echoRequest is one with data in it.
func echoRequest(data []byte) []byte {
	b := append([]byte{8, 0, 0, 0, 0, 1, 0, 1}, data...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(b[2:], ^uint16(sum+sum>>16))
	return b
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// more waits until so many more volleys were sent: the storm's own clock.
func (v *volleys) more(t testing.TB, n int) {
	t.Helper()
	v.mu.Lock()
	until := v.fired + n
	v.mu.Unlock()
	late := time.NewTimer(time.Duration(n)*volleyTime + patience)
	defer late.Stop()
	for {
		v.mu.Lock()
		fired, next := v.fired, v.next
		v.mu.Unlock()
		if fired >= until {
			return
		}
		select {
		case <-next:
		case <-late.C:
			require.Fail(t, "the storm stands still")
		}
	}
}

// whoseLocked finds the shot that a frame is; false = it is none.
func (v *volleys) whoseLocked(f *frame) (kind, n int, ok bool) {
	if f.proto == unix.IPPROTO_TCP {
		for kind := range v.list {
			s := &v.list[kind]
			if s.kind == unix.SOCK_STREAM && f.dst == s.to.Addr() && f.dport == s.to.Port() && f.sport >= firstPort && f.sport < firstPort+portRange {
				return kind, v.latestLocked(kind, int(f.sport-firstPort), f.at), true
			}
		}
		return 0, 0, false
	}
	data := string(f.payload)
	if f.proto == unix.IPPROTO_ICMP && f.dport == 8 && len(data) > 7 {
		data = data[7:]
	}
	mark, ok := strings.CutPrefix(data, marked)
	if !ok || len(mark) < 5 || int(mark[0]) >= len(v.list) {
		return 0, 0, false
	}
	return int(mark[0]), int(binary.BigEndian.Uint32([]byte(mark[1:]))), true
}

// latestLocked is the last shot with that remainder before a time.
func (v *volleys) latestLocked(kind, remainder int, before time.Time) int {
	n := remainder
	for n+portRange < len(v.shots[kind]) && v.shots[kind][n+portRange].before.Before(before) {
		n += portRange
	}
	return n
}
