package netd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketBuffer is what WireGuard asks for; above the system's limits, so only root can set it.
const socketBuffer = 7 << 20

// makeTUN makes our interface, up and with its addresses. It lasts as long as the file, which is the caller's, is open
// somewhere. One that is there already is left from a program that holds its file still; it goes.
func makeTUN(p Paths, t *Tunnel) (*os.File, uint32, error) {
	if err := removeTUN(p.IP); err != nil {
		return nil, 0, err
	}
	fd, err := unix.Open(p.TunNode, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, 0, step("open "+p.TunNode, err)
	}
	f := os.NewFile(uintptr(fd), Interface)
	index, err := dressTUN(fd, p.IP, t)
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, index, nil
}

func dressTUN(fd int, ip string, t *Tunnel) (uint32, error) {
	req, err := unix.NewIfreq(Interface)
	if err != nil {
		return 0, err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return 0, step("make the interface", err)
	}
	if _, err := output(ip, dressing(t), "-batch", "-"); err != nil {
		return 0, step("bring the interface up", err)
	}
	index, err := linkIndex(Interface)
	return index, step("find the interface", err)
}

func removeTUN(ip string) error {
	index, err := linkIndex(Interface)
	if err != nil || index == 0 {
		return step("look for the interface", err)
	}
	_, err = output(ip, "", "link", "del", Interface)
	if index, _ = linkIndex(Interface); index == 0 { // it went by itself meanwhile
		return nil
	}
	return step("delete the interface", err)
}

// makeSocket opens a UDP socket of both families, or of IPv4 where there is no IPv6, that carries our mark. Who gets
// it can neither take the mark off nor put it on another one without being root.
func makeSocket(port uint16) (*os.File, error) {
	lc := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) error {
		var set error
		err := rc.Control(func(fd uintptr) {
			s := int(fd)
			_ = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBuffer)
			_ = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, socketBuffer)
			set = unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_MARK, mark)
		})
		return errors.Join(err, set)
	}}
	c, err := lc.ListenPacket(context.Background(), "udp", fmt.Sprintf(":%d", port))
	if err != nil {
		return nil, step("open a socket", err)
	}
	defer func() { _ = c.Close() }()
	f, err := c.(*net.UDPConn).File()
	return f, step("open a socket", err)
}
