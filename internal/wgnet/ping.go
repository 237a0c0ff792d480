package wgnet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/waiter"
)

var pings atomic.Uint32

// Ping sends one ICMP echo request through the tunnel and returns the time until its answer. It ends with ctx, and
// with net.ErrClosed when the Net closes.
func (n *Net) Ping(ctx context.Context, to netip.Addr) (time.Duration, error) {
	return n.echo(ctx, to, 0)
}

// echo is Ping with a request of size bytes, IP header and all; as small as it can be if size is less than that.
func (n *Net) echo(ctx context.Context, to netip.Addr, size int) (time.Duration, error) {
	if !to.IsValid() {
		return 0, errNoAddress
	}
	to = to.Unmap()
	proto, request, head := icmp.ProtocolNumber4, byte(header.ICMPv4Echo), header.IPv4MinimumSize
	if to.Is6() {
		proto, request, head = icmp.ProtocolNumber6, byte(header.ICMPv6EchoRequest), header.IPv6MinimumSize
	}
	var wq waiter.Queue
	ep, err := n.stack.NewEndpoint(proto, protocolOf(to), &wq)
	if err != nil {
		return 0, fmt.Errorf("make ping socket: %s", err)
	}
	defer ep.Close()
	entry, ready := waiter.NewChannelEntry(waiter.ReadableEvents | waiter.EventHUp)
	wq.EventRegister(&entry)
	defer wq.EventUnregister(&entry)
	if err := ep.Connect(fullAddress(netip.AddrPortFrom(to, 0))); err != nil {
		return 0, fmt.Errorf("ping %s: %s", to, err)
	}

	// Type, code, checksum, identifier (both are the stack's), sequence number, and a payload that tells an answer to
	// this request from a late one.
	seq := pings.Add(1)
	msg := make([]byte, max(header.ICMPv4MinimumSize+16, size-head))
	msg[0] = request
	binary.BigEndian.PutUint16(msg[6:], uint16(seq))
	binary.BigEndian.PutUint32(msg[8:], seq)
	binary.BigEndian.PutUint64(msg[12:], uint64(time.Now().UnixNano()))
	start := time.Now()
	if _, err := ep.Write(bytes.NewReader(msg), tcpip.WriteOptions{}); err != nil {
		return 0, fmt.Errorf("ping %s: %s", to, err)
	}
	for {
		var answer bytes.Buffer
		_, err := ep.Read(&answer, tcpip.ReadOptions{})
		if err == nil {
			if b := answer.Bytes(); len(b) == len(msg) && bytes.Equal(b[6:], msg[6:]) {
				return time.Since(start), nil
			}
			continue
		}
		if _, wait := err.(*tcpip.ErrWouldBlock); !wait { //nolint:errorlint // tcpip.Error is not an error
			return 0, fmt.Errorf("ping %s: %w", to, errors.New(err.String()))
		}
		select {
		case <-ready:
		case <-ctx.Done():
			return 0, fmt.Errorf("ping %s: %w", to, context.Cause(ctx))
		case <-n.done:
			return 0, fmt.Errorf("ping %s: %w", to, net.ErrClosed)
		}
	}
}
