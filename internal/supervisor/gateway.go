package supervisor

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// parseRoutes finds the gateway of the default route with the lowest metric in the text of Linux's /proc/net/route.
func parseRoutes(text string) (netip.Addr, bool) {
	var found netip.Addr
	best := uint64(math.MaxUint64)
	for line := range strings.Lines(text) {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask …, addresses as the host's own 32-bit words in hex
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		word, err := hex.DecodeString(f[2])
		metric, err2 := strconv.ParseUint(f[6], 10, 32)
		if err != nil || err2 != nil || len(word) != 4 || metric >= best {
			continue
		}
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], binary.BigEndian.Uint32(word))
		if a := netip.AddrFrom4(b); !a.IsUnspecified() { // 0.0.0.0: the route leads into a link, not to a gateway
			found, best = a, metric
		}
	}
	return found, found.IsValid()
}
