package wgnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun"
)

// Stats are counters of a Device since it was made, over all peers that it has now.
type Stats struct {
	BytesSent     uint64 // in WireGuard messages: payload, headers and handshakes
	BytesReceived uint64
	LastHandshake time.Time // of the peer with the newest one; zero = none yet
	MTU           int       // of packets inside the tunnel, in bytes
}

// Device is a WireGuard device between a Net and a bind. It runs from NewDevice to Close.
type Device struct {
	dev *device.Device
	key Key
	mtu atomic.Int64

	net  *Net           // what it runs on; nil = an interface of the system
	host *hostInterface // that interface; nil = it runs on a Net
	bind conn.Bind

	mu     sync.Mutex
	peers  map[Key]bool
	closed bool
}

// NewDevice starts WireGuard with cfg. It takes n and bind over and closes them, also when it fails.
func NewDevice(n *Net, bind conn.Bind, cfg *Config, log LogFunc) (*Device, error) {
	d, err := startDevice(n, n.opts.MTU, bind, cfg, false, log)
	if err == nil {
		d.net = n
	}
	return d, err
}

// startDevice takes t and bind over. pin has PinEndpoints hold from the first answer on.
func startDevice(t tun.Device, mtu int, bind conn.Bind, cfg *Config, pin bool, log LogFunc) (*Device, error) {
	d := &Device{key: cfg.PrivateKey, bind: bind, dev: device.NewDevice(t, bind, deviceLogger(log)), peers: make(map[Key]bool)}
	d.mtu.Store(int64(mtu))
	if pin {
		d.PinEndpoints()
	}
	for i := range cfg.Peers {
		d.peers[cfg.Peers[i].PublicKey] = true
	}
	if err := d.set(cfg.UAPI()); err != nil {
		d.Close()
		return nil, fmt.Errorf("configure WireGuard: %w", err)
	}
	if err := d.dev.Up(); err != nil {
		d.Close()
		return nil, fmt.Errorf("start WireGuard: %w", err)
	}
	return d, nil
}

// set applies configuration text. wireguard-go quotes it in errors, so keys are taken out of those.
func (d *Device) set(text string) error {
	err := d.dev.IpcSet(text)
	if err == nil {
		return nil
	}
	if hidden := hideKeys(err.Error()); hidden != err.Error() {
		return errors.New(hidden)
	}
	return err
}

// AddPeer adds p, or replaces what the peer with that key had. A prefix of p that another peer has moves to p.
func (d *Device) AddPeer(p Peer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	var b strings.Builder
	p.uapi(&b)
	if err := d.set(b.String()); err != nil {
		return fmt.Errorf("add peer: %w", err)
	}
	d.peers[p.PublicKey] = true
	return nil
}

// RemovePeer forgets the peer with that key; unknown is fine.
func (d *Device) RemovePeer(public Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	delete(d.peers, public)
	d.dev.RemovePeer(device.NoisePublicKey(public))
	return nil
}

// SetPeers makes peers the only ones. A peer that stays and keeps its settings still loses its session.
func (d *Device) SetPeers(peers []Peer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return net.ErrClosed
	}
	var b strings.Builder
	b.WriteString("replace_peers=true\n")
	now := make(map[Key]bool, len(peers))
	for i := range peers {
		peers[i].uapi(&b)
		now[peers[i].PublicKey] = true
	}
	if err := d.set(b.String()); err != nil {
		return fmt.Errorf("replace peers: %w", err)
	}
	d.peers = now
	return nil
}

// Packets is how many packets programs have sent into the interface of the system that the Device runs on; 0 if it
// runs on a Net, which counts for itself.
func (d *Device) Packets() uint64 {
	if d.host == nil {
		return 0
	}
	return d.host.packets.Load()
}

// SetMTU has the device carry packets of at most mtu bytes from now on. What programs send on connections that they opened
// before may be larger. That of an interface of the system is its helper's to change; this tells the Device of it.
func (d *Device) SetMTU(mtu int) {
	d.mtu.Store(int64(mtu))
	if d.net != nil {
		d.net.link.mtu.Store(uint32(mtu)) //nolint:gosec // in bytes, and no more than it was
	}
}

// Cut says who may cut WireGuard's datagrams where they are too large for the path. Linux only; elsewhere the system
// decides.
func (d *Device) Cut(by Cutter) {
	if b, ok := d.bind.(interface{ cut(by Cutter) }); ok {
		b.cut(by)
	}
}

// Echo sends one echo request of size bytes, with its IP header, through the tunnel from one of our addresses in it, and
// waits for the answer, which is as large. It ends with ctx. A size over the MTU is an error.
func (d *Device) Echo(ctx context.Context, from, to netip.Addr, size int) error {
	if size > int(d.mtu.Load()) {
		return fmt.Errorf("ask %s with %d bytes: the tunnel carries %d", to, size, d.mtu.Load())
	}
	if d.host != nil {
		return d.host.echo(ctx, from, to, size)
	}
	_, err := d.net.echo(ctx, to, size)
	return err
}

