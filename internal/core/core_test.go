package core

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeNode is a process that runs until told to stop.
type fakeNode struct {
	retries int
	gone    chan struct{}
}

func (n *fakeNode) Serve(ctx context.Context) error {
	<-ctx.Done()
	close(n.gone)
	return context.Cause(ctx)
}
func (n *fakeNode) Retry() { n.retries++ }

// fakeTunnel is a device that counts.
type fakeTunnel struct {
	mu  sync.Mutex
	up  bool
	ups int
	via netip.AddrPort // where the proxy was that Via was told of
	err error
}

func (f *fakeTunnel) Up(context.Context, wgnet.Config) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.up = true
	f.ups++
	return nil
}

func (f *fakeTunnel) Via(_ context.Context, proxy netip.AddrPort) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.up, f.via = true, proxy
	return nil
}

func (f *fakeTunnel) Down() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.up = false
}

func (f *fakeTunnel) Stats() (wgnet.Stats, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return wgnet.Stats{BytesSent: 10, BytesReceived: 20}, f.up
}

// noListener is a supervisor socket that nobody calls: the rig calls the supervisor's own functions.
type noListener struct{ closed chan struct{} }

func (l *noListener) Accept() (net.Conn, error) { <-l.closed; return nil, net.ErrClosed }
func (l *noListener) Addr() net.Addr            { return &net.UnixAddr{} }
func (l *noListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

// everyStatus remembers what is sent: a receiver of a State may miss what is true for a moment only.
type everyStatus struct {
	to  bus.Sender[vpn.Status]
	mu  sync.Mutex
	all []vpn.Status
}

func (e *everyStatus) Send(s vpn.Status) {
	e.mu.Lock()
	e.all = append(e.all, s)
	e.mu.Unlock()
	e.to.Send(s)
}

func (e *everyStatus) All() []vpn.Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

// rig is a core with a fake node and a fake tunnel, in a bubble.
type rig struct {
	t      *testing.T
	core   *Core
	topics *vpn.Topics
	api    *tequilatest.Node
	node   *fakeNode
	tunnel *fakeTunnel
	seen   *everyStatus
	said   *bustest.Recorder[vpn.Notice]
	log    *observer.ObservedLogs
	live   []string // as Parts.Live heard it
	stop   context.CancelFunc
	served chan error
}

func offer(id, country string, quality float64) tequilapi.Proposal {
	return tequilapi.Proposal{
		ProviderID: id, ServiceType: "wireguard", Location: tequilapi.ProposalLocation{Country: country},
		Quality: tequilapi.Quality{Quality: quality},
	}
}

func inRig(t *testing.T, story func(*rig)) { inRigWith(t, func(*Parts) {}, story) }

// inRigWith changes the parts before the core is made.
func inRigWith(t *testing.T, change func(*Parts), story func(*rig)) {
	synctest.Test(t, func(t *testing.T) {
		b := bustest.Bus(t)
		lane := b.Go("core")
		r := &rig{
			t: t, topics: vpn.NewTopics(b, vpn.Settings{}), api: tequilatest.NewNode(t, tequilatest.InMemory()),
			node: &fakeNode{gone: make(chan struct{})}, tunnel: &fakeTunnel{}, served: make(chan error, 1),
		}
		r.seen = &everyStatus{to: r.topics.Status}
		r.api.AddIdentity("0xme", "", tequilapi.Money{})
		r.api.SetProposals(offer("0xde1", "DE", 2.5), offer("0xde2", "DE", 2), offer("0xnl1", "NL", 1))
		transport := r.api.Transport()
		var seen zapcore.Core
		seen, r.log = observer.New(zapcore.DebugLevel)
		log := zaptest.NewLogger(t, zaptest.WrapOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core { return zapcore.NewTee(c, seen) })))
		parts := Parts{
			Log: log, Lane: lane,
			Status: r.seen, Traffic: r.topics.Traffic, Settings: r.topics.Settings,
			Proposals: r.topics.Proposals, Notices: r.topics.Notices, Commands: r.topics.Commands.Via(lane),
			Node: r.node, Tunnel: r.tunnel, Book: &proposals.Book{}, Supervisor: &noListener{closed: make(chan struct{})},
			API: func(string) (*tequilapi.Client, error) {
				return tequilapi.New(r.api.URL(), tequilapi.WithTransport(transport), LogCalls(log))
			},
			Live:    func(id string) { r.live = append(r.live, id) },
			Network: vpn.Sandbox, Proxy: vpn.Proxy{SOCKS5: "127.0.0.1:1080", HTTP: "127.0.0.1:1080"},
		}
		change(&parts)
		r.core = New(parts)
		r.api.OnConnect(func(ctx context.Context, _ tequilapi.ConnectRequest) error { return r.wgUp(ctx) })
		r.said = bustest.Record(t, r.topics.Notices.Via(b.Go("test2")))
		ctx, stop := context.WithCancel(t.Context())
		r.stop = stop
		go func() { r.served <- r.core.Serve(ctx) }()
		synctest.Wait()
		defer func() { // even if the story fails: a bubble may not leave goroutines behind
			stop()
			assert.NoError(t, <-r.served)
			<-r.node.gone
			assert.False(t, r.tunnel.up, "the tunnel is down after Serve")
			transport.CloseIdleConnections()
		}()
		story(r)
	})
}

