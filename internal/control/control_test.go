package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// net/http stays for half a second with a connection that it has refused, and nobody can wait for it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const provider = "0x1111111111111111111111111111111111111111"

// pipes is a listener whose connections are memory, so that it works with synctest's clock.
type pipes struct {
	next chan net.Conn
	gone chan struct{}
}

func newPipes() *pipes { return &pipes{next: make(chan net.Conn), gone: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.next:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.gone); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }
func (p *pipes) dial(context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.next <- there:
		return here, nil
	case <-p.gone:
		return nil, unixsock.ErrNobody
	}
}

// program is a running one, with a core that the test plays.
type program struct {
	t      *testing.T
	bus    *bus.Bus
	topics *vpn.Topics
	book   *proposals.Book
	ring   *logs.Ring
	heard  *bustest.Recorder[vpn.Command]
	client *Client
	deps   Deps
	stop   func() error
}

func start(t *testing.T) *program {
	p := newProgram(t)
	l := newPipes()
	p.serve(l)
	p.client = newClient("1.0", l.dial)
	return p
}

func newProgram(t *testing.T) *program {
	b := bustest.Bus(t)
	p := &program{t: t, bus: b, topics: vpn.NewTopics(b, vpn.Settings{}), book: new(proposals.Book), ring: logs.NewRing(300)}
	p.heard = bustest.Record(t, p.topics.Commands)
	lane := b.Go("control")
	p.book.Replace([]tequilapi.Proposal{
		{
			ProviderID: provider, ServiceType: "wireguard", Location: tequilapi.ProposalLocation{Country: "DE", City: "Berlin", ISP: "Telekom", IPType: "residential"},
			Quality: tequilapi.Quality{Quality: 2.4, Latency: 55, Bandwidth: 45}, Price: tequilapi.Price{PerHour: tequilapi.Wei(60000000000000), PerGiB: tequilapi.Wei(100000000000000000)},
		},
		{ProviderID: strings.ReplaceAll(provider, "1", "2"), ServiceType: "wireguard", Location: tequilapi.ProposalLocation{Country: "US"}},
	}, noon)
	p.deps = Deps{
		Status: p.topics.Status.Via(lane), Traffic: p.topics.Traffic.Via(lane), Commands: p.topics.Commands, Window: p.topics.Window,
		Book: p.book, Ring: p.ring, Version: "1.0",
	}
	return p
}

func (p *program) serve(l net.Listener) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, p.deps) }()
	p.stop = func() error {
		cancel()
		err := <-served
		served <- err // for whoever asks next
		return err
	}
	p.t.Cleanup(func() { assert.NoError(p.t, p.stop()) })
}

// on has the test's core answer each command.
func (p *program) on(fn func(vpn.Command)) {
	p.t.Cleanup(p.topics.Commands.Via(p.bus.Go("core")).On(fn))
}

func (p *program) say(s vpn.Status) { p.topics.Status.Send(s) }

var full = vpn.Status{
	Phase: vpn.Up, Since: noon.Add(123 * time.Millisecond), Attempt: 0, Network: vpn.Sandbox, Mode: vpn.ProxyMode, Command: 3,
	Exit: vpn.Exit{
		ProviderID: provider, ServiceType: "wireguard", Country: "DE", City: "Berlin", IPType: "residential", Quality: 2.4, Latency: 55, Bandwidth: 45.5,
	},
	Proxy: vpn.Proxy{SOCKS5: "127.0.0.1:1080", HTTP: "127.0.0.1:1080"},
	Node:  vpn.Node{State: vpn.NodeRunning, Version: "1.33.2", PID: 42, API: "127.0.0.1:4050"},
}

