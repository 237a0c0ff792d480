package core

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/supervisor"
	"github.com/mysteriumvpn/desktop/internal/tunnel"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// lineman is the supervisor that the node asks for its tunnel.
type lineman struct{ *Core }

// Up brings the tunnel up as the node asks. The fact is posted before the node has its answer, so that core knows of
// the tunnel when it hears Connected.
func (l *lineman) Up(ctx context.Context, cfg supervisor.Config) (string, error) {
	wg, err := cfg.WireGuard()
	if err != nil {
		return "", err
	}
	l.tunnelMu.Lock()
	defer l.tunnelMu.Unlock()
	l.tunnelGen.Add(1)
	if err := l.Tunnel.Up(ctx, wg); err != nil {
		l.logNow().Warn("tunnel up", zap.Error(err))
		if e, ok := errors.AsType[*tunnel.GuardError](err); ok {
			l.post(guardRefused{vpn.Reason{Code: vpn.HelperRefused, A: tidy(e.Err)}})
		}
		return "", err
	}
	l.logNow().Info("tunnel up")
	l.post(tunnelChanged{up: true})
	return cfg.Iface, nil
}

// via sends what programs do through the proxy of the node, which has the tunnel. As in Up, the fact is posted before
// core hears Connected.
func (c *Core) via(ctx context.Context, proxy netip.AddrPort) vpn.Reason {
	c.tunnelMu.Lock()
	defer c.tunnelMu.Unlock()
	c.tunnelGen.Add(1)
	err := c.Tunnel.Via(ctx, proxy)
	if err == nil && !c.Carrying.Ours(proxy.String()) {
		c.Tunnel.Down()
		err = errors.New("another user's program has the port of the node's proxy")
	}
	if err != nil {
		c.logNow().Warn("the node's proxy", zap.Error(err))
		return vpn.Reason{Code: vpn.TunnelFailed, A: tidy(err)}
	}
	c.post(tunnelChanged{up: true})
	return vpn.Reason{}
}

// Down takes it down.
func (l *lineman) Down(string) error {
	l.tunnelMu.Lock()
	defer l.tunnelMu.Unlock()
	l.Tunnel.Down()
	l.logNow().Info("tunnel down")
	l.post(tunnelChanged{up: false})
	return nil
}

// Stats counts for the node what has passed: it pays by it.
func (l *lineman) Stats(string) (supervisor.Stats, error) {
	s, up := l.Tunnel.Stats()
	if !up {
		return supervisor.Stats{}, errors.New("no tunnel is up")
	}
	return supervisor.Stats{BytesSent: s.BytesSent, BytesReceived: s.BytesReceived, LastHandshake: s.LastHandshake}, nil
}

// dropTunnel takes the tunnel down that is up now. It does not wait, and it leaves alone one that comes up later.
func (c *Core) dropTunnel() {
	gen := c.tunnelGen.Load()
	c.async(10*time.Second, func(context.Context) input {
		c.tunnelMu.Lock()
		defer c.tunnelMu.Unlock()
		if gen != c.tunnelGen.Load() {
			return nil
		}
		c.Tunnel.Down()
		return nil
	})
}
