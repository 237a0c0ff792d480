package wgnet

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/tun"
)

// NewInterfaceDevice starts WireGuard with cfg between bind and an interface of the system that a helper with
// privileges has made, with its addresses and its MTU: file is that of /dev/net/tun. It takes file and bind over and
// closes them, also when it fails. Endpoints are pinned, since the firewall around the interface knows only them. It
// needs no privileges.
func NewInterfaceDevice(file *os.File, bind conn.Bind, cfg *Config, log LogFunc) (*Device, error) {
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0) // wireguard-go makes a file of its own of the number
	_ = file.Close()
	if err != nil {
		_ = bind.Close()
		return nil, fmt.Errorf("take the interface over: %w", err)
	}
	// CreateTUNFromFile would set the MTU, which needs a capability. If this fails wireguard-go has made an os.File of the
	// number all the same, which closes it when it is collected. Closing it here, too, could hit somebody else's file.
	t, name, err := tun.CreateUnmonitoredTUNFromFD(fd)
	if err != nil {
		_ = bind.Close()
		return nil, fmt.Errorf("take the interface over: %w", err)
	}
	mtu, err := t.MTU()
	if err != nil {
		_ = t.Close()
		_ = bind.Close()
		return nil, fmt.Errorf("read the interface's MTU: %w", err)
	}
	i := &hostInterface{Device: t}
	d, err := startDevice(i, mtu, bind, cfg, log)
	if err == nil {
		d.PinEndpoints()
		d.name, d.packets, d.seen = name, &i.packets, &i.seen
	}
	return d, err
}

// hostInterface is wireguard-go's interface of the system, but for two things. It counts what programs send:
// WireGuard's own counters have its keepalives in them, and lets somebody look at it. And it lends its own buffers to what joins received packets:
// that is done inside the first one's, 64 KiB large, and with those of WireGuard, which come from a pool of any size,
// every buffer of the pool would be filled and kept in memory sooner or later.
type hostInterface struct {
	tun.Device
	packets atomic.Uint64
	seen    atomic.Pointer[func(packet []byte)]

	mu    sync.Mutex
	lent  [][]byte // in the order of a batch; made when they are needed
	batch [][]byte
}

func (h *hostInterface) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	n, err := h.Device.Read(bufs, sizes, offset)
	if n > 0 {
		h.packets.Add(uint64(n))
		if see := h.seen.Load(); see != nil {
			for i := range n {
				(*see)(bufs[i][offset : offset+sizes[i]])
			}
		}
	}
	return n, err
}

func (h *hostInterface) Write(bufs [][]byte, offset int) (int, error) {
	if len(bufs) == 1 { // nothing to join it with
		return h.Device.Write(bufs, offset)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.batch = h.batch[:0]
	for i, b := range bufs {
		if i == len(h.lent) {
			h.lent = append(h.lent, make([]byte, offset+blockSize))
		}
		if len(b) > len(h.lent[i]) {
			return 0, fmt.Errorf("write to the interface: a packet of %d bytes", len(b)-offset)
		}
		h.batch = append(h.batch, h.lent[i][:copy(h.lent[i], b)])
	}
	return h.Device.Write(h.batch, offset)
}
