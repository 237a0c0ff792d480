package probes

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
)

// tokenBytes are random, so that nothing else has them by chance. In a name they are letters and digits.
const tokenBytes = 16

func newToken() []byte {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // never fails
	return hex.AppendEncode(nil, b)
}

// Where probes go: addresses of documentation, which nobody has.
var (
	nobody4 = netip.MustParseAddr("192.0.2.1")
	nobody6 = netip.MustParseAddr("2001:db8::1")
	mdns4   = netip.MustParseAddr("224.0.0.251")
	mdns6   = netip.MustParseAddr("ff02::fb")
)

// target is where a probe of a kind goes.
func target(k Kind, six bool) netip.AddrPort {
	a := nobody4
	if six {
		a = nobody6
	}
	switch k {
	case TCP:
		return netip.AddrPortFrom(a, 80)
	case QUIC:
		return netip.AddrPortFrom(a, 443)
	case DNS, DNSTCP:
		return netip.AddrPortFrom(a, 53)
	case DoT:
		return netip.AddrPortFrom(a, 853)
	case MDNS:
		a = mdns4
		if six {
			a = mdns6
		}
		return netip.AddrPortFrom(a, 5353)
	case Ping:
		return netip.AddrPortFrom(a, 0)
	case UDP:
	}
	return netip.AddrPortFrom(a, 33434) // where traceroute's go
}

// payload is what a datagram of a kind carries, with token in it.
func payload(k Kind, six bool, token []byte) []byte {
	switch k {
	case DNS:
		return question(token, "invalid")
	case MDNS:
		return question(token, "local")
	case QUIC: // the first bytes of a long header, of a version that asks for negotiation
		b := append([]byte{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, byte(len(token))}, token...)
		return append(b, make([]byte, 1200-len(b))...)
	case Ping:
		kind := byte(8) // echo request
		if six {
			kind = 128
		}
		return append([]byte{kind, 0, 0, 0, 0, 0, 0, 1}, token...) // the kernel puts in checksum and identifier
	case UDP, TCP, DNSTCP, DoT:
	}
	return token
}

// question asks DNS for the address of token in a domain that nobody has.
func question(token []byte, domain string) []byte {
	b := []byte{token[0], token[1], 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	b = append(append(b, byte(len(token))), token...)
	b = append(append(b, byte(len(domain))), domain...)
	return append(b, 0, 0, 1, 0, 1)
}
