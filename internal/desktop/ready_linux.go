package desktop

import (
	"net"
	"os"
)

// Ready tells systemd, if that started this program and waits to hear it, that it is ready. What the program starts is
// not to say such a thing in its place, so the way is forgotten.
func Ready() error {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return nil
	}
	_ = os.Unsetenv("NOTIFY_SOCKET") // cannot fail for such a name
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_, err = c.Write([]byte("READY=1"))
	return err
}
