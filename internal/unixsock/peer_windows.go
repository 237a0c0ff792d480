package unixsock

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

// getPeerPID is SIO_AF_UNIX_GETPEERPID of afunix.h.
const getPeerPID = 0x58000100

func peerUID(uintptr) (int, error) { return 0, errors.ErrUnsupported }

func peerPID(fd uintptr) (int, error) {
	var pid, n uint32
	err := windows.WSAIoctl(windows.Handle(fd), getPeerPID, nil, 0, (*byte)(unsafe.Pointer(&pid)), uint32(unsafe.Sizeof(pid)), &n, nil, 0)
	return int(pid), err
}