// wgUp is what a node asks its supervisor for while it connects.
func (r *rig) wgUp(ctx context.Context) error {
	pub, err := wgnet.NewPrivateKey().PublicKey()
	if err != nil {
		return err
	}
	c := supervisor.Config{
		PrivateKey: wgnet.NewPrivateKey(), Subnet: netip.MustParsePrefix("10.182.0.2/24"),
		Peer: supervisor.Peer{
			PublicKey: pub, Endpoint: netip.MustParseAddrPort("127.0.0.1:51820"),
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
		},
	}
	_, err = (&lineman{r.core}).Up(ctx, c)
	return err
}

func (r *rig) running() {
	r.core.NodeState(nodeproc.State{Phase: nodeproc.Running, PID: 7, API: "127.0.0.1:4050"})
	synctest.Wait()
}

func (r *rig) connect(to vpn.Target) {
	r.topics.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Connect, Target: to})
	synctest.Wait()
}

func (r *rig) wish(v vpn.Verb) {
	r.topics.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: v})
	r.pass(time.Second)
}

// pass lets time pass.
func (r *rig) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) phases() []string {
	var out []string
	for _, s := range r.seen.All() {
		if p := s.Phase.String(); len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

func TestConnectThroughTheNode(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Up, s.Phase, s.Reason.Text())
		assert.Equal(t, "0xde1", s.Exit.ProviderID, "the better one")
		assert.Equal(t, "0xde1", r.topics.Settings.Load().LastExit)
		assert.Equal(t, "127.0.0.1:1080", s.Proxy.SOCKS5)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		assert.EqualValues(t, 20, r.topics.Traffic.Load().BytesReceived)
		r.topics.Commands.Send(vpn.Command{Verb: vpn.Disconnect})
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"unknown", "down", "finding", "dialing", "up", "closing", "down"}, r.phases())
	})
}

func TestCancelWhileTheNodeDials(t *testing.T) {
	inRig(t, func(r *rig) {
		r.api.OnConnect(func(ctx context.Context, _ tequilapi.ConnectRequest) error { <-ctx.Done(); return ctx.Err() })
		r.running()
		r.connect(vpn.Target{})
		assert.Equal(t, vpn.Dialing, r.topics.Status.Load().Phase)
		r.topics.Commands.Send(vpn.Command{Verb: vpn.Disconnect})
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, vpn.Down, r.topics.Status.Load().Phase)
		assert.True(t, r.topics.Status.Load().Reason.Zero(), "a cancel is no failure")
		assert.Empty(t, r.said.All())
	})
}

func TestANodeThatForgetsTheConnectionIsRedialed(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{Country: "NL"})
		require.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
		r.api.SetStatus(tequilapi.NotConnected)
		time.Sleep(3 * pollEvery)
		synctest.Wait()
		assert.Equal(t, []string{"unknown", "down", "finding", "dialing", "up", "reconnecting", "up"}, r.phases())
		assert.Equal(t, 2, r.tunnel.ups)
	})
}