func TestStatusAsPrinted(t *testing.T) {
	d := statusDoc(moment{full, vpn.Traffic{BytesSent: 1, BytesReceived: 2, SentPerSecond: 3, ReceivedPerSecond: 4, MTU: 1420, LastHandshake: noon}})
	j, err := json.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, `{"phase":"up",
		"exit":{"country":"DE","country_name":"Germany","city":"Berlin","provider_id":"`+provider+`","service_type":"wireguard","ip_type":"residential","quality":2.4,"quality_grade":"high","latency_ms":55,"bandwidth_mbps":45.5},
		"proxy":{"socks5":"127.0.0.1:1080","http":"127.0.0.1:1080"},"since":"2026-01-02T12:00:00Z",
		"bytes_sent":1,"bytes_received":2,"bytes_sent_per_second":3,"bytes_received_per_second":4,"mtu":1420,"last_handshake":"2026-01-02T12:00:00Z",
		"node":{"state":"running","version":"1.33.2","pid":42,"api":"127.0.0.1:4050","adopted":false,"lack":null},
		"network":"sandbox","mode":"proxy","blocked":null,"exposed":null,"lockdown":false,"lan":false,"reason":null,"attempt":0}`, string(j))
	j, err = json.Marshal(statusDoc(moment{status: vpn.Status{Phase: vpn.Failed, Reason: vpn.Reason{Code: vpn.NoExitInCountry, A: "Germany"}}}))
	require.NoError(t, err)
	j2, err := json.Marshal(statusDoc(moment{status: vpn.Status{Node: vpn.Node{Lack: vpn.Reason{Code: vpn.NodeCarries, A: "x"}}}}))
	require.NoError(t, err)
	assert.Contains(t, string(j2), `"lack":{"code":"node_carries","text":"The node keeps the tunnel to itself`)
	for _, part := range []string{`"phase":"failed"`, `"exit":null`, `"since":null`, `"last_handshake":null`, `"reason":{"code":"no_exit_in_country","text":"No exit in Germany`} {
		assert.Contains(t, string(j), part)
	}
}

func TestOverARealSocket(t *testing.T) {
	p := newProgram(t)
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 30), "control.sock")
	p.client = NewClient(path, "1.0")
	_, err := p.client.Status(t.Context())
	require.ErrorIs(t, err, ErrNotRunning)
	l, err := unixsock.Listen(path)
	require.NoError(t, err)
	p.serve(l)
	p.say(full)
	got, err := p.client.Status(t.Context())
	require.NoError(t, err)
	for got.Phase != vpn.Up { // the lane may not have been there yet
		got, err = p.client.Status(t.Context())
		require.NoError(t, err)
	}
	assert.Equal(t, provider, got.Exit.ProviderID)

	countries, err := p.client.Countries(t.Context())
	require.NoError(t, err)
	require.Len(t, countries, 2)
	assert.Equal(t, CountryDoc{
		Code: "DE", Name: "Germany", Continent: "Europe", Proposals: 1, BestQuality: 2.4, QualityGrade: "high",
		LowestHour: PriceDoc{"60000000000000", "0.00006"}, LowestGiB: PriceDoc{"100000000000000000", "0.1"},
	}, countries[0])

	for country, want := range map[string]int{"": 2, "de": 1, "United States": 1, "fr": 0} {
		list, err := p.client.Proposals(t.Context(), country)
		require.NoError(t, err)
		assert.Len(t, list, want, country)
		assert.NotNil(t, list, "an empty list is [], not null")
	}
	list, err := p.client.Proposals(t.Context(), provider)
	require.NoError(t, err)
	assert.Equal(t, "Telekom", list[0].ISP)
	_, err = p.client.Proposals(t.Context(), "germny")
	var bad *Error
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, CodeBadWhere, bad.Code)

	require.NoError(t, p.stop())
	_, err = p.client.Status(t.Context())
	require.ErrorIs(t, err, ErrNotRunning)
}

func TestStatusWaitsForTheFirstValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t)
		lane := bustest.Lane(t, p.bus)
		p.deps.Status, p.deps.Traffic = p.topics.Status.Via(lane.Lane), p.topics.Traffic.Via(lane.Lane)
		l := newPipes()
		p.serve(l)
		p.client = newClient("1.0", l.dial)
		got := make(chan StatusDoc)
		go func() { d, _ := p.client.Status(t.Context()); got <- d }()
		synctest.Wait()
		select {
		case d := <-got:
			t.Fatalf("answered %v before anything was heard", d)
		default:
		}
		p.say(full)
		lane.Run()
		assert.Equal(t, vpn.Up, (<-got).Phase)
	})
}

func TestWatchTellsEveryStatusAndTrafficOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		var docs []StatusDoc
		stop := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error)
		go func() {
			ended <- p.client.Watch(ctx, func(d StatusDoc) error { docs = append(docs, d); return nil })
		}()
		synctest.Wait()
		require.Len(t, docs, 1, "the present one at once")
		for _, phase := range []vpn.Phase{vpn.Finding, vpn.Dialing, vpn.Up} {
			p.say(vpn.Status{Phase: phase})
			synctest.Wait()
		}
		require.Len(t, docs, 4)
		assert.Equal(t, vpn.Up, docs[3].Phase)
		for i := range 100 { // ten seconds of traffic, ten times a second
			time.Sleep(100 * time.Millisecond)
			p.topics.Traffic.Send(vpn.Traffic{BytesSent: uint64(i + 1)})
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.InDelta(t, 4+11, len(docs), 1)
		assert.Equal(t, uint64(100), docs[len(docs)-1].BytesSent, "the last value comes")
		n := len(docs)
		for range 10 { // read again, but nothing has passed
			time.Sleep(time.Second)
			p.topics.Traffic.Send(vpn.Traffic{BytesSent: 100, At: time.Now()})
		}
		synctest.Wait()
		require.Len(t, docs, n, "the same counters are no news")
		time.Sleep(time.Hour)
		p.say(vpn.Status{Phase: vpn.Down})
		synctest.Wait()
		require.Len(t, docs, n+1, "a watcher that hears nothing for an hour is still there")
		cancel(stop)
		assert.ErrorIs(t, <-ended, stop)
	})
}

