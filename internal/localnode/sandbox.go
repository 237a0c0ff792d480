package localnode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"

	"github.com/mysteriumvpn/desktop/internal/wgconf"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

const (
	proposalFormat = "service-proposal/v3"
	compatibility  = 2
	sandboxISP     = "Sandbox on this computer"
	wei            = uint64(1)
	microMYST      = 1_000_000_000_000 * wei
)

// offer is one provider of the sandbox and what its exit needs, or an own server. It is not changed once made.
type offer struct {
	tequilapi.Proposal
	conf    *wgconf.Config // of an own server; nil = it is the sandbox's, and all below is set
	number  int            // from 1; also the third byte of its addresses
	key     wgnet.Key
	public  wgnet.Key
	tunnel  []netip.Addr // of the exit inside the tunnel: IPv4, IPv6
	network [6]byte      // first bytes of its IPv6 network
}

// sandbox makes the providers of a home: the same ones each time.
func sandbox(h *home) ([]*offer, error) {
	var network [6]byte
	copy(network[:], h.derive("network", len(network)))
	network[0] = 0xfd // an address range for private use
	var out []*offer
	for _, c := range countries {
		for _, city := range c.cities {
			o := &offer{number: len(out) + 1, network: network}
			what := fmt.Sprintf("provider %d", o.number)
			o.key = h.key(what + " key")
			var err error
			if o.public, err = o.key.PublicKey(); err != nil {
				return nil, err
			}
			o.tunnel = o.addresses(1)
			o.Proposal = propose(rand.New(rand.NewChaCha8([32]byte(h.derive(what+" quality", 32)))), o.number, c, city)
			o.ProviderID = h.account(what)
			out = append(out, o)
		}
	}
	return out, nil
}

// propose makes up a proposal with plausible numbers.
func propose(r *rand.Rand, number int, c country, city string) tequilapi.Proposal {
	between := func(least, most float64) float64 { return math.Round((least+r.Float64()*(most-least))*10) / 10 }
	p := tequilapi.Proposal{
		Format: proposalFormat, Compatibility: compatibility, ServiceType: "wireguard",
		Location: tequilapi.ProposalLocation{
			Continent: c.continent, Country: c.code, City: city,
			ASN: 64500 + number%12, // set aside for documentation
			ISP: sandboxISP, IPType: "residential",
		},
		Price: tequilapi.Price{
			Currency: "MYST",
			PerHour:  tequilapi.Wei(microMYST * (30 + r.Uint64N(60))),
			PerGiB:   tequilapi.Wei(microMYST * 1000 * (50 + r.Uint64N(100))),
		},
		AccessPolicies: []tequilapi.AccessPolicy{},
		Quality: tequilapi.Quality{
			Quality: between(1.2, 3), Latency: between(farness[c.continent], farness[c.continent]+70),
			Bandwidth: between(15, 90), Uptime: between(18, 24),
		},
	}
	if r.IntN(3) == 0 {
		p.Location.IPType = "hosting"
		p.Quality.Bandwidth = between(90, 400)
	}
	if number > 1 && r.IntN(10) == 0 { // some that one would rather not choose
		p.Quality.Quality, p.Quality.Uptime = between(0.3, 0.9), between(2, 12)
	}
	return p
}

// addresses are those of the nth host in the tunnel: 1 is the exit, 2 to 254 are peers.
func (o *offer) addresses(n byte) []netip.Addr {
	six := [16]byte{}
	copy(six[:], o.network[:])
	six[7], six[15] = byte(o.number), n
	return []netip.Addr{netip.AddrFrom4([4]byte{10, 182, byte(o.number), n}), netip.AddrFrom16(six)}
}
