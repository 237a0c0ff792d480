package core

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/mystnode"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// TestAnIdentityThatCannotConnectIsSaidInWords: none of these hangs, and none blames an exit.
func TestAnIdentityThatCannotConnectIsSaidInWords(t *testing.T) {
	for status, code := range map[tequilapi.RegistrationStatus]vpn.Code{
		tequilapi.Unregistered:        vpn.NotRegistered,
		tequilapi.RegistrationFailed:  vpn.NotRegisterable,
		tequilapi.RegistrationUnknown: vpn.RegistrationDark,
		"":                            vpn.RegistrationDark,
		"SomethingNew":                vpn.NotRegistered,
	} {
		inRig(t, func(r *rig) {
			r.api.SetRegistration("0xme", status)
			r.running()
			r.connect(vpn.Target{Country: "DE"})
			time.Sleep(10 * time.Second) // what may pass is tried three times
			synctest.Wait()
			s := r.topics.Status.Load()
			assert.Equal(t, vpn.Failed, s.Phase, status)
			assert.Equal(t, vpn.Reason{Code: code, A: "0xme"}, s.Reason, status)
			assert.Empty(t, r.core.avoided, "no exit steps back for it")
		})
	}
}

// TestAChainThatCannotBeAskedIsNotAnUnregisteredIdentity: the node says 500 then.
func TestAChainThatCannotBeAskedIsNotAnUnregisteredIdentity(t *testing.T) {
	inRig(t, func(r *rig) {
		dark := tequilapi.Error{Status: 500, Code: "err_id_registration_status_check", Message: "Failed to check registration status"}
		r.api.Fail("GET", "/identities/0xme/registration", dark)
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, vpn.RegistrationDark, r.topics.Status.Load().Reason.Code)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase, "it passed")
	})
}

func TestNoBalanceWhileRegisteringIsTheRegistration(t *testing.T) {
	poor := tequilapi.Error{Status: 500, Code: "err_connect", Message: "Failed to connect: insufficient balance"}
	for status, want := range map[tequilapi.RegistrationStatus]vpn.Reason{
		tequilapi.RegistrationPending: {Code: vpn.Registering, A: "0xme"},
		tequilapi.Registered:          {Code: vpn.NoBalance},
	} {
		inRig(t, func(r *rig) {
			r.api.SetRegistration("0xme", status)
			r.api.Fail("PUT", "/connection", poor)
			r.running()
			r.connect(vpn.Target{Country: "DE"})
			s := r.topics.Status.Load()
			assert.Equal(t, vpn.Failed, s.Phase)
			assert.Equal(t, want, s.Reason)
		})
	}
}

func TestAnIdentityUnderAPassphraseIsLocked(t *testing.T) {
	inRig(t, func(r *rig) {
		locked := tequilapi.Error{Status: 500, Code: "err_to_id_use_or_create", Message: "Failed to use or create identity: could not decrypt key with given password"}
		for range maxExits {
			r.api.Fail("PUT", "/identities/current", locked)
		}
		r.running()
		r.connect(vpn.Target{Country: "DE"})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Failed, s.Phase)
		assert.Equal(t, vpn.NotUnlocked, s.Reason.Code)
	})
}

func TestAPriceThatChangedIsSaid(t *testing.T) {
	inRig(t, func(r *rig) {
		r.running()
		r.connect(vpn.Target{Country: "NL"})
		require.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
		cheaper := offer("0xnl1", "NL", 1)
		cheaper.Price.PerGiB = tequilapi.Wei(7)
		r.api.SetProposals(cheaper)
		var again context.CancelFunc
		dialing, stop := context.WithCancel(context.Background())
		again = stop
		r.api.OnConnect(func(ctx context.Context, _ tequilapi.ConnectRequest) error { <-dialing.Done(); return r.wgUp(ctx) })
		r.api.SetStatus(tequilapi.NotConnected)
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Reconnecting, s.Phase)
		assert.Equal(t, vpn.Reason{Code: vpn.PriceChanged, A: "0xnl1"}, s.Reason)
		again()
		synctest.Wait()
		assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase, "at the new price")
	})
}