func TestConnectTellsHowItEnded(t *testing.T) {
	elsewhere := vpn.Exit{ProviderID: "0x2", Country: "US"}
	berlin := vpn.Exit{ProviderID: provider, Country: "DE"}
	timeout := vpn.Reason{Code: vpn.ProviderSilent, A: "60"}
	type step struct {
		phase  vpn.Phase
		exit   vpn.Exit
		newer  bool
		reason vpn.Reason
	}
	for name, c := range map[string]struct {
		where  string
		target vpn.Target
		steps  []step
		want   Result
		text   string
	}{
		"quick":                {"", vpn.Target{}, []step{{phase: vpn.Finding}, {phase: vpn.Dialing, exit: elsewhere}, {phase: vpn.Up, exit: elsewhere}}, Connected, ""},
		"quick, up already":    {"", vpn.Target{}, []step{{phase: vpn.Up, exit: elsewhere}}, Connected, ""},
		"country":              {"germany", vpn.Target{Country: "DE"}, []step{{phase: vpn.Finding}, {phase: vpn.Up, exit: berlin}}, Connected, ""},
		"provider":             {provider, vpn.Target{ProviderID: provider}, []step{{phase: vpn.Up, exit: berlin}}, Connected, ""},
		"a switch":             {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Up, exit: elsewhere}, {phase: vpn.Closing, exit: elsewhere}, {phase: vpn.Finding}, {phase: vpn.Dialing, exit: berlin}, {phase: vpn.Up, exit: berlin}}, Connected, ""},
		"after a lost try":     {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Dialing, exit: berlin}, {phase: vpn.Reconnecting, exit: berlin}, {phase: vpn.Up, exit: berlin}}, Connected, ""},
		"failed":               {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Dialing, exit: berlin}, {phase: vpn.Failed, reason: timeout}}, Failed, timeout.Text()},
		"failed without why":   {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Failed}}, Failed, "could not be made"},
		"blocked":              {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Blocked, reason: vpn.Reason{Code: vpn.OnHold}}}, Failed, "on hold"},
		"cancelled":            {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Dialing, exit: berlin}, {phase: vpn.Closing, newer: true}, {phase: vpn.Down, newer: true}}, Cancelled, "cancelled from"},
		"superseded":           {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Dialing, exit: berlin}, {phase: vpn.Finding, newer: true}, {phase: vpn.Dialing, exit: elsewhere, newer: true}}, Superseded, "Something else"},
		"superseded and up":    {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Up, exit: elsewhere, newer: true}}, Superseded, "Something else"},
		"somebody wished same": {"DE", vpn.Target{Country: "DE"}, []step{{phase: vpn.Dialing, exit: berlin, newer: true}, {phase: vpn.Up, exit: berlin, newer: true}}, Connected, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t)
				p.say(vpn.Status{Phase: vpn.Down}) // and older than the wish: it must not count
				p.on(func(cmd vpn.Command) {
					assert.Equal(t, vpn.Connect, cmd.Verb)
					assert.Equal(t, c.target, cmd.Target)
					for _, s := range c.steps {
						time.Sleep(time.Second)
						st := vpn.Status{Phase: s.phase, Exit: s.exit, Reason: s.reason, Command: cmd.ID}
						if s.newer {
							st.Command++
						}
						p.say(st)
					}
				})
				var seen []vpn.Phase
				out, err := p.client.Connect(t.Context(), c.where, ConnectOptions{OnStatus: func(d StatusDoc) { seen = append(seen, d.Phase) }})
				require.NoError(t, err)
				assert.Equal(t, c.want, out.Result)
				if c.want == Connected {
					assert.NoError(t, out.Err())
					assert.Nil(t, out.Reason)
				} else {
					assert.ErrorContains(t, out.Err(), c.text)
				}
				var want []vpn.Phase
				for _, s := range c.steps[:len(c.steps)-1] {
					want = append(want, s.phase)
				}
				assert.Equal(t, want, seen)
				assert.Equal(t, c.steps[len(c.steps)-1].phase, out.Status.Phase)
			})
		})
	}
}

func TestDisconnectWaitsForDown(t *testing.T) {
	for name, c := range map[string]struct {
		phases []vpn.Phase
		newer  bool
		want   Result
	}{
		"up":               {[]vpn.Phase{vpn.Closing, vpn.Down}, false, Disconnected},
		"down already":     {[]vpn.Phase{vpn.Down}, false, Disconnected},
		"failed before":    {[]vpn.Phase{vpn.Failed}, false, Disconnected},
		"slow":             {[]vpn.Phase{vpn.Up, vpn.Up, vpn.Closing, vpn.Down}, false, Disconnected},
		"somebody else's":  {[]vpn.Phase{vpn.Finding}, true, Superseded},
		"twice disconnect": {[]vpn.Phase{vpn.Closing, vpn.Down}, true, Disconnected},
		"not opened":       {[]vpn.Phase{vpn.Closing, vpn.Blocked}, false, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t)
				p.say(vpn.Status{Phase: vpn.Down})
				p.on(func(cmd vpn.Command) {
					assert.Equal(t, vpn.Disconnect, cmd.Verb)
					for _, phase := range c.phases {
						time.Sleep(time.Second)
						s := vpn.Status{Phase: phase, Command: cmd.ID}
						if c.newer {
							s.Command++
						}
						p.say(s)
					}
				})
				out, err := p.client.Disconnect(t.Context())
				require.NoError(t, err)
				assert.Equal(t, c.want, out.Result)
			})
		})
	}
}

func TestBadWhereIsRefusedWithASentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		_, err := p.client.Connect(t.Context(), "germny", ConnectOptions{})
		var bad *Error
		require.ErrorAs(t, err, &bad)
		assert.Equal(t, CodeBadWhere, bad.Code)
		assert.Equal(t, []string{"Germany (DE)"}, bad.DidYouMean)
		assert.Contains(t, bad.Text, `"germny" is neither a country nor a provider id; did you mean Germany (DE)?`)
		assert.Empty(t, p.heard.All(), "the core hears nothing of it")
	})
}

func TestALostClientTakesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.client.Connect(ctx, "de", ConnectOptions{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, p.heard.All(), 1)
		assert.Equal(t, vpn.Connect, p.heard.Last().Verb)
	})
}

func TestTakeBackDisconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.on(func(c vpn.Command) {
			phase := vpn.Dialing
			if c.Verb == vpn.Disconnect {
				phase = vpn.Down
			}
			p.say(vpn.Status{Phase: phase, Command: c.ID})
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.client.Connect(ctx, "de", ConnectOptions{TakeBack: true})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		require.Len(t, p.heard.All(), 2)
		assert.Equal(t, vpn.Disconnect, p.heard.Last().Verb)
		assert.Equal(t, vpn.Down, p.topics.Status.Load().Phase)
	})
}

// mute is a program that is stopped: it takes connections, and no more.
func mute(t *testing.T) *Client {
	return newClient("1.0", func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		t.Cleanup(func() { _ = there.Close() })
		go func() { _, _ = io.Copy(io.Discard, there) }()
		return here, nil
	})
}

func TestAProgramThatDoesNotAnswerIsSaidSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mute(t)
		begin := time.Now()
		_, err := c.Status(t.Context())
		require.ErrorIs(t, err, ErrSilent)
		_, err = c.Connect(t.Context(), "de", ConnectOptions{TakeBack: true})
		require.ErrorIs(t, err, ErrSilent)
		_, err = c.Disconnect(t.Context())
		require.ErrorIs(t, err, ErrSilent)
		require.ErrorIs(t, c.Watch(t.Context(), nil), ErrSilent)
		require.ErrorIs(t, c.Raise(t.Context()), ErrSilent)
		require.ErrorIs(t, c.Quit(t.Context()), ErrSilent)
		assert.LessOrEqual(t, time.Since(begin), 6*callTime)
	})
}

func TestACancelThatWasNotHeardIsNotCalledDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := mute(t).Connect(ctx, "de", ConnectOptions{TakeBack: true})
		require.ErrorIs(t, err, ErrNotTakenBack)
	})
}

func TestTheProgramOfAnotherUserIsSaidSo(t *testing.T) {
	for _, why := range []error{unixsock.ErrForeign, &net.OpError{Op: "dial", Err: fs.ErrPermission}} {
		c := newClient("1.0", func(context.Context) (net.Conn, error) { return nil, fmt.Errorf("dial: %w", why) })
		_, err := c.Status(t.Context())
		require.ErrorIs(t, err, ErrOtherUser)
	}
}

func TestTakeBackLeavesTheWishesOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.on(func(c vpn.Command) {
			p.say(vpn.Status{Phase: vpn.Finding, Command: c.ID + 1}) // somebody else was quicker
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.client.Connect(ctx, "de", ConnectOptions{TakeBack: true})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		assert.Len(t, p.heard.All(), 1)
	})
}

func TestTheProgramEndsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		ended := make(chan error, 3)
		go func() {
			_, err := p.client.Connect(t.Context(), "", ConnectOptions{})
			ended <- err
		}()
		go func() { ended <- p.client.Watch(t.Context(), func(StatusDoc) error { return nil }) }()
		go func() {
			ended <- p.client.Logs(t.Context(), LogQuery{Follow: true}, func(LogDoc) error { return nil })
		}()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, p.stop())
		for range 3 {
			require.ErrorIs(t, <-ended, ErrEnded)
		}
		assert.Less(t, time.Since(began), closeTime)
		_, err := p.client.Status(t.Context())
		require.ErrorIs(t, err, ErrNotRunning)
	})
}

func TestRaiseAndQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		raised := bustest.Record(t, p.topics.Window)
		require.NoError(t, p.client.Raise(t.Context()))
		synctest.Wait()
		assert.Len(t, raised.All(), 1)
		p.on(func(c vpn.Command) {
			assert.Equal(t, vpn.Quit, c.Verb)
			time.Sleep(5 * time.Second)
			go func() { _ = p.stop() }()
		})
		began := time.Now()
		require.NoError(t, p.client.Quit(t.Context()))
		assert.GreaterOrEqual(t, time.Since(began), 5*time.Second)
		synctest.Wait()
	})
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t)
		p.deps.Window = nil
		l := newPipes()
		p.serve(l)
		err := newClient("1.0", l.dial).Raise(t.Context())
		var no *Error
		require.ErrorAs(t, err, &no)
		assert.Equal(t, CodeNoWindow, no.Code)
	})
}

func TestRetryReturnsWhenTheWishWasTakenIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		before := full
		before.Command = 0
		p.say(before)
		p.topics.Traffic.Send(vpn.Traffic{})
		p.on(func(c vpn.Command) {
			assert.Equal(t, vpn.RestartNode, c.Verb)
			time.Sleep(time.Second)
			s := full
			s.Command = c.ID
			p.say(s)
		})
		began := time.Now()
		require.NoError(t, p.client.Retry(t.Context()))
		assert.Equal(t, time.Second, time.Since(began))
		synctest.Wait()
	})
}

func TestLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		for i := range 6 {
			p.ring.Append(logs.Line{Source: logs.Source(i%3 + 1), Level: logs.Info, Text: fmt.Sprint(i)})
		}
		all := func(q LogQuery) (out []string) {
			require.NoError(t, p.client.Logs(t.Context(), q, func(d LogDoc) error { out = append(out, d.Text); return nil }))
			return out
		}
		assert.Equal(t, []string{"0", "1", "2", "3", "4", "5"}, all(LogQuery{}))
		assert.Equal(t, []string{"1", "4"}, all(LogQuery{Source: logs.Node}))
		assert.Equal(t, []string{"4", "5"}, all(LogQuery{Tail: 2}))
		assert.Empty(t, all(LogQuery{New: true}))
		assert.Equal(t, []string{"4"}, all(LogQuery{Tail: 1, Source: logs.Node}))
		assert.Equal(t, []string{"3", "4", "5"}, all(LogQuery{Cursor: 3}))
		enough := errors.New("enough")
		require.ErrorIs(t, p.client.Logs(t.Context(), LogQuery{}, func(LogDoc) error { return enough }), enough)

		var followed []LogDoc
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- p.client.Logs(ctx, LogQuery{Follow: true, Source: logs.Tunnel, Tail: 1}, func(d LogDoc) error { followed = append(followed, d); return nil })
		}()
		synctest.Wait()
		for range 3 {
			p.ring.Append(logs.Line{Source: logs.Tunnel, Text: "more"})
			p.ring.Append(logs.Line{Source: logs.App, Text: "other"})
			time.Sleep(time.Second)
		}
		for range 1000 { // more than the ring has room for, between two looks
			p.ring.Append(logs.Line{Source: logs.Tunnel, Text: "flood"})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Len(t, followed, 1+3+1+100)
		assert.Equal(t, "5", followed[0].Text)
		assert.Equal(t, "more", followed[3].Text)
		assert.Equal(t, uint64(900), followed[4].Lost)
		assert.Equal(t, "flood", followed[5].Text)
	})
}

func TestOneConnectionsLinesAndTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t)
		var told []vpn.Story
		taps := 0
		p.deps.Stories = func() []vpn.Story { return told }
		p.deps.Tap = func() func() { taps++; return func() { taps-- } }
		l := newPipes()
		p.serve(l)
		p.client = newClient("1.0", l.dial)
		all := func(q LogQuery) (out []string) {
			require.NoError(t, p.client.Logs(t.Context(), q, func(d LogDoc) error { out = append(out, d.Text); return nil }))
			return out
		}
		for _, id := range []string{LastConnection, "k7"} {
			var unknown *Error
			require.ErrorAs(t, p.client.Logs(t.Context(), LogQuery{Connection: id}, nil), &unknown)
			assert.Equal(t, CodeNoConnection, unknown.Code)
		}
		docs, err := p.client.Timeline(t.Context())
		require.NoError(t, err)
		assert.Empty(t, docs)

		step := vpn.Step{At: noon, Took: 1500 * time.Millisecond, Phase: vpn.Dialing, Attempt: 1, Exit: vpn.Exit{Country: "DE"}}
		end := vpn.Step{At: noon, Phase: vpn.Failed, Reason: vpn.Reason{Code: vpn.ProviderSilent, A: "60"}}
		told = []vpn.Story{{ID: "k6", Steps: []vpn.Step{step}}, {ID: "k7", Target: vpn.Target{Country: "DE"}, Begun: noon, Steps: []vpn.Step{step, end}}}
		p.ring.Append(logs.Line{Source: logs.Node, Text: "of k7", Connection: "k7"})
		p.ring.Append(logs.Line{Source: logs.App, Text: "of none"})
		p.ring.Append(logs.Line{Source: logs.Bus, Text: "sent"})
		assert.Equal(t, []string{"of k7"}, all(LogQuery{Connection: LastConnection}))
		assert.Equal(t, []string{"of k7"}, all(LogQuery{Connection: "k7"}))
		assert.Empty(t, all(LogQuery{Connection: "k6"}))
		assert.Equal(t, []string{"of k7"}, all(LogQuery{Connection: "k7", Tail: 1}), "the last of those, not those of the last")
		assert.Empty(t, all(LogQuery{Connection: "k7", New: true}))
		assert.Equal(t, []string{"sent"}, all(LogQuery{Source: logs.Bus}))
		docs, err = p.client.Timeline(t.Context())
		require.NoError(t, err)
		require.Len(t, docs, 2)
		assert.False(t, docs[0].Over)
		assert.True(t, docs[1].Over)
		assert.InDelta(t, 1.5, docs[1].Steps[0].Seconds, 0)
		assert.Equal(t, "provider_silent", docs[1].Steps[1].Reason.Code)

		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- p.client.Logs(ctx, LogQuery{Follow: true, Source: logs.Bus}, func(LogDoc) error { return nil })
		}()
		synctest.Wait()
		assert.Equal(t, 1, taps, "the bus speaks while it is followed")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		synctest.Wait()
		assert.Zero(t, taps)
	})
}

func TestReportAndFeedback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t)
		made := report.Report{Parts: []report.Part{{Name: "log.txt", About: "the log", Text: "<a> & b\n"}}, Hidden: map[string]int{"ip": 2}, At: noon}
		p.deps.Report = func() report.Report { return made }
		l := newPipes()
		p.serve(l)
		p.client = newClient("1.0", l.dial)
		got, err := p.client.Report(t.Context())
		require.NoError(t, err)
		assert.Equal(t, made, got)
		_, err = p.client.Feedback(t.Context(), "a@b.org", "words")
		require.ErrorContains(t, err, "Only a node of the Mysterium Network")
	})
	synctest.Test(t, func(t *testing.T) {
		p := newProgram(t)
		p.deps.Feedback = func(_ context.Context, email, words string) (string, error) {
			time.Sleep(time.Minute) // the node sends megabytes away
			if words == "" {
				return "", errors.New("say more")
			}
			return email + words, nil
		}
		l := newPipes()
		p.serve(l)
		p.client = newClient("1.0", l.dial)
		issue, err := p.client.Feedback(t.Context(), "a@b.org", "words")
		require.NoError(t, err)
		assert.Equal(t, "a@b.orgwords", issue)
		_, err = p.client.Feedback(t.Context(), "a@b.org", "")
		require.EqualError(t, err, "Say more.")
	})
}

func TestVersionsThatDoNotFitSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		_, body := p.raw("GET /status HTTP/1.1\r\nHost: x\r\nMysteriumvpn-Protocol: 99\r\nMysteriumvpn-Version: 9.0\r\n\r\n")
		assert.Contains(t, body, `"code":"version"`)
		assert.Contains(t, body, "The running MysteriumVPN is version 1.0 and this command is version 9.0")

		other := newPipes()
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(headerVersion, "0.1") })}
		go func() { _ = web.Serve(other) }()
		_, err := newClient("1.0", other.dial).Status(t.Context())
		var old *Error
		require.ErrorAs(t, err, &old)
		assert.Equal(t, CodeVersion, old.Code)
		assert.Contains(t, old.Text, "version 0.1 and this command is version 1.0")
		_ = web.Close()
	})
}

// raw sends bytes and reads one answer.
func (p *program) raw(request string) (status int, body string) {
	conn, err := p.client.http.Transport.(*http.Transport).DialContext(p.t.Context(), "", "")
	require.NoError(p.t, err)
	defer func() { _ = conn.Close() }()
	go func() { _, _ = io.WriteString(conn, request) }()
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(p.t, err)
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	require.NoError(p.t, err)
	return r.StatusCode, string(b)
}

func TestHostileRequestsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		const head = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nMysteriumvpn-Protocol: 1\r\n"
		post := func(body string) string {
			return "POST /connect" + head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
		}
		for name, c := range map[string]struct {
			request string
			status  int
		}{
			"unknown call":   {"GET /etc/passwd" + head + "\r\n", 404},
			"wrong method":   {"GET /connect" + head + "\r\n", 404},
			"no JSON":        {post("hello"), 400},
			"wrong type":     {post(`{"where":7}`), 400},
			"huge":           {post(`{"where":"` + strings.Repeat("x", 1<<20) + `"}`), 400},
			"odd where":      {post(`{"where":"\u001b[31m\u0000` + strings.Repeat("é", 1000) + `"}`), 400},
			"bad source":     {"GET /logs?source=router" + head + "\r\n", 400},
			"bad cursor":     {"GET /logs?cursor=-1" + head + "\r\n", 400},
			"bad country":    {"GET /proposals?country=%00%ff" + head + "\r\n", 400},
			"not our header": {"GET /status HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		} {
			status, body := p.raw(c.request)
			assert.Equal(t, c.status, status, name)
			assert.True(t, strings.HasPrefix(body, `{"error":{"code":`), "%s: %s", name, body)
			assert.NotContains(t, body, "\x1b")
		}
		assert.Empty(t, p.heard.All())
	})
}

func TestTooManyRequestsAtOnceAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		ctx, cancel := context.WithCancel(t.Context())
		for range maxRequests {
			go func() { _ = p.client.Watch(ctx, func(StatusDoc) error { return nil }) }()
		}
		synctest.Wait()
		_, err := p.client.Status(t.Context())
		require.ErrorContains(t, err, "Too many commands")
		cancel()
		synctest.Wait()
		_, err = p.client.Status(t.Context())
		require.NoError(t, err)
	})
}

func TestAClientThatDoesNotReadIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		conn, err := p.client.http.Transport.(*http.Transport).DialContext(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /watch HTTP/1.1\r\nHost: x\r\nMysteriumvpn-Protocol: 1\r\n\r\n")
		require.NoError(t, err)
		time.Sleep(2 * writeTime)
		synctest.Wait()
		_, err = io.ReadAll(conn)
		require.NoError(t, err, "closed, with nothing more to read")
		require.NoError(t, conn.Close())
	})
}
