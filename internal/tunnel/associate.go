package tunnel

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	datagramMax     = 64 << 10
	datagramLookups = 16 // of names at the same time for one association; more datagrams to new names are dropped
)

var (
	errFragment = errors.New("a fragment")
	errShort    = errors.New("cut short")
)

// parseDatagram takes the header off a datagram of UDP ASSOCIATE (RFC 1928, section 7). data is part of b.
func parseDatagram(b []byte) (host string, port uint16, data []byte, err error) {
	if len(b) < 4 {
		return "", 0, nil, errShort
	}
	if b[2] != 0 {
		return "", 0, nil, errFragment // section 7: who does not put fragments together drops them
	}
	kind := b[3]
	b = b[4:]
	n := 0
	switch kind {
	case socksIPv4:
		n = 4
	case socksIPv6:
		n = 16
	case socksName:
		if len(b) == 0 {
			return "", 0, nil, errShort
		}
		n, b = int(b[0]), b[1:]
	default:
		return "", 0, nil, refuse(badAddressKind, "address kind %d is not known to SOCKS5", kind)
	}
	if len(b) < n+2 {
		return "", 0, nil, errShort
	}
	if kind == socksName {
		host = string(b[:n])
	} else {
		a, _ := netip.AddrFromSlice(b[:n])
		host = a.String()
	}
	return host, uint16(b[n])<<8 | uint16(b[n+1]), b[n+2:], nil
}

// association is one UDP ASSOCIATE: a local socket for the program and one socket in the tunnel for each family, all
// of which live exactly as long as the program's TCP connection and no longer than the link.
type association struct {
	link  *link
	local *net.UDPConn
	from  netip.Addr // only this machine may send
	fixed uint16     // and only from this port, if not 0

	mu      sync.Mutex
	client  netip.AddrPort // where answers go: the first sender that was allowed
	v4, v6  net.PacketConn // opened on first use
	closed  bool
	lookups int
	work    sync.WaitGroup // readers of v4 and v6, and lookups; Add under mu while !closed
}

// associate returns a *refusal if no reply was sent yet, and nil otherwise.
func (f *front) associate(c *conn, r *bufio.Reader, req socksRequest) error {
	l, err := f.current()
	if err != nil {
		return err
	}
	defer l.leave()
	tcp, peer := addrPortOf(c.LocalAddr()), addrPortOf(c.RemoteAddr())
	local, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(tcp.Addr(), 0)))
	if err != nil {
		return &refusal{text: "no local UDP socket", err: err}
	}
	a := &association{link: l, local: local, from: peer.Addr().Unmap(), fixed: req.port}
	defer a.close()
	if err := socksReply(c, 0, addrPortOf(local.LocalAddr())); err != nil {
		return nil
	}
	_ = c.SetDeadline(time.Time{})
	defer a.link.onEnd(func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	var sending sync.WaitGroup
	sending.Go(a.send)
	_, _ = io.Copy(io.Discard, r) // nothing more is said on it: its end is the end of the association
	_ = local.Close()
	sending.Wait()
	return nil
}

// close ends the sockets and waits for their readers.
func (a *association) close() {
	a.mu.Lock()
	a.closed = true
	v4, v6 := a.v4, a.v6
	a.mu.Unlock()
	_ = a.local.Close()
	for _, s := range []net.PacketConn{v4, v6} {
		if s != nil {
			_ = s.SetDeadline(time.Unix(1, 0))
		}
	}
	a.work.Wait()
	for _, s := range []net.PacketConn{v4, v6} {
		if s != nil {
			_ = s.Close()
		}
	}
}

// send carries datagrams from the program into the tunnel until the local socket closes.
func (a *association) send() {
	buf := bigBuffers.Get().(*[bigBuffer]byte)
	defer bigBuffers.Put(buf)
	for {
		n, src, err := a.local.ReadFromUDPAddrPort(buf[:])
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // Windows reports here that an earlier answer found no reader
		}
		if !a.allowed(netip.AddrPortFrom(src.Addr().Unmap(), src.Port())) {
			continue
		}
		host, port, data, err := parseDatagram(buf[:n])
		if err != nil {
			continue
		}
		to, err := newTarget(host, port)
		if err != nil {
			continue
		}
		if to.name == "" {
			a.sendTo(to, data)
		} else {
			a.sendToName(to, data)
		}
	}
}

// allowed reports whether src is the program; the first one that may be it is.
func (a *association) allowed(src netip.AddrPort) bool {
	if src.Addr() != a.from || a.fixed != 0 && src.Port() != a.fixed {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.client.IsValid() {
		a.client = src
	}
	return a.client == src
}

// sendTo sends to an address. UDP may lose what cannot be sent.
func (a *association) sendTo(to target, data []byte) {
	if checkAddr(to.addr) != nil || !a.link.reach.has(to.addr) {
		return
	}
	if s := a.socket(to.addr.Is6()); s != nil {
		_, _ = s.WriteTo(data, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to.addr, to.port)))
	}
}

// sendToName sends at once if the name is in the cache, and else looks it up beside the reading of other datagrams.
func (a *association) sendToName(to target, data []byte) {
	if addrs, ok := a.link.names.cached(to.name); ok {
		a.sendToFirst(addrs, to.port, data)
		return
	}
	a.mu.Lock()
	if a.closed || a.lookups == datagramLookups {
		a.mu.Unlock()
		return
	}
	a.lookups++
	a.work.Add(1)
	a.mu.Unlock()
	data = append([]byte(nil), data...)
	go func() {
		defer a.work.Done()
		ctx, cancel := a.link.until(a.link.ctx, dialTimeout)
		defer cancel()
		addrs, err := a.link.addresses(ctx, to)
		a.mu.Lock()
		a.lookups--
		a.mu.Unlock()
		if err == nil {
			a.sendToFirst(addrs, to.port, data)
		}
	}()
}

func (a *association) sendToFirst(addrs []netip.Addr, port uint16, data []byte) {
	for _, addr := range addrs {
		if checkAddr(addr) == nil && a.link.reach.has(addr) {
			a.sendTo(target{addr: addr, port: port}, data)
			return
		}
	}
}

// socket is the tunnel's side for one family; nil if it cannot be had.
func (a *association) socket(six bool) net.PacketConn {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, local := &a.v4, netip.IPv4Unspecified()
	if six {
		s, local = &a.v6, netip.IPv6Unspecified()
	}
	if *s != nil || a.closed {
		return *s
	}
	p, err := a.link.net.ListenUDP(netip.AddrPortFrom(local, 0))
	if err != nil {
		return nil
	}
	*s = p
	a.work.Go(func() { a.receive(p) })
	return p
}

// receive carries answers to the program until the socket's deadline is set to the past. As in RFC 1928, whoever
// knows the address may answer, so that programs which find peers by UDP work.
func (a *association) receive(s net.PacketConn) {
	const room = 3 + 1 + 16 + 2
	buf := make([]byte, room+datagramMax)
	head := make([]byte, 0, room)
	for {
		n, src, err := s.ReadFrom(buf[room:])
		if err != nil {
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() || a.link.ctx.Err() != nil || a.over() {
				return
			}
			continue // an ICMP error for something sent earlier
		}
		a.mu.Lock()
		client := a.client
		a.mu.Unlock()
		head = appendSocksAddr(append(head[:0], 0, 0, 0), addrPortOf(src))
		start := room - len(head)
		copy(buf[start:], head)
		_, _ = a.local.WriteToUDPAddrPort(buf[start:room+n], client)
	}
}

func (a *association) over() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}
