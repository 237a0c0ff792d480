package core

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// How long the node may take. A dial has its own limit in the machine; this one only ends a call that was forgotten.
const (
	askLimit    = 15 * time.Second
	dialEnd     = dialLimit + 30*time.Second
	hangUpLimit = 12 * time.Second
	avoidFor    = 5 * time.Minute // as long as the node itself lets a failed provider step back
)

// run carries out one effect. It is on the lane and must not wait.
func (c *Core) run(e effect) {
	switch e := e.(type) {
	case list:
		api := c.api
		paid := c.paid
		c.async(askLimit, func(ctx context.Context) input {
			why := c.list(ctx, api)
			return listed{why: why, repriced: why.Zero() && c.repriced(paid)}
		})
	case prepare:
		api := c.api
		c.async(askLimit, func(ctx context.Context) input {
			id, pending, why := c.unlock(ctx, api)
			if why.Zero() {
				c.Lane.Post(func() { c.consumer, c.pending = id, pending })
			}
			return prepared{order: e.order, why: why}
		})
	case pick:
		exit, why := c.pick(e.target)
		c.post(picked{order: e.order, exit: exit, why: why})
	case dial:
		c.dial(e)
	case hangUp:
		c.hangUp(e)
	case dropTunnel:
		c.dropTunnel()
	case release:
		c.async(askLimit, func(ctx context.Context) input {
			if err := c.Guard.Release(ctx); err != nil {
				return released{why: vpn.Reason{Code: vpn.NotOpened, A: tidy(err)}}
			}
			return released{}
		})
	case lookAgain:
		c.lookForLeftovers()
	case avoid:
		c.avoided[e.provider] = time.Now().Add(avoidFor)
		if e.blame {
			c.note(e.provider, proposals.DidNot)
		}
	case remember:
		delete(c.avoided, e.exit.ProviderID)
		s := c.Settings.Load()
		s.LastExit, s.LastCountry = e.exit.ProviderID, e.exit.Country
		c.Settings.Send(s)
	case notify:
		c.logOf(c.live()).Warn("notice", zap.String("text", e.notice.Reason.Text()))
		c.Notices.Send(e.notice)
	case retryNode:
		c.Node.Retry()
	case stopNode:
		c.stopNode()
	case finish:
		select {
		case <-c.finished:
		default:
			close(c.finished)
		}
	case wait:
		c.work.Go(func() {
			t := time.NewTimer(e.d)
			defer t.Stop()
			select {
			case <-t.C:
				c.post(timerRang{kind: e.kind, order: e.order})
			case <-c.ctx.Done():
			}
		})
	}
}

func (c *Core) list(ctx context.Context, api *tequilapi.Client) vpn.Reason {
	set := c.Settings.Load()
	l := proposals.Listing{Preset: set.FilterPreset}
	q := tequilapi.ProposalQuery{}
	if c.Network == vpn.Mysterium {
		q.IncludeMonitoringFailed = set.ListFailing
		if set.FilterNAT {
			q.NATCompatibility = "auto"
		}
		if set.ListRestricted {
			q.AccessPolicy = "all"
		}
	}
	var err error
	if l.Offers, err = api.Proposals(ctx, q); err != nil {
		c.Log.Warn("list proposals", zap.Error(err))
		return reasonOf(err, "")
	}
	// The node's own lists are a convenience: without them there are proposals all the same.
	if l.Presets, err = api.FilterPresets(ctx); err != nil {
		c.Log.Info("list the node's presets", zap.Error(err))
	}
	if l.Preset != 0 {
		q.PresetID = l.Preset
		if l.Members, err = api.Proposals(ctx, q); err != nil {
			c.Log.Warn("list the proposals of a preset", zap.Int("preset", l.Preset), zap.Error(err))
			l.Preset = 0
		}
	}
	l.At = time.Now()
	c.Proposals.Send(c.Book.ReplaceListed(l).Version)
	return vpn.Reason{}
}

// note takes down how a provider does.
func (c *Core) note(provider string, e proposals.Event) {
	if e == proposals.NoEvent || provider == "" {
		return
	}
	speed := uint64(0)
	if e == proposals.Dropped || e == proposals.Ended {
		speed = c.fastest.Swap(0)
	}
	all := c.Book.Note(provider, e, speed, time.Now())
	c.Proposals.Send(c.Book.Load().Version)
	if c.Keep != nil {
		c.Keep(all)
	}
}

// nodeFilter is what of the settings the node itself filters by.
type nodeFilter struct {
	preset                   int
	nat, restricted, failing bool
}

func nodeFilterOf(s vpn.Settings) nodeFilter {
	return nodeFilter{preset: s.FilterPreset, nat: s.FilterNAT, restricted: s.ListRestricted, failing: s.ListFailing}
}

// filterChanged asks for what the node filters at once: somebody waits for the list. It is on the lane.
func (c *Core) filterChanged(s vpn.Settings) {
	f := nodeFilterOf(s)
	if f == c.filter {
		return
	}
	c.filter = f
	c.relist()
}

