package netd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// firstPassed is the first file that systemd hands to a service, by sd_listen_fds(3).
const firstPassed = 3

// Listen makes the socket at path, or takes the one that systemd has made. Everybody may connect to it: who may do
// what is decided for every connection by what the kernel says of it. Of somebody who listens there already it is not
// taken away.
func Listen(path string) (*net.UnixListener, error) {
	if l, err := passed(); l != nil || err != nil {
		return l, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	addr := &net.UnixAddr{Name: path, Net: wire.Network}
	if fi, err := os.Lstat(path); err == nil {
		if fi.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("%s is no socket: move it elsewhere", path)
		}
		if c, err := net.DialUnix(wire.Network, nil, addr); err == nil {
			_ = c.Close()
			return nil, ErrRunning
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := net.ListenUnix(wire.Network, addr)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

func passed() (*net.UnixListener, error) {
	if pid, _ := strconv.Atoi(os.Getenv("LISTEN_PID")); pid != os.Getpid() {
		return nil, nil
	}
	if n, _ := strconv.Atoi(os.Getenv("LISTEN_FDS")); n != 1 {
		return nil, fmt.Errorf("systemd passes %d sockets; the unit must have one", n)
	}
	f := os.NewFile(firstPassed, "systemd")
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, step("take systemd's socket", err)
	}
	u, ok := l.(*net.UnixListener)
	if !ok || u.Addr().Network() != wire.Network {
		_ = l.Close()
		return nil, errors.New("systemd's socket is not a sequential packet socket")
	}
	return u, nil
}

// Ready tells systemd that everything stands. Without systemd it does nothing.
func Ready() error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	c, err := net.Dial("unixgram", path)
	if err != nil {
		return step("tell systemd", err)
	}
	defer c.Close()
	_, err = c.Write([]byte("READY=1"))
	return step("tell systemd", err)
}
