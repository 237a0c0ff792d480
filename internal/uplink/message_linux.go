package uplink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

var errMessage = errors.New("the kernel's message about the network is cut short")

// fact is what one message of rtnetlink(7) says: how a link, an address or a route is now. Two messages about the same
// thing have one key, and the same value as long as nothing about it matters to who sends.
type fact struct {
	kind  byte // l, a or r
	key   string
	value string // "" = it is gone
	link  int    // index of its interface; 0 = of several
	name  string // of a link
	lo    bool   // a link that is the loopback
}

// parse tells each fact of a packet from the kernel. Messages that do not matter are none: neighbours, cached routes, the
// table of our own addresses, link-local ones. Fields that only count down, as the lifetimes that each router advertisement
// sets anew, are in no value.
func parse(b []byte, tell func(fact)) error {
	return messages(b, func(kind uint16, body []byte) error {
		f, ok, err := factOf(kind, body)
		if ok {
			tell(f)
		}
		return err
	})
}

func factOf(kind uint16, body []byte) (fact, bool, error) {
	switch kind {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		return linkOf(body, kind == unix.RTM_DELLINK)
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		return addressOf(body, kind == unix.RTM_DELADDR)
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		return routeOf(body, kind == unix.RTM_DELROUTE)
	}
	return fact{}, false, nil
}

// messages gives each message of a packet and its kind.
func messages(b []byte, each func(kind uint16, body []byte) error) error {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return errMessage
		}
		if err := each(binary.NativeEndian.Uint16(b[4:]), b[unix.SizeofNlMsghdr:size]); err != nil {
			return err
		}
		b = b[min(len(b), aligned(size)):]
	}
	if len(b) != 0 {
		return errMessage
	}
	return nil
}

// attributes gives each attribute behind a head of so many bytes.
func attributes(body []byte, head int, each func(kind uint16, value []byte)) error {
	if len(body) < head {
		return errMessage
	}
	b := body[min(len(body), aligned(head)):]
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return errMessage
		}
		each(binary.NativeEndian.Uint16(b[2:])&nestedMask, b[unix.SizeofRtAttr:size])
		b = b[min(len(b), aligned(size)):]
	}
	return nil
}

// nestedMask takes the flags off the kind of an attribute.
const nestedMask = 0x3fff

func aligned(n int) int { return (n + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1) }

func number(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

func address(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}

// text is a C string without its end.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func linkOf(body []byte, gone bool) (f fact, ok bool, err error) {
	var mtu uint32
	err = attributes(body, unix.SizeofIfInfomsg, func(kind uint16, value []byte) {
		switch kind {
		case unix.IFLA_IFNAME:
			f.name = text(value)
		case unix.IFLA_MTU:
			mtu = number(value)
		}
	})
	if err != nil || body[0] != unix.AF_UNSPEC { // others are a bridge's word about its ports
		return fact{}, false, err
	}
	flags := number(body[8:])
	f.kind, f.link = 'l', int(number(body[4:]))
	f.lo = flags&unix.IFF_LOOPBACK != 0
	f.key = fmt.Sprintf("l %d", f.link)
	if !gone {
		f.value = fmt.Sprintf("%s %x %d", f.name, flags&(unix.IFF_UP|unix.IFF_RUNNING|unix.IFF_LOWER_UP), mtu)
	}
	return f, true, nil
}

func addressOf(body []byte, gone bool) (f fact, ok bool, err error) {
	var whole, local netip.Addr
	var flags uint32
	if len(body) >= unix.SizeofIfAddrmsg {
		flags = uint32(body[2])
	}
	err = attributes(body, unix.SizeofIfAddrmsg, func(kind uint16, value []byte) {
		switch kind {
		case unix.IFA_ADDRESS:
			whole = address(value)
		case unix.IFA_LOCAL:
			local = address(value)
		case unix.IFA_FLAGS:
			flags = number(value)
		}
	})
	if err != nil {
		return fact{}, false, err
	}
	if !local.IsValid() { // IPv6 has one only where there are two ends
		local = whole
	}
	if !local.IsValid() || local.Is6() && local.IsLinkLocalUnicast() {
		return fact{}, false, nil
	}
	f.kind, f.link = 'a', int(number(body[4:]))
	f.key = fmt.Sprintf("a %d %s/%d", f.link, local, body[1])
	if !gone {
		f.value = fmt.Sprintf("%x", flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED|unix.IFA_F_DEPRECATED))
	}
	return f, true, nil
}

func routeOf(body []byte, gone bool) (f fact, ok bool, err error) {
	r, err := readRoute(body)
	if err != nil {
		return fact{}, false, err
	}
	to := r.to
	switch {
	case r.flags&unix.RTM_F_CLONED != 0 || r.table == unix.RT_TABLE_LOCAL:
		return fact{}, false, nil
	case to.Is6() && (to.IsLinkLocalUnicast() || to.IsMulticast()):
		return fact{}, false, nil
	}
	f.kind, f.link = 'r', r.way.Link
	f.key = fmt.Sprintf("r %d %d %s/%d %d %s %d", r.family, r.table, to, r.bits, r.way.Link, r.way.Gateway, r.priority)
	if !gone {
		f.value = fmt.Sprintf("%d %x %s %d", r.kind, r.flags&(unix.RTNH_F_LINKDOWN|unix.RTNH_F_DEAD), r.way.Source, r.way.MTU)
	}
	return f, true, nil
}

// route is one route of the kernel, or its answer to the question by which it would send.
type route struct {
	family, bits, kind     byte
	table, flags, priority uint32
	to                     netip.Addr
	way                    Way // Name is not set; an MTU of 0 = the link's
}

func readRoute(body []byte) (r route, err error) {
	if len(body) < unix.SizeofRtMsg {
		return r, errMessage
	}
	r.family, r.bits, r.table, r.kind, r.flags = body[0], body[1], uint32(body[4]), body[7], number(body[8:])
	var inner error
	err = attributes(body, unix.SizeofRtMsg, func(kind uint16, value []byte) {
		switch kind {
		case unix.RTA_DST:
			r.to = address(value)
		case unix.RTA_OIF:
			r.way.Link = int(number(value))
		case unix.RTA_GATEWAY:
			r.way.Gateway = address(value)
		case unix.RTA_VIA: // a gateway of the other family, behind two bytes that say which
			if len(value) > 2 {
				r.way.Gateway = address(value[2:])
			}
		case unix.RTA_PREFSRC:
			r.way.Source = address(value)
		case unix.RTA_PRIORITY:
			r.priority = number(value)
		case unix.RTA_TABLE:
			r.table = number(value)
		case unix.RTA_METRICS:
			inner = attributes(value, 0, func(kind uint16, value []byte) {
				if kind == unix.RTAX_MTU {
					r.way.MTU = int(number(value))
				}
			})
		}
	})
	return r, errors.Join(err, inner)
}
