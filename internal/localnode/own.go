package localnode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// offered lists what can be connected to: the sandbox's offers, or what is in the folder of own servers just now.
func (n *Node) offered() []*offer {
	if n.o.Own == "" {
		return n.offers
	}
	servers, err := own.Folder{Path: n.o.Own}.List()
	if err != nil {
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			err = path.Err // without the path, which has the user's name
		}
		n.sayOnce("the folder cannot be listed: " + err.Error())
		return nil
	}
	var out []*offer
	var trouble []string
	there := map[string]bool{}
	for i := range servers {
		s := &servers[i]
		there[s.ID] = true
		if s.Config == nil {
			trouble = append(trouble, s.Problems[0].String()) // not its name, which is the user's own word
			continue
		}
		if slices.ContainsFunc(out, func(o *offer) bool { return o.ProviderID == s.ID }) {
			trouble = append(trouble, "one is there twice")
			continue
		}
		out = append(out, ownOffer(s, servers))
	}
	n.sayOnce(strings.Join(trouble, "; "))
	n.forgetFound(there)
	return out
}

// sayOnce logs what is wrong with the folder, unless it said the same before.
func (n *Node) sayOnce(trouble string) {
	n.mu.Lock()
	news := trouble != n.trouble
	n.trouble = trouble
	n.mu.Unlock()
	if news && trouble != "" {
		n.logf("WRN", "own servers cannot be used; 'mysteriumvpn own list' says which: %s", trouble)
	}
}

// ownOffer is a server as the API shows it. It costs nothing and nobody has measured it. Where no city is known, or it
// is another server's too, the name stands there: it is what the user knows the server by.
func ownOffer(s *own.Server, all []own.Server) *offer {
	c := s.Config
	city := cmp.Or(c.City, s.Name)
	if c.City != "" && slices.ContainsFunc(all, func(o own.Server) bool { return o.Name != s.Name && o.Config != nil && o.Config.City == c.City }) {
		city = c.City + " (" + s.Name + ")"
	}
	return &offer{
		conf:   c,
		public: c.Peer.PublicKey,
		Proposal: tequilapi.Proposal{
			Format: proposalFormat, Compatibility: compatibility, ServiceType: "wireguard", ProviderID: s.ID,
			Location:       tequilapi.ProposalLocation{Country: c.Country, City: city, ISP: s.Name},
			Price:          tequilapi.Price{Currency: "MYST"},
			AccessPolicies: []tequilapi.AccessPolicy{},
		},
	}
}

// ownDevice is the configuration for an own server. A server that is given by name is looked up now, by this computer
// and outside any tunnel: there is no other way to find it.
func (n *Node) ownDevice(l *link) (supervisor.Config, error) {
	c := l.offer.conf
	endpoint, err := n.resolve(l.ctx, l.offer.ProviderID, c.Peer.Endpoint)
	if err != nil {
		return supervisor.Config{}, fmt.Errorf("could not create p2p channel during connect: %w", err)
	}
	conf := supervisor.Config{
		Iface: supervisor.DefaultIface, Subnet: c.Addresses[0], PrivateKey: c.PrivateKey, MTU: c.MTU, DNS: l.dns.addrs,
		Peer: supervisor.Peer{
			PublicKey: c.Peer.PublicKey, PresharedKey: c.Peer.PresharedKey, Endpoint: endpoint, Keepalive: c.Peer.Keepalive,
			AllowedIPs: c.Peer.AllowedIPs,
		},
	}
	if len(c.Addresses) > 1 { // one of each family: Parse sees to that. The second one must be IPv6
		conf.Subnet6 = c.Addresses[1]
		if conf.Subnet.Addr().Is6() {
			conf.Subnet, conf.Subnet6 = conf.Subnet6, conf.Subnet
		}
	}
	if l.dns.exit {
		conf.DNS = c.DNS
	}
	return conf, nil
}

// findLimit bounds the search for a server's name.
const findLimit = 5 * time.Second

// resolve gives one address of a server's endpoint, an IPv4 one if there is: not every computer has IPv6. Where nobody
// answers, the address of the last time is tried, though that was before a restart: a name server may be out of reach
// until the tunnel is back.
func (n *Node) resolve(ctx context.Context, id string, e wgconf.Endpoint) (netip.AddrPort, error) {
	if a, ok := e.Addr(); ok {
		return netip.AddrPortFrom(a, e.Port), nil
	}
	limited, stop := context.WithTimeout(ctx, findLimit)
	defer stop()
	found, err := n.lookUp(limited, "ip", e.Host)
	if err != nil {
		n.mu.Lock()
		last, known := n.found[id]
		n.mu.Unlock()
		if known && ctx.Err() == nil {
			return netip.AddrPortFrom(last, e.Port), nil
		}
		why := err.Error()
		if dns, ok := errors.AsType[*net.DNSError](err); ok {
			why = dns.Err
		}
		return netip.AddrPort{}, fmt.Errorf("the server's name %s cannot be looked up: %s", e.Host, why)
	}
	var best netip.Addr
	for _, a := range found {
		a = a.Unmap().WithZone("")
		if !best.IsValid() || a.Is4() && !best.Is4() {
			best = a
		}
	}
	if !usable(best) {
		return netip.AddrPort{}, fmt.Errorf("the server's name %s leads to no address", e.Host)
	}
	n.keepFound(id, best)
	return netip.AddrPortFrom(best, e.Port), nil
}
