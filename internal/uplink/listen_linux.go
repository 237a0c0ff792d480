package uplink

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const packetSize = 64 << 10 // more than the kernel puts into one packet

// listen tells of the kernel's news until ctx ends; its error is why it could not go on.
func listen(ctx context.Context, own string, news chan<- Change) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("watch the network: %w", err)
	}
	groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV6_ROUTE)
	f := os.NewFile(uintptr(fd), "rtnetlink")
	defer f.Close()
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return fmt.Errorf("watch the network: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = f.Close() })()

	v := view{own: own}
	first := v.reload() // after the news are subscribed to, so that none is missed
	buf := make([]byte, packetSize)
	for {
		n, err := f.Read(buf)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, unix.ENOBUFS): // more happened than the socket could hold
			first = v.reload()
			err = send(ctx, news, Change{Any: true})
		case err == nil && first != nil: // what was there before is not known: every word is news
			err = send(ctx, news, Change{Any: true})
		case err == nil:
			var c Change
			if parse(buf[:n], func(f fact) { c.add(v.take(f)) }) != nil {
				c.Any = true
			}
			if c.Any || len(c.Links) > 0 {
				err = send(ctx, news, c)
			}
		}
		if err != nil {
			return fmt.Errorf("watch the network: %w", err)
		}
	}
}

func send(ctx context.Context, news chan<- Change, c Change) error {
	select {
	case news <- c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// view is what is known of the network, so that what is said again is told from what is new. It has one owner.
type view struct {
	own    string
	ignore map[int]bool // links that do not count: ours, and the loopback
	links  map[int]map[string]string
}

// reload asks the kernel for all of it.
func (v *view) reload() error {
	v.ignore, v.links = map[int]bool{}, map[int]map[string]string{}
	for _, kind := range []uint16{unix.RTM_GETLINK, unix.RTM_GETADDR, unix.RTM_GETROUTE} {
		body := make([]byte, unix.SizeofIfInfomsg) // the longest head; all zero asks for everything
		if err := ask(kind, unix.NLM_F_DUMP, body, func(kind uint16, body []byte) error {
			f, ok, err := factOf(kind, body)
			if ok {
				v.take(f)
			}
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// take takes a fact in and tells what is new about it. A link or an address that changes takes routes with it of which
// IPv4 says no word, so they are forgotten, and new when they are said again.
func (v *view) take(f fact) Change {
	if f.kind == 'l' {
		v.ignore[f.link] = f.lo || v.own != "" && f.name == v.own
	}
	if v.ignore[f.link] {
		return Change{}
	}
	known := v.links[f.link]
	if known == nil {
		known = map[string]string{}
		v.links[f.link] = known
	}
	was := known[f.key]
	if was == f.value {
		return Change{}
	}
	if f.kind != 'r' {
		for key := range known {
			if key[0] == 'r' {
				delete(known, key)
			}
		}
	}
	if f.value == "" {
		delete(known, f.key)
	} else {
		known[f.key] = f.value
	}
	if f.kind == 'l' && f.value == "" {
		delete(v.links, f.link)
		delete(v.ignore, f.link)
	}
	return Change{Links: []int{f.link}} // 0 = a route to nowhere, which may be the exit's and touches no interface
}
