package probes

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNobodyRealIsProbed: destinations are of documentation, or of the link's own multicast.
func TestNobodyRealIsProbed(t *testing.T) {
	docs := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	for _, k := range Kinds() {
		for i, six := range []bool{false, true} {
			a := target(k, six).Addr()
			assert.Equal(t, six, a.Is6())
			if k == MDNS {
				assert.True(t, a.IsLinkLocalMulticast(), a)
				continue
			}
			assert.True(t, docs[i].Contains(a), a)
		}
	}
}

// TestProbesCarryTheirToken, where they carry anything; a name has it as a name.
func TestProbesCarryTheirToken(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range []Kind{UDP, QUIC, DNS, MDNS, Ping} {
		token := newToken()
		require.Len(t, token, 2*tokenBytes)
		assert.False(t, seen[string(token)])
		seen[string(token)] = true
		m := mark{token: token}
		for _, six := range []bool{false, true} {
			p := payload(k, six, token)
			assert.True(t, m.in(p), k)
			assert.LessOrEqual(t, len(p), 1200)
			p[len(p)-len(p)/2] ^= 1
		}
		assert.False(t, m.in([]byte("another")))
	}
}

// TestAConnectionIsKnownByItsPorts: its first packet carries nothing.
func TestAConnectionIsKnownByItsPorts(t *testing.T) {
	for _, to := range []string{"192.0.2.1:853", "[2001:db8::1]:853"} {
		m := mark{from: 40000, to: netip.MustParseAddrPort(to)}
		p := syn(m.to, 40000)
		assert.True(t, m.in(p), to)
		for n := range p {
			_ = m.in(p[:n])
		}
		assert.False(t, m.in(syn(m.to, 40001)), to)
		assert.False(t, m.in(syn(netip.AddrPortFrom(m.to.Addr(), 852), 40000)), to)
		assert.False(t, m.in(syn(netip.AddrPortFrom(m.to.Addr().Next(), 853), 40000)), to)
	}
	assert.Nil(t, RefusalOf("none"))
	assert.Equal(t, error(ErrOpen), RefusalOf("test_open"))
}

// syn is the first packet of a connection.
func syn(to netip.AddrPort, from uint16) []byte {
	tcp := make([]byte, minTCP)
	binary.BigEndian.PutUint16(tcp, from)
	binary.BigEndian.PutUint16(tcp[2:], to.Port())
	if to.Addr().Is4() {
		head := make([]byte, 20)
		head[0], head[9] = 0x45, protoTCP
		copy(head[16:], to.Addr().AsSlice())
		return append(head, tcp...)
	}
	head := make([]byte, 40)
	head[0], head[6] = 0x60, protoTCP
	copy(head[24:], to.Addr().AsSlice())
	return append(head, tcp...)
}

// FuzzMark: no packet, however it is cut or made, makes the eye panic.
func FuzzMark(f *testing.F) {
	to := netip.MustParseAddrPort("192.0.2.1:80")
	f.Add(syn(to, 40000))
	f.Add(syn(netip.MustParseAddrPort("[2001:db8::1]:80"), 40000))
	f.Add([]byte{0x4f})
	f.Fuzz(func(_ *testing.T, packet []byte) {
		m := mark{from: 40000, to: to}
		_ = m.in(packet)
		m = mark{token: newToken()}
		_ = m.in(packet)
	})
}
