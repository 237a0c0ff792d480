package netdclient

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// receive reads one packet and the file beside it, which becomes the caller's. More than one is refused, and none is
// kept then. buf is as wire.Receive wants it.
func receive(c *net.UnixConn, buf []byte) (packet []byte, files []*os.File, err error) {
	packet, rights, err := wire.ReceiveRights(c, buf, make([]byte, unix.CmsgSpace(4)))
	if len(rights) > 0 {
		files, err = open(rights, err)
	}
	if err != nil {
		for _, f := range files {
			_ = f.Close()
		}
		return nil, nil, err
	}
	return packet, files, nil
}

func open(rights []byte, err error) ([]*os.File, error) {
	messages, bad := unix.ParseSocketControlMessage(rights)
	var files []*os.File
	for i := range messages {
		fds, other := unix.ParseUnixRights(&messages[i])
		bad = errors.Join(bad, other)
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files, errors.Join(err, bad)
}
