package uplink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// To is the way of datagrams to an address, of sockets that carry mark; 0 = none. ErrNone says that there is none now: no
// route leads there, or the interface that it leads to is down or has no carrier.
func To(to netip.Addr, mark uint32) (Way, error) {
	to = to.Unmap()
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[1] = unix.AF_INET, byte(to.BitLen())
	if to.Is6() {
		body[0] = unix.AF_INET6
	}
	add := func(kind uint16, value []byte) {
		body = binary.NativeEndian.AppendUint16(body, uint16(unix.SizeofRtAttr+len(value)))
		body = append(binary.NativeEndian.AppendUint16(body, kind), value...)
	}
	add(unix.RTA_DST, to.AsSlice())
	if mark != 0 {
		add(unix.RTA_MARK, binary.NativeEndian.AppendUint32(nil, mark))
	}
	var r route
	err := ask(unix.RTM_GETROUTE, 0, body, func(kind uint16, body []byte) (err error) {
		if kind == unix.RTM_NEWROUTE {
			r, err = readRoute(body)
		}
		return err
	})
	switch {
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.EACCES):
		return Way{}, ErrNone
	case err != nil:
		return Way{}, fmt.Errorf("find the way to %s: %w", to, err)
	case r.kind != unix.RTN_UNICAST && r.kind != unix.RTN_LOCAL:
		return Way{}, ErrNone
	}
	i, err := net.InterfaceByIndex(r.way.Link)
	if err != nil || i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 { // routes stay while there is no carrier
		return Way{}, ErrNone
	}
	r.way.Name = i.Name
	if r.way.MTU == 0 || r.way.MTU > i.MTU {
		r.way.MTU = i.MTU
	}
	return r.way, nil
}
