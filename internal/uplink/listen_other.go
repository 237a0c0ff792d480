//go:build !linux

package uplink

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// poll is how often the interfaces are looked at.
const poll = 2 * time.Second

// listen looks at the interfaces and their addresses now and then, until ctx ends.
func listen(ctx context.Context, own string, news chan<- Change) error {
	last := addresses(own)
	t := time.NewTicker(poll)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
		now := addresses(own)
		if now == last {
			continue
		}
		last = now
		select {
		case news <- Change{Any: true}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// addresses are all that count, in one text.
func addresses(own string) string {
	var b strings.Builder
	links, _ := net.Interfaces()
	for _, l := range links {
		if l.Name == own || l.Flags&net.FlagLoopback != 0 || l.Flags&net.FlagUp == 0 {
			continue
		}
		fmt.Fprintln(&b, l.Index, l.Name, l.MTU, l.Flags&net.FlagRunning)
		list, _ := l.Addrs()
		for _, a := range list {
			if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLinkLocalUnicast() {
				fmt.Fprintln(&b, " ", a)
			}
		}
	}
	return b.String()
}
