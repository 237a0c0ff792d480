package exit

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// Limits of one exit. A flow costs two descriptors at most and 128 KiB of buffers while it moves data.
const (
	maxConnecting = 1024 // TCP connections whose far end has not answered; more are not heard
	maxTCP        = 4096 // more are reset
	maxUDP        = 4096 // more are dropped
)

type flowKind uint8

const (
	flowUnknown flowKind = iota
	flowTCP
	flowUDP
)

// flows are the open flows of one running exit.
type flows struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	open    map[*flow]struct{}
	count   [flowUDP + 1]int
}

// flow is one TCP connection or one pair of UDP addresses. Its ctx ends when it must.
type flow struct {
	ctx    context.Context
	cancel context.CancelFunc
	kind   flowKind
	client netip.Addr
}

func newFlows() *flows {
	f := &flows{open: make(map[*flow]struct{})}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// begin registers a flow, unless there are too many or the exit is closing. The caller ends it.
func (f *flows) begin(kind flowKind, client netip.Addr) (*flow, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	limit := maxTCP
	if kind == flowUDP {
		limit = maxUDP
	}
	if f.stopped || f.count[kind] >= limit {
		return nil, false
	}
	fl := &flow{kind: kind, client: client}
	fl.ctx, fl.cancel = context.WithCancel(f.ctx)
	f.open[fl] = struct{}{}
	f.count[kind]++
	f.wg.Add(1)
	return fl, true
}

func (f *flows) end(fl *flow) {
	fl.cancel()
	f.mu.Lock()
	delete(f.open, fl)
	f.count[fl.kind]--
	f.mu.Unlock()
	f.wg.Done()
}

// cut ends the flows of clients in the given prefixes but not in those of keep, without waiting.
func (f *flows) cut(clients, keep []netip.Prefix) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for fl := range f.open {
		in := func(p netip.Prefix) bool { return p.Contains(fl.client) }
		if slices.ContainsFunc(clients, in) && !slices.ContainsFunc(keep, in) {
			fl.cancel()
		}
	}
}

// stop ends all flows and lets no more begin, without waiting.
func (f *flows) stop() {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.cancel()
}

// wait returns when all flows have ended; after stop.
func (f *flows) wait() { f.wg.Wait() }

// closeWith closes c when the flow must end. The result takes that back.
func (fl *flow) closeWith(c net.Conn) func() bool {
	return context.AfterFunc(fl.ctx, func() { _ = c.Close() })
}
