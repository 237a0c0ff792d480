package wgnet

import (
	"fmt"
	"os"
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
	t, _, err := tun.CreateUnmonitoredTUNFromFD(fd)
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
	counted := &countedInterface{Device: t}
	d, err := startDevice(counted, mtu, bind, cfg, log)
	if err == nil {
		d.PinEndpoints()
		d.packets, d.seen = &counted.packets, &counted.seen
	}
	return d, err
}

// countedInterface counts what programs send: WireGuard's own counters have its keepalives in them. Somebody may look
// at it, too.
type countedInterface struct {
	tun.Device
	packets atomic.Uint64
	seen    atomic.Pointer[func(packet []byte)]
}

func (c *countedInterface) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	n, err := c.Device.Read(bufs, sizes, offset)
	if n > 0 {
		c.packets.Add(uint64(n))
		if see := c.seen.Load(); see != nil {
			for i := range n {
				(*see)(bufs[i][offset : offset+sizes[i]])
			}
		}
	}
	return n, err
}
