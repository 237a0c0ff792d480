//go:build !linux

package supervisor

import "net/netip"

// defaultGateway is not needed to be right, see Server.gateway; so other systems' route tables are not read.
func defaultGateway() (netip.Addr, bool) { return netip.Addr{}, false }
