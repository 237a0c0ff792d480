package uplink

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func attribute(kind uint16, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(unix.SizeofRtAttr+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
	return append(b, make([]byte, aligned(len(b))-len(b))...)
}

func u32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

func message(kind uint16, head []byte, attributes ...[]byte) []byte {
	body := head
	for _, a := range attributes {
		body = append(body, a...)
	}
	b := u32(uint32(unix.SizeofNlMsghdr + len(body)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), make([]byte, 10)...)
	return append(b, body...)
}

func linkMessage(index int, name string, flags, mtu uint32) []byte {
	head := append([]byte{0, 0, 1, 0}, append(append(u32(uint32(index)), u32(flags)...), 0, 0, 0, 0)...)
	return message(unix.RTM_NEWLINK, head, attribute(unix.IFLA_IFNAME, append([]byte(name), 0)), attribute(unix.IFLA_MTU, u32(mtu)))
}

func addressMessage(index int, a netip.Prefix, flags uint32, lifetime uint32) []byte {
	family := byte(unix.AF_INET)
	if a.Addr().Is6() {
		family = unix.AF_INET6
	}
	head := append([]byte{family, byte(a.Bits()), byte(flags), 0}, u32(uint32(index))...)
	return message(unix.RTM_NEWADDR, head, attribute(unix.IFA_ADDRESS, a.Addr().AsSlice()), attribute(unix.IFA_FLAGS, u32(flags)),
		attribute(unix.IFA_CACHEINFO, append(u32(lifetime), make([]byte, 12)...)))
}

func routeMessage(index int, gateway netip.Addr, table byte, flags uint32, expires uint32) []byte {
	family := byte(unix.AF_INET)
	if gateway.Is6() {
		family = unix.AF_INET6
	}
	head := append([]byte{family, 0, 0, 0, table, unix.RTPROT_RA, 0, unix.RTN_UNICAST}, u32(flags)...)
	return message(unix.RTM_NEWROUTE, head, attribute(unix.RTA_OIF, u32(uint32(index))), attribute(unix.RTA_GATEWAY, gateway.AsSlice()),
		attribute(unix.RTA_CACHEINFO, append(make([]byte, 8), u32(expires)...)))
}

var (
	router  = netip.MustParseAddr("192.0.2.1")
	router6 = netip.MustParseAddr("fe80::1")
)

// TestOnlyWhatMattersIsAChange goes through what a kernel says in an ordinary hour.
func TestOnlyWhatMattersIsAChange(t *testing.T) {
	const up = unix.IFF_UP | unix.IFF_RUNNING | unix.IFF_LOWER_UP
	v := view{own: "mysterium0", ignore: map[int]bool{}, links: map[int]map[string]string{}}
	says := func(b []byte) (c Change) {
		t.Helper()
		require.NoError(t, parse(b, func(f fact) { c.add(v.take(f)) }))
		return c
	}
	touched := Change{Links: []int{2}}
	home, home6 := netip.MustParsePrefix("192.0.2.7/24"), netip.MustParsePrefix("2001:db8::7/64")
	bridged := linkMessage(2, "eth0", 0, 1500)
	bridged[unix.SizeofNlMsghdr] = unix.AF_BRIDGE
	for _, s := range []struct {
		what string
		said []byte
		want Change
	}{
		{"a link", linkMessage(2, "eth0", up, 1500), touched},
		{"an address", addressMessage(2, home, 0, 100), touched},
		{"a route", routeMessage(2, router, unix.RT_TABLE_MAIN, 0, 0), touched},
		{"the same link", linkMessage(2, "eth0", up|unix.IFF_PROMISC, 1500), Change{}},
		{"a bridge about its port", bridged, Change{}},
		{"an address not yet usable", addressMessage(2, home6, unix.IFA_F_TENTATIVE, 100), touched},
		{"an address that became usable", addressMessage(2, home6, 0, 100), touched},
		{"its lifetime set anew", addressMessage(2, home6, 0, 200), Change{}},
		{"a link-local address", addressMessage(2, netip.MustParsePrefix("fe80::7/64"), 0, 100), Change{}},
		{"a router advertisement", routeMessage(2, router6, unix.RT_TABLE_MAIN, 0, 1000), touched},
		{"the next one", routeMessage(2, router6, unix.RT_TABLE_MAIN, 0, 2000), Change{}},
		{"a cached route", routeMessage(2, router, unix.RT_TABLE_MAIN, unix.RTM_F_CLONED, 0), Change{}},
		{"our own addresses' table", routeMessage(2, router, unix.RT_TABLE_LOCAL, 0, 0), Change{}},
		{"a neighbour", message(unix.RTM_NEWNEIGH, make([]byte, 12)), Change{}},
		{"the tunnel's interface", linkMessage(9, "mysterium0", up, 1420), Change{}},
		{"its address", addressMessage(9, netip.MustParsePrefix("10.9.0.2/32"), 0, 0), Change{}},
		{"its route", routeMessage(9, router, 100, 0, 0), Change{}},
		{"the loopback", linkMessage(1, "lo", up|unix.IFF_LOOPBACK, 65536), Change{}},
		{"another MTU", linkMessage(2, "eth0", up, 1400), touched},
		{"the carrier lost", linkMessage(2, "eth0", unix.IFF_UP, 1400), touched},
		{"the carrier back", linkMessage(2, "eth0", up, 1400), touched},
		{"the route that went with it, without a word", routeMessage(2, router, unix.RT_TABLE_MAIN, 0, 0), touched},
	} {
		assert.Equal(t, s.want, says(s.said), s.what)
	}
}

// TestCutMessagesAreErrors, and never read past their end.
func TestCutMessagesAreErrors(t *testing.T) {
	whole := routeMessage(2, router, unix.RT_TABLE_MAIN, 0, 0)
	for n := 1; n < len(whole); n++ {
		require.ErrorIs(t, parse(whole[:n:n], func(fact) {}), errMessage, "%d of %d bytes", n, len(whole))
	}
	require.NoError(t, parse(whole, func(fact) {}))
	require.ErrorIs(t, parse(message(unix.RTM_NEWADDR, []byte{2}), func(fact) {}), errMessage)
}

func FuzzMessages(f *testing.F) {
	f.Add(linkMessage(2, "eth0", unix.IFF_UP, 1500))
	f.Add(append(addressMessage(2, netip.MustParsePrefix("192.0.2.7/24"), 0, 9), addressMessage(2, netip.MustParsePrefix("2001:db8::7/64"), 0, 9)...))
	f.Add(routeMessage(2, router6, unix.RT_TABLE_MAIN, 0, 1000))
	f.Fuzz(func(t *testing.T, b []byte) {
		v := view{ignore: map[int]bool{}, links: map[int]map[string]string{}}
		var first []fact
		err := parse(b, func(f fact) { first = append(first, f); v.take(f) })
		if err != nil {
			return
		}
		for _, f := range first[max(0, len(first)-1):] { // whatever the last one said, it is no news twice
			if f.value != "" && v.take(f).Touches(f.link) {
				t.Fatalf("%+v is news twice", f)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	said := addressMessage(2, netip.MustParsePrefix("2001:db8::7/64"), 0, 9)
	v := view{ignore: map[int]bool{}, links: map[int]map[string]string{}}
	b.ReportAllocs()
	for b.Loop() {
		_ = parse(said, func(f fact) { v.take(f) })
	}
}
