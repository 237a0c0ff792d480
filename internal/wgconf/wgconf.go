// Package wgconf reads and writes WireGuard configuration files in the syntax of wg-quick(8), as providers hand them
// out: one [Interface], one [Peer]. What it cannot use it reports by line, and it never runs anything: a file that
// would have commands run is refused.
//
// The folder of own servers reads with it, our node connects with what it read, and `mysteriumvpn exit` writes with it.
//
// Everything here is pure and may be called from any goroutine. No sentence of this package repeats a key, nor any
// value that could be one.
package wgconf

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// The bounds of a file.
const (
	MaxSize       = 64 << 10 // bytes
	maxAllowedIPs = 64       // what the supervisor's protocol carries
	maxDNS        = 8        // likewise
	maxProblems   = 30
)

// Config is what a file says that can be used. It holds the private key, which prints as "(key)".
type Config struct {
	PrivateKey wgnet.Key
	Addresses  []netip.Prefix // in the tunnel; at least one
	DNS        []netip.Addr   // asked through the tunnel; may be empty
	MTU        int            // of packets in the tunnel, in bytes; 0 = the file leaves it open
	Peer       Peer

	// From comments such as "# country: CH", which are ours; "" = the file does not say.
	Country string // ISO 3166-1 alpha-2, upper case
	City    string
}

// Peer is the server.
type Peer struct {
	PublicKey    wgnet.Key
	PresharedKey wgnet.Key // zero = none
	Endpoint     Endpoint
	AllowedIPs   []netip.Prefix // at least one
	Keepalive    int            // seconds, 0 = off
}

// Endpoint is where the server listens. A name is resolved by whoever connects, when it connects.
type Endpoint struct {
	Host string // an IP address, or a name
	Port uint16
}

// String is host:port, with brackets around IPv6.
func (e Endpoint) String() string {
	if strings.Contains(e.Host, ":") {
		return "[" + e.Host + "]:" + strconv.Itoa(int(e.Port))
	}
	return e.Host + ":" + strconv.Itoa(int(e.Port))
}

// Addr is the address, unless the host is a name.
func (e Endpoint) Addr() (netip.Addr, bool) {
	a, err := netip.ParseAddr(e.Host)
	return a, err == nil
}

// Encode is the configuration as a file, with the private key: never log it. Parse reads the same from it.
func (c *Config) Encode() []byte {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			b.WriteString(key + " = " + value + "\n")
		}
	}
	if c.Country != "" {
		b.WriteString("# country: " + c.Country + "\n")
	}
	if c.City != "" {
		b.WriteString("# city: " + c.City + "\n")
	}
	b.WriteString("[Interface]\n")
	line("PrivateKey", c.PrivateKey.Base64())
	line("Address", list(c.Addresses))
	line("DNS", list(c.DNS))
	if c.MTU != 0 {
		line("MTU", strconv.Itoa(c.MTU))
	}
	b.WriteString("\n[Peer]\n")
	line("PublicKey", c.Peer.PublicKey.Base64())
	if !c.Peer.PresharedKey.Zero() {
		line("PresharedKey", c.Peer.PresharedKey.Base64())
	}
	line("Endpoint", c.Peer.Endpoint.String())
	line("AllowedIPs", list(c.Peer.AllowedIPs))
	if c.Peer.Keepalive != 0 {
		line("PersistentKeepalive", strconv.Itoa(c.Peer.Keepalive))
	}
	return []byte(b.String())
}

func list[T interface{ String() string }](all []T) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = v.String()
	}
	return strings.Join(words, ", ")
}
