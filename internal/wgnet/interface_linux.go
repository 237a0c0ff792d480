package wgnet

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

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
	i := &hostInterface{Device: t, name: name}
	d, err := startDevice(i, mtu, bind, cfg, true, log)
	if err == nil {
		d.host = i
	}
	return d, err
}

// hostInterface is wireguard-go's interface of the system, but for three things. It counts what programs send:
// WireGuard's own counters have its keepalives in them, and lets somebody look at it. It lends its own buffers to what
// joins received packets: that is done inside the first one's, 64 KiB large, and with those of WireGuard, which come from
// a pool of any size, every buffer of the pool would be filled and kept in memory sooner or later. And it has echoes of our
// own put in beside what programs send.
type hostInterface struct {
	tun.Device
	name    string
	packets atomic.Uint64
	seen    atomic.Pointer[func(packet []byte)]
	echoes  echoes

	mu    sync.Mutex
	lent  [][]byte // in the order of a batch; made when they are needed
	batch [][]byte
}

// Read is part of tun.Device: our echoes first.
func (h *hostInterface) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	for {
		if n := h.echoes.take(bufs, sizes, offset); n > 0 {
			return n, nil
		}
		n, err := h.Device.Read(bufs, sizes, offset)
		if errors.Is(err, os.ErrDeadlineExceeded) { // an echo woke us
			_ = h.File().SetReadDeadline(time.Time{})
			continue
		}
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
}

// Write is part of tun.Device: answers to our echoes go no further.
func (h *hostInterface) Write(bufs [][]byte, offset int) (int, error) {
	rest := h.echoes.sift(bufs, offset)
	if len(rest) == 0 {
		return len(bufs), nil
	}
	_, err := h.write(rest, offset)
	return len(bufs), err
}

func (h *hostInterface) write(bufs [][]byte, offset int) (int, error) {
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
