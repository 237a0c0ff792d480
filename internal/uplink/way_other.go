//go:build !linux

package uplink

import (
	"net"
	"net/netip"
)

// To is the way of datagrams to an address. ErrNone says that there is none now. Marks are Linux's.
func To(to netip.Addr, _ uint32) (Way, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to.Unmap(), 9))) // sends nothing
	if err != nil {
		return Way{}, ErrNone
	}
	defer func() { _ = c.Close() }()
	w := Way{Source: c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()}
	links, err := net.Interfaces()
	if err != nil {
		return w, nil
	}
	for _, l := range links {
		list, _ := l.Addrs()
		for _, a := range list {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.Equal(w.Source.AsSlice()) {
				w.Link, w.Name, w.MTU = l.Index, l.Name, l.MTU
				return w, nil
			}
		}
	}
	return w, nil
}
