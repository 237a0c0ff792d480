package supervisor

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// What a Config may hold at most. A node sends one or two of each.
const (
	maxAllowedIPs = 64
	maxDNS        = 8
	maxKeepalive  = math.MaxUint16
	maxMTU        = 9000
)

// Config is what the node sends with wg-up: one device with one peer. However it is printed or marshalled, its private
// key and the preshared one are left out; only Encode writes them.
type Config struct {
	Iface        string       // the name the node would like; "" = any
	Subnet       netip.Prefix // the tunnel's own address and how many bits of it the network has
	Subnet6      netip.Prefix // a second one, for IPv6; zero = none. Ours: the real node sends no such key and ignores it
	PrivateKey   wgnet.Key
	ListenPort   int          // UDP; 0 = any free port. For the real node: the port it has punched through the NAT
	MTU          int          // of packets in the tunnel; 0 = the usual. Ours, like Subnet6
	DNS          []netip.Addr // resolvers reached through the tunnel; may be empty
	DNSScriptDir string       // where upstream's supervisor finds a script; not used here
	Peer         Peer
	ReplacePeers bool // upstream's; here a new config always replaces the old
}

// Peer is the provider's end.
type Peer struct {
	PublicKey    wgnet.Key
	PresharedKey wgnet.Key // zero = none. Ours, like Config.Subnet6; as secret as the private key
	Endpoint     netip.AddrPort
	AllowedIPs   []netip.Prefix
	Keepalive    int // seconds; 0 = off
}

// wire is Config as it stands in JSON.
type wire struct {
	Iface        string   `json:"iface_name"`
	Subnet       string   `json:"subnet"`
	Subnet6      string   `json:"subnet6,omitempty"`
	PrivateKey   string   `json:"private_key"`
	ListenPort   int      `json:"listen_port"`
	MTU          int      `json:"mtu,omitempty"`
	DNS          []string `json:"dns"`
	DNSScriptDir string   `json:"dns_script_dir"`
	Peer         wirePeer `json:"peer"`
	ReplacePeers bool     `json:"replace_peers,omitempty"`
}

type wirePeer struct {
	PublicKey    string   `json:"public_key"`
	PresharedKey string   `json:"preshared_key,omitempty"`
	Endpoint     string   `json:"endpoint"`
	AllowedIPs   []string `json:"allowed_i_ps"` // sic
	Keepalive    int      `json:"keep_alive_period_seconds"`
}

func (c *Config) wire() wire {
	w := wire{
		Iface: c.Iface, Subnet: c.Subnet.String(), PrivateKey: c.PrivateKey.String(), ListenPort: c.ListenPort,
		DNS: make([]string, 0, len(c.DNS)), DNSScriptDir: c.DNSScriptDir, ReplacePeers: c.ReplacePeers, MTU: c.MTU,
		Peer: wirePeer{
			PublicKey: c.Peer.PublicKey.Base64(), Endpoint: c.Peer.Endpoint.String(), Keepalive: c.Peer.Keepalive,
			AllowedIPs: make([]string, 0, len(c.Peer.AllowedIPs)),
		},
	}
	if c.Subnet6.IsValid() {
		w.Subnet6 = c.Subnet6.String()
	}
	if !c.Peer.PresharedKey.Zero() {
		w.Peer.PresharedKey = c.Peer.PresharedKey.String()
	}
	for _, a := range c.DNS {
		w.DNS = append(w.DNS, a.String())
	}
	for _, p := range c.Peer.AllowedIPs {
		w.Peer.AllowedIPs = append(w.Peer.AllowedIPs, p.String())
	}
	return w
}

// MarshalJSON is for logs: the node's JSON with "(key)" for the private key and the preshared one. Encode is for the wire.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.wire()) }

// Format prints the JSON of MarshalJSON whatever the verb, so that no verb spells out the key's bytes.
func (c Config) Format(f fmt.State, _ rune) {
	b, err := json.Marshal(c)
	if err != nil {
		b = []byte("(config)")
	}
	_, _ = f.Write(b)
}

