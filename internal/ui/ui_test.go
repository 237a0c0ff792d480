package ui

import (
	"fmt"
	"hash/fnv"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("LANG", "en_US.UTF-8") // Fyne complains about "C", and the words below are English
	time.Local = time.UTC                // the log shows the time of the day
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// stage is a window on a hand-cranked lane, with a clock that stands still.
type stage struct {
	t      testing.TB
	app    fyne.App
	bus    *bus.Bus
	lane   *bustest.HandLane
	topics *vpn.Topics
	ends   *account.Topics
	wished bustest.Sent[account.Wish]
	book   *proposals.Book
	ring   *logs.Ring
	sent   bustest.Sent[vpn.Command]
	kept   []Places
	saved  []vpn.Settings
	timers []*timer
	now    time.Time
	*Window
	taps int // of the bus that are on
}

type timer struct {
	after time.Duration
	f     func()
	off   bool
}

func newStage(t testing.TB, change func(*Options)) *stage {
	s := &stage{t: t, app: test.NewTempApp(t), book: &proposals.Book{}, ring: logs.NewRing(1000), now: noon}
	b := bustest.Bus(t)
	s.bus = b
	s.lane = bustest.Lane(t, b)
	l := s.lane.Lane
	s.topics, s.ends = vpn.NewTopics(b, vpn.Settings{}), account.NewTopics(b)
	o := Options{
		App: s.app, Lane: l, Status: s.topics.Status.Via(l), Traffic: s.topics.Traffic.Via(l), Settings: s.topics.Settings.Via(l),
		Proposals: s.topics.Proposals.Via(l), Logs: s.topics.Logs.Via(l), Notices: s.topics.Notices.Via(l), Raise: s.topics.Window.Via(l),
		Agreed:  TermsVersion,
		Account: s.ends.State.Via(l), Wishes: &s.wished,
		Commands: bus.Sender[vpn.Command](&s.sent), Book: s.book, Ring: s.ring, Computer: s.topics.Computer.Via(l),
		Tap:  func() func() { s.taps++; return func() { s.taps-- } },
		Keep: func(p Places) { s.kept = append(s.kept, p) }, Save: func(v vpn.Settings) { s.saved = append(s.saved, v) },
		Now:    func() time.Time { return s.now },
		Beside: func(work func()) { work() },
		After: func(d time.Duration, f func()) func() {
			x := &timer{after: d, f: f}
			s.timers = append(s.timers, x)
			return func() { x.off = true }
		},
	}
	if change != nil {
		change(&o)
	}
	s.Window = New(o)
	t.Cleanup(s.Close)
	s.lane.Run()
	s.Show()
	return s
}

// offer puts a list on the network.
func (s *stage) offer(list []tequilapi.Proposal) {
	s.topics.Proposals.Send(s.book.Replace(list, noon).Version)
	s.lane.Run()
}

func (s *stage) status(v vpn.Status) {
	s.topics.Status.Send(v)
	s.lane.Run()
}

// fire calls the timers that are set, once, and lets the lane run.
func (s *stage) fire() {
	due := s.timers
	s.timers = nil
	for _, x := range due {
		if !x.off {
			x.f()
		}
	}
	s.lane.Run()
}

// cities are what the sandbox offers, roughly.
var cities = []struct{ code, city string }{
	{"AT", "Vienna"},
	{"AU", "Sydney"},
	{"AU", "Melbourne"},
	{"BE", "Brussels"},
	{"BR", "São Paulo"},
	{"CA", "Toronto"},
	{"CA", "Vancouver"},
	{"CH", "Zürich"},
	{"CH", "Geneva"},
	{"CZ", "Prague"},
	{"DE", "Berlin"},
	{"DE", "Frankfurt"},
	{"DE", "Munich"},
	{"DE", "Hamburg"},
	{"DK", "Copenhagen"},
	{"EE", "Tallinn"},
	{"ES", "Madrid"},
	{"ES", "Barcelona"},
	{"FI", "Helsinki"},
	{"FR", "Paris"},
	{"FR", "Marseille"},
	{"GB", "London"},
	{"GB", "Manchester"},
	{"HK", "Hong Kong"},
	{"IE", "Dublin"},
	{"IN", "Mumbai"},
	{"IS", "Reykjavík"},
	{"IT", "Milan"},
	{"IT", "Rome"},
	{"JP", "Tokyo"},
	{"JP", "Osaka"},
	{"KR", "Seoul"},
	{"LT", "Vilnius"},
	{"LV", "Riga"},
	{"MX", "Mexico City"},
	{"NL", "Amsterdam"},
	{"NL", "Rotterdam"},
	{"NL", "Utrecht"},
	{"NO", "Oslo"},
	{"NZ", "Auckland"},
	{"PL", "Warsaw"},
	{"PT", "Lisbon"},
	{"RO", "Bucharest"},
	{"SE", "Stockholm"},
	{"SE", "Gothenburg"},
	{"SG", "Singapore"},
	{"TR", "Istanbul"},
	{"UA", "Kyiv"},
	{"US", "New York"},
	{"US", "Los Angeles"},
	{"US", "Chicago"},
	{"US", "Miami"},
	{"ZA", "Johannesburg"},
	{"BA", "Sarajevo"},
}

// sandbox makes n offers, the same ones each time.
func sandbox(n int) []tequilapi.Proposal {
	list := make([]tequilapi.Proposal, n)
	for i := range list {
		c := cities[i%len(cities)]
		h := fnv.New64a()
		_, _ = fmt.Fprint(h, i)
		r := h.Sum64()
		p := tequilapi.Proposal{Format: "service-proposal/v3", Compatibility: 2, ProviderID: fmt.Sprintf("0x%016x%024x", r, i), ServiceType: "wireguard"}
		p.Location.Country, p.Location.City = c.code, c.city
		p.Location.IPType = []string{"residential", "hosting", "residential"}[r%3]
		p.Quality.Quality = 0.7 + float64(r>>8%230)/100
		p.Quality.Latency, p.Quality.Bandwidth = 20+float64(r>>16%180), 20+float64(r>>24%300)
		p.Price.PerHour = tequilapi.Wei(60_000_000_000_000 * (1 + r>>32%9))
		p.Price.PerGiB = tequilapi.Wei(10_000_000_000_000_000 * (1 + r>>40%12))
		list[i] = p
	}
	return list
}

// inPhase is a plausible status for each phase.
func inPhase(p vpn.Phase) vpn.Status {
	s := vpn.Status{
		Phase: p, Since: noon.Add(-754 * time.Second), Network: vpn.Sandbox, Mode: vpn.ProxyMode,
		Proxy: vpn.Proxy{SOCKS5: "127.0.0.1:41871", HTTP: "127.0.0.1:41871"},
		Node:  vpn.Node{State: vpn.NodeRunning, Version: "1.4.0", PID: 4711, API: "127.0.0.1:4050"},
	}
	exit := vpn.Exit{ProviderID: "0x4f2a9c0d1e8b7a6f5e4d3c2b1a09f8e7d6c5b4a3", ServiceType: "wireguard", Country: "CH", City: "Zürich", IPType: "residential", Quality: 2.6}
	switch p {
	case vpn.Unknown:
		return vpn.Status{Network: vpn.Sandbox, Node: vpn.Node{State: vpn.NodeStarting}}
	case vpn.Finding:
		s.Since = noon.Add(-2 * time.Second)
		s.Reason = vpn.Reason{Code: vpn.NodeIsStarting}
		s.Node = vpn.Node{State: vpn.NodeStarting}
	case vpn.Dialing:
		s.Exit, s.Since, s.Attempt = exit, noon.Add(-3*time.Second), 2
	case vpn.Up:
		s.Exit = exit
	case vpn.Reconnecting:
		s.Exit, s.Since = exit, noon.Add(-9*time.Second)
		s.Reason = vpn.Reason{Code: vpn.TunnelStalled}
	case vpn.Blocked:
		s.Exit = exit
		s.Reason = vpn.Reason{Code: vpn.OnHold}
	case vpn.Closing:
		s.Exit = exit
	case vpn.Failed:
		s.Node = vpn.Node{State: vpn.NodeFailed}
		s.Reason = vpn.Reason{Code: vpn.NodeGaveUp, A: "exit status 1"}
	case vpn.Down:
	}
	return s
}

// flow feeds a minute of traffic.
func (s *stage) flow() {
	for i := range 56 {
		wave := func(k, base, swing int) uint64 { return uint64(max(0, base+swing*((i*k)%11-5)/5+swing*((i*3)%7-3)/6)) }
		s.topics.Traffic.Send(vpn.Traffic{
			BytesReceived: uint64(i) * 7_800_000, BytesSent: uint64(i) * 1_100_000, ReceivedPerSecond: wave(2, 7_000_000, 2_900_000),
			SentPerSecond: wave(5, 1_200_000, 600_000), At: noon.Add(time.Duration(i) * time.Second), LastHandshake: noon, MTU: 1420,
		})
		s.lane.Run()
	}
}
