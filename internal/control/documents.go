package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// StatusDoc is what `status --json` prints: everything there is to know about the connection now.
type StatusDoc struct {
	Phase                  vpn.Phase   `json:"phase"`                     // unknown, down, finding, dialing, up, reconnecting, blocked, closing or failed
	Exit                   *ExitDoc    `json:"exit"`                      // where traffic leaves, or is meant to; null = none chosen
	Proxy                  ProxyDoc    `json:"proxy"`                     // where programs reach the tunnel
	Since                  *time.Time  `json:"since"`                     // when the phase was entered
	BytesSent              uint64      `json:"bytes_sent"`                // through the tunnel, since the connection came up
	BytesReceived          uint64      `json:"bytes_received"`            // likewise
	BytesSentPerSecond     uint64      `json:"bytes_sent_per_second"`     // in the last second
	BytesReceivedPerSecond uint64      `json:"bytes_received_per_second"` // likewise
	MTU                    int         `json:"mtu"`                       // of packets inside the tunnel; 0 = no tunnel, or not known
	LastHandshake          *time.Time  `json:"last_handshake"`            // with the exit; null = none yet
	Node                   NodeDoc     `json:"node"`
	Network                vpn.Network `json:"network"`  // where proposals come from
	Mode                   vpn.Mode    `json:"mode"`     // how programs reach the tunnel: proxy or device
	Blocked                *ReasonDoc  `json:"blocked"`  // why nothing leaves this computer, in whole-device mode; null = it does
	Exposed                *ReasonDoc  `json:"exposed"`  // why traffic may NOT be protected though it should be; null = nothing says so
	Lockdown               bool        `json:"lockdown"` // everything is blocked while nobody is connected
	LAN                    bool        `json:"lan"`      // the local network can be reached in whole-device mode
	Reason                 *ReasonDoc  `json:"reason"`   // why the phase is what it is; null = nothing to explain
	Attempt                int         `json:"attempt"`  // while finding, dialing or reconnecting: which try this is, from 1
}

// ExitDoc is a place to come out.
type ExitDoc struct {
	Country      string  `json:"country"`       // ISO 3166-1 alpha-2; "" = unknown
	CountryName  string  `json:"country_name"`  // English
	City         string  `json:"city"`          // "" = unknown
	ProviderID   string  `json:"provider_id"`   // "" = not chosen yet
	ServiceType  string  `json:"service_type"`  // as the node names it
	IPType       string  `json:"ip_type"`       // "residential", "hosting", …; "" = unknown
	Quality      float64 `json:"quality"`       // 0 to 3, as the node measured it; 0 = not measured
	QualityGrade string  `json:"quality_grade"` // unknown, low, medium or high
	Latency      float64 `json:"latency_ms"`    // 0 = unknown
	Bandwidth    float64 `json:"bandwidth_mbps"`
}

// ProxyDoc has the addresses, host:port, that programs use as their proxy. Both are always there, also while nothing is
// connected: the proxy refuses then.
type ProxyDoc struct {
	SOCKS5 string `json:"socks5"`
	HTTP   string `json:"http"`
}

// NodeDoc tells of the node process.
type NodeDoc struct {
	State   vpn.NodeState `json:"state"`   // unknown, starting, running, waiting, stopping, stopped or failed
	Version string        `json:"version"` // "" = it has not said yet
	PID     int           `json:"pid"`     // 0 = no process
	API     string        `json:"api"`     // host:port
	Adopted bool          `json:"adopted"` // it ran before this program and will not be stopped by it
	Lack    *ReasonDoc    `json:"lack"`    // what cannot be had with it here, though it works; null = nothing is lacking
}

// ReasonDoc is a code for programs and a sentence for people.
type ReasonDoc struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// CountryDoc is one country with something on offer; `countries --json` prints an array of them, by name.
type CountryDoc struct {
	Code         string   `json:"code"` // ISO 3166-1 alpha-2; "" = the providers do not say
	Name         string   `json:"name"`
	Continent    string   `json:"continent"`
	Proposals    int      `json:"proposals"`     // how many are on offer
	BestQuality  float64  `json:"best_quality"`  // 0 to 3
	QualityGrade string   `json:"quality_grade"` // of the best
	LowestHour   PriceDoc `json:"lowest_per_hour"`
	LowestGiB    PriceDoc `json:"lowest_per_gib"`
}

// ProposalDoc is one exit on offer; `proposals --json` prints an array of them, by country, best first.
type ProposalDoc struct {
	ExitDoc
	ISP     string   `json:"isp"`
	PerHour PriceDoc `json:"per_hour"`
	PerGiB  PriceDoc `json:"per_gib"`

	MembersOnly bool `json:"members_only"` // it serves only people on a list of its own
}

