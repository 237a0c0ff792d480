package nodeproc

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// listener is a listening TCP socket.
type listener struct {
	addr  netip.Addr
	port  uint16
	uid   int
	inode string
}

// parseListeners reads the listening sockets from the text of Linux's /proc/net/tcp or tcp6.
func parseListeners(text string) []listener {
	const listen = "0A"
	var out []listener
	for line := range strings.Lines(text) {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
		f := strings.Fields(line)
		if len(f) < 10 || f[3] != listen {
			continue
		}
		host, port, ok := strings.Cut(f[1], ":")
		addr, err := hex.DecodeString(host)
		n, err2 := strconv.ParseUint(port, 16, 16)
		uid, err3 := strconv.ParseUint(f[7], 10, 31)
		if !ok || err != nil || err2 != nil || err3 != nil || len(addr) != 4 && len(addr) != 16 {
			continue
		}
		for i := 0; i < len(addr); i += 4 { // each 32 bits stand in the host's own order
			binary.NativeEndian.PutUint32(addr[i:], binary.BigEndian.Uint32(addr[i:]))
		}
		a, _ := netip.AddrFromSlice(addr)
		out = append(out, listener{addr: a.Unmap(), port: uint16(n), uid: int(uid), inode: f[9]})
	}
	return out
}