// relist asks for the list besides the times at which the machine does. It is on the lane.
func (c *Core) relist() {
	if api := c.api; api != nil && c.state.Node.State == vpn.NodeRunning {
		c.async(askLimit, func(ctx context.Context) input {
			_ = c.list(ctx, api) // it has logged why not; the machine asks again by itself
			return nil
		})
	}
}

// pick chooses among the proposals in the book that pass the filters of the settings; providers that failed lately come last.
func (c *Core) pick(t vpn.Target) (vpn.Exit, vpn.Reason) {
	now := time.Now()
	all := c.Book.Load()
	from := all
	if f := proposals.FilterOf(c.Settings.Load()); f.Parts() != 0 && t.ProviderID == "" {
		from = all.Narrow(f, proposals.ByName)
		_, none := from.Pick(t, nil)
		if _, some := all.Pick(t, nil); !none.Zero() && some.Zero() {
			// Whoever asks for a country wants that more than what the filters say. The window says so before.
			from = all
			if c.state.tries == 0 {
				c.Notices.Send(vpn.Notice{Severity: vpn.Warning, Reason: vpn.Reason{Code: vpn.FiltersPassNone}})
			}
		}
	}
	p, why := from.Pick(t, func(id string) bool { return now.Before(c.avoided[id]) })
	if !why.Zero() && t.ProviderID == "" && c.state.tries == 0 {
		// Every candidate has failed lately. One of them may be back: better than to say that there is none.
		if again, still := from.Pick(t, func(string) bool { return false }); still.Zero() {
			return again.Exit, vpn.Reason{}
		}
	}
	return p.Exit, why
}

func (c *Core) dial(e dial) {
	mode := c.state.Mode
	api, consumer, pending, carrying := c.api, c.consumer, c.pending, c.Carrying
	c.paid = c.priceOf(e.exit.ProviderID)
	r := tequilapi.ConnectRequest{
		ConsumerID:  c.consumer,
		ProviderID:  e.exit.ProviderID,
		ServiceType: e.exit.ServiceType,
		DNS:         cmp.Or(c.Settings.Load().DNS, "provider"),
		ProxyPort:   carrying.line(),
	}
	if carrying.At.IsValid() && r.DNS == vpn.SystemDNS {
		r.DNS = "provider" // such a node does not connect without a name server
	}
	connection := c.live()
	log := c.logOf(connection)
	log.Info("dial", zap.String("provider", e.exit.ProviderID), zap.String("country", e.exit.Country), zap.String("service", e.exit.ServiceType))
	ctx, cancel := context.WithTimeout(of(c.ctx, connection), dialEnd)
	returned := make(chan struct{})
	c.cancel, c.dialing = cancel, returned
	c.work.Go(func() {
		defer cancel()
		if why := c.guarded(ctx, mode); !why.Zero() {
			close(returned)
			c.post(dialed{order: e.order, why: why})
			return
		}
		if c.Carry != nil {
			c.Carry(mode == vpn.DeviceMode)
		}
		_, err := api.Connect(ctx, r)
		close(returned)
		why := reasonOf(err, e.exit.ProviderID)
		switch {
		case err != nil:
			log.Info("dial failed", zap.String("provider", e.exit.ProviderID), zap.Error(err))
		case carrying.At.IsValid():
			why = c.via(ctx, carrying.At)
		}
		if why.Code == vpn.NoBalance && pending { // it comes with the registration
			why = vpn.Reason{Code: vpn.Registering, A: consumer}
		}
		c.post(dialed{order: e.order, why: why, exists: errors.Is(err, tequilapi.ErrConnectionExists)})
	})
}

// hangUp asks the node to close or cancel, and lets go of the call that dials only afterwards: a call that is merely
// dropped goes on inside the node.
func (c *Core) hangUp(e hangUp) {
	api, cancel, dialing := c.api, c.cancel, c.dialing
	c.cancel, c.dialing = nil, nil
	c.async(hangUpLimit, func(ctx context.Context) input {
		c.disconnect(ctx, api, dialing)
		if cancel != nil {
			cancel()
			<-dialing
		}
		return hungUp(e)
	})
}

// disconnect repeats itself until the dial under way has ended: if the node has not taken it in yet, it says that there
// is no connection, or even that it is closed, and would have one a moment later.
func (c *Core) disconnect(ctx context.Context, api *tequilapi.Client, dialing <-chan struct{}) {
	for range 10 {
		err := api.Disconnect(ctx, c.Carrying.line())
		if err != nil && !errors.Is(err, tequilapi.ErrNoConnection) {
			c.logOf(connectionOf(ctx)).Info("hang up", zap.Error(err))
			return
		}
		if dialing == nil {
			return
		}
		again := time.NewTimer(200 * time.Millisecond)
		select {
		case <-dialing:
		case <-ctx.Done():
		case <-again.C:
			continue
		}
		again.Stop()
		return
	}
}