func TestOnHoldIsBlocked(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{})
		r.api.SetStatus(tequilapi.OnHold)
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Blocked, s.Phase)
		assert.Equal(t, vpn.OnHold, s.Reason.Code)
	})
}

func TestTheNextBestExitIsTriedAndSaid(t *testing.T) {
	inRig(t, func(r *rig) {
		var tried []string
		r.api.OnConnect(func(ctx context.Context, q tequilapi.ConnectRequest) error {
			tried = append(tried, q.ProviderID)
			if q.ProviderID == "0xde1" {
				return errors.New("could not create p2p channel")
			}
			return r.wgUp(ctx)
		})
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, []string{"0xde1", "0xde2"}, tried)
		assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
		require.Len(t, r.said.All(), 1)
		assert.Contains(t, r.said.Last().Reason.Text(), "0xde1")
	})
}

func TestAConnectionLeftOverIsClosedAndRedialed(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.api.Fail("PUT", "/connection", tequilapi.Error{Status: 422, Code: "err_connection_already_exists", Message: "Connection already exists"})
		r.connect(vpn.Target{Country: "DE"})
		time.Sleep(time.Second)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Up, s.Phase, s.Reason.Text())
		assert.Equal(t, "0xde1", s.Exit.ProviderID, "it was not the provider's fault")
	})
}

func TestASilentProviderIsHungUpAfterAMinute(t *testing.T) {
	inRig(t, func(r *rig) {
		r.api.OnConnect(func(ctx context.Context, _ tequilapi.ConnectRequest) error { <-ctx.Done(); return ctx.Err() })
		r.running()
		r.connect(vpn.Target{ProviderID: "0xde2"})
		time.Sleep(dialLimit + 5*time.Second)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Failed, s.Phase)
		assert.Equal(t, vpn.ProviderSilent, s.Reason.Code)
		assert.Contains(t, s.Reason.Text(), "60 seconds")
	})
}

func TestANodeThatDiesWhileUpIsDialedAgain(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		r.core.NodeState(nodeproc.State{Phase: nodeproc.Waiting, Err: &nodeproc.WentAwayError{How: "signal: killed"}})
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Reconnecting, s.Phase)
		assert.Contains(t, s.Reason.Text(), "killed")
		assert.False(t, r.tunnel.up, "a tunnel without its node refuses")
		r.api.SetStatus(tequilapi.NotConnected)
		r.running()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s = r.topics.Status.Load()
		assert.Equal(t, vpn.Up, s.Phase, s.Reason.Text())
		assert.Equal(t, "0xde1", s.Exit.ProviderID)
	})
}

func TestErrorsOfTheNodeBecomeReasons(t *testing.T) {
	for _, c := range []struct {
		err      *tequilapi.Error
		provider string
		want     vpn.Reason
	}{
		{&tequilapi.Error{Status: 500, Code: "err_connect", Message: "unlock required"}, "0x1", vpn.Reason{Code: vpn.NotUnlocked}},
		{&tequilapi.Error{Status: 500, Code: "err_connect", Message: "insufficient balance"}, "0x1", vpn.Reason{Code: vpn.NoBalance}},
		{&tequilapi.Error{Status: 500, Code: "err_connect", Message: "no providers available for the filter"}, "0x1", vpn.Reason{Code: vpn.NoSuchProvider, A: "0x1"}},
		{&tequilapi.Error{Status: 500, Code: "err_connect", Message: "dial: no answer."}, "0x1", vpn.Reason{Code: vpn.ProviderFailed, A: "0x1", B: "dial: no answer"}},
		{&tequilapi.Error{Status: 500, Code: "err_proposals_query", Message: "Proposals query failed."}, "", vpn.Reason{Code: vpn.NodeRefused, A: "Proposals query failed"}},
	} {
		assert.Equal(t, c.want, reasonOf(c.err, c.provider), c.err.Message)
	}
	assert.True(t, reasonOf(nil, "0x1").Zero())
}