// Encode is the config as the value of wg-up's -config: base64 of JSON. It holds the keys: never log it. A
// config that Validate refuses is not encoded.
func (c *Config) Encode() (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	w := c.wire()
	w.PrivateKey = c.PrivateKey.Base64()
	if !c.Peer.PresharedKey.Zero() {
		w.Peer.PresharedKey = c.Peer.PresharedKey.Base64()
	}
	b, err := json.Marshal(w)
	if err != nil {
		return "", errors.New("encode config") // cannot happen; the cause is left out as it might hold the key
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

// DecodeConfig reads what Encode wrote, or a node, and validates it. Its errors name the field and hold no value of it.
func DecodeConfig(s string) (Config, error) {
	if len(s) > MaxLine {
		return Config{}, errLineTooLong
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return Config{}, errors.New("config is not base64")
	}
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		// json's own words may quote the value of the field.
		if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && bad.Field != "" {
			return Config{}, fmt.Errorf("config: %s has the wrong type or is out of range", bad.Field)
		}
		return Config{}, errors.New("config is not the JSON object it should be")
	}
	c, err := w.config()
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

func (w *wire) config() (Config, error) {
	c := Config{
		Iface: w.Iface, ListenPort: w.ListenPort, MTU: w.MTU, DNSScriptDir: w.DNSScriptDir, ReplacePeers: w.ReplacePeers,
		Peer: Peer{Keepalive: w.Peer.Keepalive},
	}
	var err error
	if c.Subnet, err = netip.ParsePrefix(w.Subnet); err != nil {
		return Config{}, errors.New("subnet is not an address with a prefix length")
	}
	if w.Subnet6 != "" {
		if c.Subnet6, err = netip.ParsePrefix(w.Subnet6); err != nil {
			return Config{}, errors.New("subnet6 is not an address with a prefix length")
		}
	}
	if c.PrivateKey, err = wgnet.ParseKey(w.PrivateKey); err != nil {
		return Config{}, fmt.Errorf("private_key: %w", err)
	}
	if c.Peer.PublicKey, err = wgnet.ParseKey(w.Peer.PublicKey); err != nil {
		return Config{}, fmt.Errorf("peer.public_key: %w", err)
	}
	if w.Peer.PresharedKey != "" {
		if c.Peer.PresharedKey, err = wgnet.ParseKey(w.Peer.PresharedKey); err != nil {
			return Config{}, fmt.Errorf("peer.preshared_key: %w", err)
		}
	}
	if c.Peer.Endpoint, err = netip.ParseAddrPort(w.Peer.Endpoint); err != nil {
		return Config{}, errors.New("peer.endpoint is not an address and a port")
	}
	c.Peer.Endpoint = netip.AddrPortFrom(c.Peer.Endpoint.Addr().Unmap(), c.Peer.Endpoint.Port())
	if len(w.DNS) > maxDNS || len(w.Peer.AllowedIPs) > maxAllowedIPs {
		return Config{}, fmt.Errorf("more than %d dns or %d peer.allowed_i_ps", maxDNS, maxAllowedIPs)
	}
	for _, s := range w.DNS {
		a, err := netip.ParseAddr(strings.TrimSpace(s))
		if err != nil {
			return Config{}, errors.New("dns holds something that is not an address")
		}
		c.DNS = append(c.DNS, a.Unmap())
	}
	for _, s := range w.Peer.AllowedIPs {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return Config{}, errors.New("peer.allowed_i_ps holds something that is not a prefix")
		}
		c.Peer.AllowedIPs = append(c.Peer.AllowedIPs, p)
	}
	return c, nil
}

// Validate says what no tunnel can be made of. The sentence names the field.
func (c *Config) Validate() error {
	if c.Iface != "" {
		if err := checkIface(c.Iface); err != nil {
			return fmt.Errorf("config: iface_name: %w", err)
		}
	}
	own := c.Subnet.Addr()
	public, err := c.PrivateKey.PublicKey()
	switch {
	case !c.Subnet.IsValid() || c.Subnet.Bits() == 0:
		return errors.New("config: subnet is missing or has no length")
	case own.IsUnspecified() || own.IsMulticast() || own.IsLoopback() || own.Is4In6():
		return errors.New("config: subnet holds no address that a tunnel can have")
	case c.Subnet6.IsValid() && !usable6(c.Subnet6):
		return errors.New("config: subnet6 holds no IPv6 address that a tunnel can have")
	case c.PrivateKey.Zero() || err != nil:
		return errors.New("config: private_key is missing")
	case c.Peer.PublicKey.Zero():
		return errors.New("config: peer.public_key is missing")
	case c.Peer.PublicKey == public:
		return errors.New("config: peer.public_key is the key of this very end")
	case c.ListenPort < 0 || c.ListenPort > math.MaxUint16:
		return errors.New("config: listen_port is not between 0 and 65535")
	case c.MTU != 0 && (c.MTU < 576 || c.MTU > maxMTU):
		return fmt.Errorf("config: mtu is not between 576 and %d", maxMTU)
	case c.Peer.Keepalive < 0 || c.Peer.Keepalive > maxKeepalive:
		return fmt.Errorf("config: peer.keep_alive_period_seconds is not between 0 and %d", maxKeepalive)
	case len(c.DNS) > maxDNS:
		return fmt.Errorf("config: more than %d dns", maxDNS)
	case len(c.Peer.AllowedIPs) == 0:
		return errors.New("config: peer.allowed_i_ps is empty, so nothing could pass")
	case len(c.Peer.AllowedIPs) > maxAllowedIPs:
		return fmt.Errorf("config: more than %d peer.allowed_i_ps", maxAllowedIPs)
	case len(c.DNSScriptDir) > 4096:
		return errors.New("config: dns_script_dir is longer than a path can be")
	}
	if err := checkEndpoint(c.Peer.Endpoint); err != nil {
		return err
	}
	for _, a := range c.DNS {
		if !a.IsValid() || a.Zone() != "" || a.Is4In6() || a.IsUnspecified() || a.IsMulticast() {
			return errors.New("config: dns holds an address that no resolver can have")
		}
	}
	for _, p := range c.Peer.AllowedIPs {
		if !p.IsValid() || p.Addr().Is4In6() {
			return errors.New("config: peer.allowed_i_ps holds something that is not a plain prefix")
		}
	}
	return nil
}

func checkEndpoint(e netip.AddrPort) error {
	a := e.Addr()
	switch {
	case !e.IsValid() || e.Port() == 0:
		return errors.New("config: peer.endpoint has no address or port 0")
	case a.Zone() != "": // and a zone may hold any text, which must not reach the device's configuration
		return errors.New("config: peer.endpoint has a zone")
	case a.IsUnspecified() || a.IsMulticast() || a.Is4In6() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return errors.New("config: peer.endpoint is no address that a peer can have")
	}
	return nil
}

// WireGuard validates the config and gives it in WireGuard's terms.
func (c *Config) WireGuard() (wgnet.Config, error) {
	if err := c.Validate(); err != nil {
		return wgnet.Config{}, err
	}
	out := wgnet.Config{
		PrivateKey: c.PrivateKey,
		Addresses:  c.addresses(),
		ListenPort: uint16(c.ListenPort),
		MTU:        c.MTU,
		DNS:        append([]netip.Addr(nil), c.DNS...),
		Peers: []wgnet.Peer{{
			PublicKey: c.Peer.PublicKey, PresharedKey: c.Peer.PresharedKey, Endpoint: c.Peer.Endpoint, Keepalive: c.Peer.Keepalive,
		}},
	}
	for _, p := range c.Peer.AllowedIPs {
		out.Peers[0].AllowedIPs = append(out.Peers[0].AllowedIPs, p.Masked())
	}
	return out, nil
}

func (c *Config) addresses() []netip.Prefix {
	if c.Subnet6.IsValid() {
		return []netip.Prefix{c.Subnet, c.Subnet6}
	}
	return []netip.Prefix{c.Subnet}
}

func usable6(p netip.Prefix) bool {
	a := p.Addr()
	return a.Is6() && !a.Is4In6() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && p.Bits() > 0
}