// Observe has see called with each IP packet that programs send into the interface of the system that the Device runs
// on, until stop. ok is false, and see never called, if it runs on a Net or somebody observes already. see runs on the
// goroutine that reads the interface: it must be quick, and the packet is its only while it runs.
func (d *Device) Observe(see func(packet []byte)) (stop func(), ok bool) {
	if d.host == nil || !d.host.seen.CompareAndSwap(nil, &see) {
		return func() {}, false
	}
	return func() { d.host.seen.CompareAndSwap(&see, nil) }, true
}

// Interface is the name of the interface of the system that the Device runs on; "" if it runs on a Net.
func (d *Device) Interface() string {
	if d.host == nil {
		return ""
	}
	return d.host.name
}

// PinEndpoints keeps every peer at the endpoint it was configured with, for the life of the device: without it a peer
// that answers from another address moves there, past a firewall that knows only the first.
func (d *Device) PinEndpoints() { d.dev.DisableSomeRoamingForBrokenMobileSemantics() }

// SendHandshake asks every peer with an endpoint for a new session now. WireGuard limits it to one in 5 s per peer.
func (d *Device) SendHandshake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	for key := range d.peers {
		if p := d.dev.LookupPeer(device.NoisePublicKey(key)); p != nil {
			_ = p.SendHandshakeInitiation(false) // wireguard-go logs it
		}
	}
}

// Announce sends every peer a keepalive under the session that there is, and asks for a new one as SendHandshake does:
// so each peer learns the address that we have now.
func (d *Device) Announce() {
	d.dev.SendKeepalivesToPeersWithCurrentKeypair()
	d.SendHandshake()
}

// Renew asks every peer for a new session now, though the last may have been asked for less than 5 s ago: nobody may have
// heard that. Until there is an answer nothing is sent under the old session; what still arrives under it is taken. A
// session that has only just begun stays: a peer refuses to begin two within 20 ms.
func (d *Device) Renew() error {
	d.mu.Lock()
	closed := d.closed
	d.mu.Unlock()
	if closed {
		return net.ErrClosed
	}
	if age := time.Since(d.Stats().LastHandshake); age >= 0 && age < freshFor { // less than nothing: the clock went back
		return nil
	}
	// wireguard-go has no call for it, but forgets when it asked last when the device gets another private key.
	if err := d.set(fmt.Sprintf("private_key=%s\nprivate_key=%s\n", NewPrivateKey().hex(), d.key.hex())); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	d.SendHandshake()
	return nil
}

const freshFor = 50 * time.Millisecond

// Rebind opens new sockets on the same port and keeps the sessions: what to do when the host changes networks. After an
// error there are none, and it may be called again.
func (d *Device) Rebind() error {
	if err := d.dev.BindUpdate(); err != nil {
		return fmt.Errorf("reopen WireGuard socket: %w", err)
	}
	return nil
}

// Stats reads the counters; zero after Close.
func (d *Device) Stats() Stats {
	s := Stats{MTU: int(d.mtu.Load())}
	var sec, nsec int64
	d.read(func(key, value string) {
		switch key {
		case "tx_bytes":
			n, _ := strconv.ParseUint(value, 10, 64)
			s.BytesSent += n
		case "rx_bytes":
			n, _ := strconv.ParseUint(value, 10, 64)
			s.BytesReceived += n
		case "last_handshake_time_sec":
			sec, _ = strconv.ParseInt(value, 10, 64)
		case "last_handshake_time_nsec": // follows the seconds
			nsec, _ = strconv.ParseInt(value, 10, 64)
			if t := time.Unix(sec, nsec); sec != 0 && t.After(s.LastHandshake) {
				s.LastHandshake = t
			}
		}
	})
	return s
}

// ListenPort is the UDP port in use; 0 after Close.
func (d *Device) ListenPort() uint16 {
	var port uint64
	d.read(func(key, value string) {
		if key == "listen_port" {
			port, _ = strconv.ParseUint(value, 10, 16)
		}
	})
	return uint16(port)
}

// read goes through the device's state. It has the private key in it, so lines with keys go no further.
func (d *Device) read(line func(key, value string)) {
	d.mu.Lock()
	closed := d.closed
	d.mu.Unlock()
	if closed {
		return
	}
	var b bytes.Buffer
	if d.dev.IpcGetOperation(&b) != nil {
		return
	}
	for l := range bytes.Lines(b.Bytes()) {
		key, value, _ := bytes.Cut(bytes.TrimSuffix(l, []byte("\n")), []byte("="))
		if !bytes.HasSuffix(key, []byte("_key")) {
			line(string(key), string(value))
		}
	}
	clear(b.Bytes())
}

// Done is closed when the device has stopped, by Close or because its Net was closed.
func (d *Device) Done() <-chan struct{} { return d.dev.Wait() }

// Close stops the device and closes its Net and its bind; connections through them break.
func (d *Device) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.dev.Close()
	<-d.dev.Wait()
	if d.host != nil {
		giveBack()
	}
}

// giveBack returns the memory of a device that is gone to the system. WireGuard's pools are large, and buffers of one
// that are used for the next are cleared first, to their last byte: each device would leave the process larger. A pool
// outlives one collection.
func giveBack() {
	runtime.GC()
	debug.FreeOSMemory()
}
