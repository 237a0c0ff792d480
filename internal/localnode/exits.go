package localnode

import (
	"net/netip"
	"sync"

	"github.com/mysteriumvpn/desktop/internal/exit"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// hosts are the sandbox's real exits, each made when it is first used. Exits close themselves when they are idle.
type hosts struct {
	address netip.AddrPort
	allow   []netip.Prefix
	dns     string
	log     func(*offer, wgnet.Level, string)

	mu     sync.Mutex // guards what follows
	byID   map[int]*exit.Exit
	closed bool
}

func (h *hosts) exit(o *offer) *exit.Exit {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.byID[o.number]; ok {
		return e
	}
	e := exit.New(exit.Options{
		PrivateKey: o.key, Address: h.address, TunnelAddrs: o.tunnel, Allow: h.allow, DNS: h.dns,
		Log: func(l wgnet.Level, text string) { h.log(o, l, text) },
	})
	if h.closed {
		e.Close()
		return e
	}
	if h.byID == nil {
		h.byID = map[int]*exit.Exit{}
	}
	h.byID[o.number] = e
	return e
}

func (h *hosts) Open(o *offer, peer wgnet.Key, addrs []netip.Prefix) (netip.AddrPort, error) {
	e := h.exit(o)
	if err := e.AddPeer(peer, addrs); err != nil {
		return netip.AddrPort{}, err
	}
	return e.Endpoint(), nil
}

func (h *hosts) Drop(o *offer, peer wgnet.Key) { h.exit(o).RemovePeer(peer) }

func (h *hosts) Close() {
	h.mu.Lock()
	h.closed = true
	all := h.byID
	h.byID = nil
	h.mu.Unlock()
	for _, e := range all {
		e.Close()
	}
}
