package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Append encodes r behind b. What is over the limits is refused when it is decoded, not here.
func (r *Request) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, Version)
	b = append(b, byte(r.Verb))
	switch r.Verb {
	case Begin, Endpoints:
		b = append(b, byte(len(r.Endpoints)))
		for _, e := range r.Endpoints {
			b = binary.BigEndian.AppendUint16(appendAddr(b, e.Addr()), e.Port())
		}
	case Tunnel:
		b = binary.BigEndian.AppendUint16(b, r.MTU)
		b = appendAddrs(appendAddrs(b, r.Addresses), r.Resolvers)
	case Resolvers:
		b = appendAddrs(b, r.Resolvers)
	case Lockdown, LAN:
		b = appendBool(b, r.On)
	case Socket:
		b = binary.BigEndian.AppendUint16(b, r.Port)
	case MTU:
		b = binary.BigEndian.AppendUint16(b, r.MTU)
	case Unknown, Status, Disconnect, Reset, Rules, Node:
	}
	return b
}

// ParseRequest decodes a packet. It must be used up to the last byte.
func ParseRequest(packet []byte) (Request, error) {
	d := decoder{rest: packet}
	d.version()
	r := Request{Verb: Verb(d.byte())}
	switch r.Verb {
	case Begin, Endpoints:
		for range d.count("endpoints", MaxEndpoints) {
			a := d.addr()
			r.Endpoints = append(r.Endpoints, netip.AddrPortFrom(a, d.uint16()))
		}
	case Tunnel:
		r.MTU = d.uint16()
		r.Addresses = d.addrs("addresses", MaxAddresses)
		r.Resolvers = d.addrs("resolvers", MaxResolvers)
	case Resolvers:
		r.Resolvers = d.addrs("resolvers", MaxResolvers)
	case Lockdown, LAN:
		r.On = d.bool()
	case Socket:
		r.Port = d.uint16()
	case MTU:
		r.MTU = d.uint16()
	case Status, Disconnect, Reset, Rules, Node:
	case Unknown:
		d.fail("no verb")
	default:
		d.fail(r.Verb.String())
	}
	if err := d.end(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Append encodes a behind b. Texts are cut to what fits.
func (a *Answer) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, Version)
	b = append(b, byte(a.Code), byte(a.Phase))
	for _, v := range []bool{a.Lockdown, a.LAN, a.Held, a.Yours, a.Ownerless, a.Exposed} {
		b = appendBool(b, v)
	}
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, a.Owner), a.Node)
	return appendText(appendText(appendText(b, a.Text, maxText), a.Notice, maxText), a.Rules, maxRules)
}

// ParseAnswer decodes a packet.
func ParseAnswer(packet []byte) (Answer, error) {
	d := decoder{rest: packet}
	d.version()
	a := Answer{Code: Code(d.byte()), Phase: Phase(d.byte())}
	for _, v := range []*bool{&a.Lockdown, &a.LAN, &a.Held, &a.Yours, &a.Ownerless, &a.Exposed} {
		*v = d.bool()
	}
	a.Owner, a.Node = d.uint32(), d.uint32()
	a.Text, a.Notice, a.Rules = d.text(maxText), d.text(maxText), d.text(maxRules)
	if a.Code < OK || a.Code > Failed || a.Phase > Connected {
		d.fail("unknown code or phase")
	}
	if err := d.end(); err != nil {
		return Answer{}, err
	}
	return a, nil
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendText(b []byte, s string, limit int) []byte {
	s = s[:min(len(s), limit)]
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// appendAddr writes the length of an address and its bytes; a mapped IPv4 address is the IPv4 address.
func appendAddr(b []byte, a netip.Addr) []byte {
	s := a.Unmap().AsSlice()
	return append(append(b, byte(len(s))), s...)
}

func appendAddrs(b []byte, list []netip.Addr) []byte {
	b = append(b, byte(len(list)))
	for _, a := range list {
		b = appendAddr(b, a)
	}
	return b
}

// decoder reads a packet and keeps the first thing that was wrong; after it everything reads as zero.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrMalformed, what)
	}
	d.rest = nil
}

func (d *decoder) take(n int) []byte {
	if len(d.rest) < n {
		d.fail("it ends too early")
		return make([]byte, n)
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint16() uint16 { return binary.BigEndian.Uint16(d.take(2)) }
func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.take(4)) }

func (d *decoder) version() {
	if v := d.uint16(); d.err == nil && v != Version {
		d.fail(fmt.Sprintf("version %d; this program speaks %d, so install both from one package", v, Version))
	}
}

func (d *decoder) bool() bool {
	v := d.byte()
	if v > 1 {
		d.fail("a switch is 0 or 1")
	}
	return v == 1
}

func (d *decoder) count(of string, limit int) int {
	n := int(d.byte())
	if n > limit {
		d.fail(fmt.Sprintf("%d %s; at most %d", n, of, limit))
		return 0
	}
	return n
}

func (d *decoder) addr() netip.Addr {
	n := int(d.byte())
	if n != 4 && n != 16 {
		d.fail("an address has 4 or 16 bytes")
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(d.take(n))
	return a.Unmap()
}

func (d *decoder) addrs(of string, limit int) []netip.Addr {
	var list []netip.Addr
	for range d.count(of, limit) {
		list = append(list, d.addr())
	}
	return list
}

func (d *decoder) text(limit int) string {
	n := int(d.uint16())
	if n > limit {
		d.fail("a text is too long")
		return ""
	}
	return string(d.take(n))
}

func (d *decoder) end() error {
	if d.err == nil && len(d.rest) > 0 {
		d.fail("bytes are left over")
	}
	return d.err
}