func TestWhyTheNodeLeftIsSaidInOneSentence(t *testing.T) {
	lines := []string{"2026-01-02 INF starting", "Make the node's folder: permission denied."}
	for _, c := range []struct {
		state nodeproc.State
		want  string
	}{
		{
			nodeproc.State{Phase: nodeproc.Waiting, Err: &nodeproc.WentAwayError{How: "signal: killed", LastLines: lines}},
			"The node stopped (signal: killed). It is being started again.",
		},
		{
			nodeproc.State{Phase: nodeproc.Waiting, Err: &nodeproc.WentAwayError{How: "exit status 1", LastLines: lines}},
			"The node stopped (exit status 1: Make the node's folder: permission denied). It is being started again.",
		},
		{
			nodeproc.State{Phase: nodeproc.Failed, Err: &nodeproc.GaveUpError{Err: &nodeproc.WentAwayError{How: "exit status 1", LastLines: lines}}},
			"The node keeps stopping, so it was given up: exit status 1: Make the node's folder: permission denied. See the log, then try to connect again.",
		},
	} {
		assert.Equal(t, c.want, nodeReason(c.state).Text())
	}
}

func TestFiltersHoldWhereTheChoiceIsLeftToUs(t *testing.T) {
	inRig(t, func(r *rig) {
		hosting := offer("0xde3", "DE", 1.2)
		hosting.Location.IPType = "hosting"
		r.api.SetProposals(offer("0xde1", "DE", 2.5), hosting, offer("0xnl1", "NL", 1))
		s := r.topics.Settings.Load()
		s.FilterIPType = "hosting"
		r.topics.Settings.Send(s)
		r.running()
		r.connect(vpn.Target{})
		assert.Equal(t, "0xde3", r.topics.Status.Load().Exit.ProviderID, "quick connect")
		r.connect(vpn.Target{ProviderID: "0xde1"})
		assert.Equal(t, "0xde1", r.topics.Status.Load().Exit.ProviderID, "whom the user names is taken")
		assert.Empty(t, r.said.All())
		r.connect(vpn.Target{Country: "NL"})
		assert.Equal(t, "0xnl1", r.topics.Status.Load().Exit.ProviderID, "none there passes: the country counts more")
		require.Len(t, r.said.All(), 1)
		assert.Equal(t, vpn.FiltersPassNone, r.said.Last().Reason.Code)
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, "0xde3", r.topics.Status.Load().Exit.ProviderID)
	})
}

func TestAPresetIsAskedForAtOnce(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		require.Zero(t, r.core.Book.Load().Preset)
		assert.Len(t, r.core.Book.Load().Presets, 3)
		s := r.topics.Settings.Load()
		s.FilterPreset = 2
		r.topics.Settings.Send(s)
		synctest.Wait()
		assert.Equal(t, 2, r.core.Book.Load().Preset)
		assert.Equal(t, r.core.Book.Load().Version, r.topics.Proposals.Load())
	})
}

func TestTheNodeIsAskedForWhatItLeavesOutByItself(t *testing.T) {
	inRig(t, func(r *rig) {
		asked := func() string {
			q := r.api.Requests()
			i := slices.IndexFunc(q, func(q tequilatest.Request) bool { return q.Path == "/proposals" && q.Query != "" })
			if i < 0 {
				return ""
			}
			return q[i].Query
		}
		r.core.Network = vpn.Mysterium
		r.running()
		require.Empty(t, asked())
		s := r.topics.Settings.Load()
		s.ListRestricted, s.ListFailing = true, true
		r.topics.Settings.Send(s)
		synctest.Wait()
		assert.Equal(t, "access_policy=all&include_monitoring_failed=true", asked())
	})
}

func TestTheNodeIsAskedForWhatTheNATLetsThrough(t *testing.T) {
	inRig(t, func(r *rig) {
		asked := func() bool {
			return slices.ContainsFunc(r.api.Requests(), func(q tequilatest.Request) bool {
				return q.Path == "/proposals" && q.Query == "nat_compatibility=auto"
			})
		}
		r.core.Network = vpn.Mysterium
		r.running()
		require.False(t, asked())
		s := r.topics.Settings.Load()
		s.FilterNAT = true
		r.topics.Settings.Send(s)
		synctest.Wait()
		assert.True(t, asked())
	})
}
