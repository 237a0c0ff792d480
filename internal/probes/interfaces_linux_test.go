package probes

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestWhatLeadsFurthestIsTriedFirst: interfaces with a default route, of whatever table, and of two that share one; then
// those with an address; and how many there are besides is told.
func TestWhatLeadsFurthestIsTriedFirst(t *testing.T) {
	if !alone(t) {
		return
	}
	var script strings.Builder
	script.WriteString("set -e\nip link set lo up\n")
	for i := range 30 {
		fmt.Fprintf(&script, "ip link add d%[1]d type veth peer name p%[1]d; ip link set p%[1]d addrgenmode none; ip link set p%[1]d up; ip link set d%[1]d up\n", i)
		if i >= 5 {
			fmt.Fprintf(&script, "ip addr add 192.168.%d.2/24 dev d%d\n", i, i)
		}
	}
	script.WriteString(`ip route add default via 192.168.25.1
ip route add default via 192.168.26.1 table 500
ip -6 route add default via fe80::1 dev d3
ip route add default metric 9 nexthop via 192.168.28.1 nexthop via 192.168.29.1
ip route add unreachable default table 501
ip route add 198.51.100.0/24 via 192.168.24.1
`)
	run(t, "sh", "-c", script.String())
	names, left, err := outside()
	require.NoError(t, err)
	assert.Equal(t, []string{"d3", "d25", "d26", "d28", "d29", "d5", "d6", "d7", "d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15"}, names)
	assert.Equal(t, 14, left, "25 with an address, and five with one of the link alone, of which 16 are tried")

	(&computer{t: t}).rules("blocked")
	r, err := Run(t.Context(), Options{Rules: listed, Observe: blind})
	require.NoError(t, err)
	assert.Equal(t, 14, r.LeftOut)
}

// FuzzDefaults: no answer of the kernel, however it is cut, makes it panic.
func FuzzDefaults(f *testing.F) {
	table, err := syscall.NetlinkRIB(syscall.RTM_GETROUTE, unix.AF_UNSPEC)
	if err == nil {
		f.Add(table)
		assert.NotContains(f, defaults(table), 0, "no interface has that")
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, table []byte) {
		assert.LessOrEqual(t, len(defaults(table)), len(table))
		if len(table) > 40 {
			_ = defaults(table[:len(table)/2])
		}
	})
}
