package wgnet

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// Key is a WireGuard key: Curve25519 private, public, or preshared. It prints as "(key)": private keys must never
// reach a log, so no key does.
type Key [32]byte

// String hides the key. Use Base64 where the key itself is meant.
func (Key) String() string { return "(key)" }

// Format hides the key from every verb: those for numbers would not ask String. %p alone does not come here.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(key)") }

// MarshalText hides the key from JSON and from loggers that take values apart.
func (Key) MarshalText() ([]byte, error) { return []byte("(key)"), nil }

// Base64 is the form that wg(8) and the node use.
func (k Key) Base64() string { return base64.StdEncoding.EncodeToString(k[:]) }

func (k Key) hex() string { return hex.EncodeToString(k[:]) }

// Zero reports whether the key is not set.
func (k Key) Zero() bool { return k == Key{} }

// ParseKey reads the base64 form. The error never repeats the text.
func ParseKey(s string) (Key, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != len(Key{}) {
		return Key{}, errors.New("a WireGuard key is 32 bytes in base64")
	}
	return Key(b), nil
}

// NewPrivateKey makes a private key from crypto/rand, clamped as Curve25519 asks.
func NewPrivateKey() Key {
	var k Key
	rand.Read(k[:]) // never fails, by its documentation
	k[0] &= 248
	k[31] = k[31]&127 | 64
	return k
}

// PublicKey is the public half of private key k.
func (k Key) PublicKey() (Key, error) {
	p, err := ecdh.X25519().NewPrivateKey(k[:])
	if err != nil {
		return Key{}, fmt.Errorf("derive public key: %w", err)
	}
	return Key(p.PublicKey().Bytes()), nil
}

// DefaultMTU is 1500 less IPv6 and UDP headers and WireGuard's own 32 bytes.
const DefaultMTU = 1420

// Config describes one device with one or more peers, in the terms of WireGuard's cross-platform configuration
// protocol (https://www.wireguard.com/xplatform/).
type Config struct {
	PrivateKey Key
	Addresses  []netip.Prefix // inside the tunnel; at least one
	ListenPort uint16         // 0 = any free port
	MTU        int            // 0 = DefaultMTU
	DNS        []netip.Addr   // resolvers reached through the tunnel; may be empty
	Peers      []Peer
}

// Peer is the other end.
type Peer struct {
	PublicKey    Key
	PresharedKey Key            // zero = none
	Endpoint     netip.AddrPort // zero = the peer speaks first
	AllowedIPs   []netip.Prefix
	Keepalive    int // seconds, 0 = off
}

// UAPI is the configuration as device.IpcSet takes it. It holds the private key: never log it.
func (c *Config) UAPI() string {
	var b strings.Builder
	fmt.Fprintf(&b, "private_key=%s\nlisten_port=%d\nreplace_peers=true\n", c.PrivateKey.hex(), c.ListenPort)
	for i := range c.Peers {
		c.Peers[i].uapi(&b)
	}
	return b.String()
}

func (p *Peer) uapi(b *strings.Builder) {
	// A zero preshared key is written too: on a peer that has one it means to drop it.
	fmt.Fprintf(b, "public_key=%s\npreshared_key=%s\n", p.PublicKey.hex(), p.PresharedKey.hex())
	if p.Endpoint.IsValid() {
		fmt.Fprintf(b, "endpoint=%s\n", p.Endpoint)
	}
	fmt.Fprintf(b, "persistent_keepalive_interval=%d\nreplace_allowed_ips=true\n", p.Keepalive)
	for _, a := range p.AllowedIPs {
		fmt.Fprintf(b, "allowed_ip=%s\n", a)
	}
}
