package supervisor

import (
	"net/netip"
	"os"
)

func defaultGateway() (netip.Addr, bool) {
	b, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return netip.Addr{}, false
	}
	return parseRoutes(string(b))
}