// TestANodeThatKeepsTheTunnelIsUsedByItsProxy: where the system does not let it have ours.
func TestANodeThatKeepsTheTunnelIsUsedByItsProxy(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:40999")
	lack := vpn.Reason{Code: vpn.NodeCarries, A: "namespaces are closed"}
	ours := true
	carrying := func(p *Parts) {
		p.Carrying = Carrying{At: at, Lack: lack, Ours: func(addr string) bool { return ours && addr == at.String() }}
	}
	inRigWith(t, carrying, func(r *rig) {
		var asked []tequilapi.ConnectRequest
		r.api.OnConnect(func(_ context.Context, q tequilapi.ConnectRequest) error { asked = append(asked, q); return nil })
		s := r.topics.Settings.Load()
		s.DNS = vpn.SystemDNS
		r.topics.Settings.Send(s)
		r.running()
		assert.Equal(t, lack, r.topics.Status.Load().Node.Lack, "what is missing is said from the start")
		r.connect(vpn.Target{Country: "DE"})
		require.Equal(t, vpn.Up, r.topics.Status.Load().Phase, r.topics.Status.Load().Reason.Text())
		require.Len(t, asked, 1)
		assert.Equal(t, 40999, asked[0].ProxyPort)
		assert.Equal(t, "provider", asked[0].DNS, "without a name server such a node does not connect")
		assert.Equal(t, at, r.tunnel.via)

		// Lost, it is dropped and made again.
		r.api.SetStatus(tequilapi.NotConnected)
		time.Sleep(3 * pollEvery)
		synctest.Wait()
		assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
		assert.Len(t, asked, 2)

		r.topics.Commands.Send(vpn.Command{Verb: vpn.Disconnect})
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, vpn.Down, r.topics.Status.Load().Phase)
		assert.False(t, r.tunnel.up)
		queries := map[string]bool{}
		for _, q := range r.api.Requests() {
			if q.Path == "/connection" && q.Method != "PUT" {
				queries[q.Query] = true
			}
		}
		assert.Equal(t, map[string]bool{"id=40999": true}, queries, "it is asked for that connection alone")
	})
	ours = false
	inRigWith(t, carrying, func(r *rig) {
		r.api.OnConnect(func(context.Context, tequilapi.ConnectRequest) error { return nil })
		r.running()
		r.connect(vpn.Target{ProviderID: "0xde1"})
		time.Sleep(time.Second)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Failed, s.Phase)
		assert.Equal(t, vpn.TunnelFailed, s.Reason.Code, "another user's program was faster on the port")
		assert.False(t, r.tunnel.up)
	})
}

func TestANodeThatWaitsIsStartedAtOnceWhenSomebodyAsks(t *testing.T) {
	inRig(t, func(r *rig) {
		waiting := nodeproc.State{Phase: nodeproc.Waiting, Err: &nodeproc.WentAwayError{How: "exit status 1", Cause: nodeproc.ErrNoNetwork}}
		r.core.NodeState(waiting)
		synctest.Wait()
		s := r.topics.Status.Load()
		assert.Equal(t, vpn.Down, s.Phase)
		assert.Equal(t, vpn.WaitingForNetwork, s.Reason.Code)
		r.topics.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.RestartNode})
		synctest.Wait()
		assert.Equal(t, 1, r.node.retries)
		r.connect(vpn.Target{Country: "DE"})
		assert.Equal(t, 2, r.node.retries)
		assert.Equal(t, vpn.Finding, r.topics.Status.Load().Phase)
		assert.Equal(t, vpn.WaitingForNetwork, r.topics.Status.Load().Reason.Code, "it is still the reason")
		r.running()
		r.topics.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.RestartNode})
		synctest.Wait()
		assert.Equal(t, 2, r.node.retries, "a node that runs is left alone")
		assert.Equal(t, vpn.Up, r.topics.Status.Load().Phase)
	})
}

func TestWhyThereIsNoNodeIsSaid(t *testing.T) {
	const api = "127.0.0.1:4777"
	for _, c := range []struct {
		err  error
		want vpn.Reason
	}{
		{&mystnode.NotFoundError{}, vpn.Reason{Code: vpn.NodeMissing}},
		{&mystnode.NotFoundError{Chosen: "/opt/myst"}, vpn.Reason{Code: vpn.NodeNotFound, A: "/opt/myst"}},
		{&mystnode.NotNodeError{Path: "/bin/ls", Err: errors.New("its answer names no version.")}, vpn.Reason{Code: vpn.NodeNotOne, A: "/bin/ls", B: "its answer names no version"}},
		{&mystnode.TooOldError{Path: "/usr/bin/myst", Version: "0.9.0"}, vpn.Reason{Code: vpn.NodeTooOld, A: "0.9.0", B: mystnode.Oldest}},
		{&nodeproc.WentAwayError{How: "exit status 1", Cause: nodeproc.ErrNoNetwork}, vpn.Reason{Code: vpn.WaitingForNetwork}},
		{&nodeproc.WentAwayError{How: "exit status 1", Cause: nodeproc.ErrDataLocked}, vpn.Reason{Code: vpn.NodeDataLocked}},
		{&nodeproc.WentAwayError{How: "exit status 1", Cause: nodeproc.ErrPortTaken}, vpn.Reason{Code: vpn.NodePortTaken, A: "4777"}},
		{
			&nodeproc.PortTakenError{API: api, Err: &nodeproc.NotUsedError{API: api, Err: errors.New("it is a node of another user")}},
			vpn.Reason{Code: vpn.NodeNotUsed, A: "4777", B: "it is a node of another user"},
		},
		{&nodeproc.PortTakenError{API: api, Err: errors.New("it does not speak HTTP")}, vpn.Reason{Code: vpn.NodePortTaken, A: "4777"}},
	} {
		assert.Equal(t, c.want, nodeReason(nodeproc.State{Phase: nodeproc.Waiting, API: api, Err: c.err}), "%v", c.err)
	}
}