// PriceDoc is an amount twice, both exact: programs that read JSON numbers would lose digits.
type PriceDoc struct {
	Wei  string `json:"wei"`  // whole number of the smallest unit, 1e-18 MYST
	MYST string `json:"myst"` // decimal
}

// LogDoc is a log line, or, when Lost is not 0, word of lines that came too fast: then nothing else is set.
type LogDoc struct {
	logs.Line
	Lost uint64 `json:"lost,omitempty"`
}

// money is what a price can tell of itself.
type money interface {
	Wei() string
	MYST() string
}

func priceDoc(m money) PriceDoc { return PriceDoc{Wei: m.Wei(), MYST: m.MYST()} }

func statusDoc(m moment) StatusDoc {
	s := m.status
	return StatusDoc{
		Phase:                  s.Phase,
		Exit:                   exitDocOrNil(s.Exit),
		Proxy:                  ProxyDoc(s.Proxy),
		Since:                  timeOrNil(s.Since),
		BytesSent:              m.traffic.BytesSent,
		BytesReceived:          m.traffic.BytesReceived,
		BytesSentPerSecond:     m.traffic.SentPerSecond,
		BytesReceivedPerSecond: m.traffic.ReceivedPerSecond,
		LastHandshake:          timeOrNil(m.traffic.LastHandshake),
		MTU:                    m.traffic.MTU,
		Node:                   nodeDoc(s.Node),
		Network:                s.Network,
		Mode:                   s.Mode,
		Blocked:                blockedDoc(s),
		Exposed:                exposedDoc(s.Guard),
		Lockdown:               s.Guard.Lockdown,
		LAN:                    s.Guard.LAN,
		Reason:                 reasonDoc(s.Reason),
		Attempt:                s.Attempt,
	}
}

// blockedDoc is why the helper lets nothing out.
func blockedDoc(s vpn.Status) *ReasonDoc {
	switch {
	case !s.Guard.Blocked && s.Phase != vpn.Blocked:
		return nil
	case !s.Reason.Zero():
		return reasonDoc(s.Reason)
	case s.Guard.Lockdown:
		return &ReasonDoc{Code: "lockdown", Text: "Lockdown is on, and nobody is connected."}
	}
	return &ReasonDoc{Code: "not_connected", Text: "The tunnel is not up, and the user has not said that they want out."}
}

// exposedDoc is what the helper says of rules that it could not apply.
func exposedDoc(g vpn.Guard) *ReasonDoc {
	if !g.Exposed {
		return nil
	}
	return reasonDoc(vpn.Reason{Code: vpn.NotGuarded, A: cmp.Or(g.Notice, "it does not say why")})
}

func nodeDoc(n vpn.Node) NodeDoc {
	return NodeDoc{State: n.State, Version: n.Version, PID: n.PID, API: n.API, Adopted: n.Adopted, Lack: reasonDoc(n.Lack)}
}

func exitDocOrNil(e vpn.Exit) *ExitDoc {
	if e == (vpn.Exit{}) {
		return nil
	}
	d := exitDoc(e)
	return &d
}

func exitDoc(e vpn.Exit) ExitDoc {
	return ExitDoc{
		Country: e.Country, CountryName: proposals.CountryName(e.Country), City: e.City, ProviderID: e.ProviderID,
		ServiceType: e.ServiceType, IPType: e.IPType, Quality: e.Quality, QualityGrade: proposals.GradeOf(e.Quality).String(),
		Latency: e.Latency, Bandwidth: e.Bandwidth,
	}
}

func reasonDoc(r vpn.Reason) *ReasonDoc {
	if r.Zero() {
		return nil
	}
	return &ReasonDoc{Code: string(r.Code), Text: r.Text()}
}

// timeOrNil drops parts of a second, which mean nothing here and make two lines of output differ.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.Truncate(time.Second)
	return &t
}

func countryDocs(s *proposals.Snapshot) []CountryDoc {
	out := make([]CountryDoc, 0, len(s.Countries))
	for i := range s.Countries {
		c := &s.Countries[i]
		out = append(out, CountryDoc{
			Code: c.Code, Name: c.Name, Continent: c.Continent.String(), Proposals: c.Count,
			BestQuality: c.Quality, QualityGrade: proposals.GradeOf(c.Quality).String(),
			LowestHour: priceDoc(c.PerHour), LowestGiB: priceDoc(c.PerGiB),
		})
	}
	return out
}

func proposalDocs(list []proposals.Proposal) []ProposalDoc {
	out := make([]ProposalDoc, 0, len(list))
	for i := range list {
		p := &list[i]
		out = append(out, ProposalDoc{ExitDoc: exitDoc(p.Exit), ISP: p.ISP, PerHour: priceDoc(p.PerHour), PerGiB: priceDoc(p.PerGiB), MembersOnly: p.Restricted})
	}
	return out
}

// encode writes one document and a line end. Our documents hold nothing that could not be written.
func encode(doc any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		panic(err)
	}
	return b.Bytes()
}
