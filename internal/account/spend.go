package account

import (
	"context"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// followRun notices when a connection begins and ends. fresh asks for what was spent to be read.
func (k *Keeper) followRun(s vpn.Status) (fresh bool) {
	switch s.Phase {
	case vpn.Up:
		if k.run.IsZero() {
			k.run, k.halted, fresh = s.Since, false, true
		}
	case vpn.Reconnecting, vpn.Blocked: // the same one, as far as money goes
	case vpn.Unknown, vpn.Down, vpn.Finding, vpn.Dialing, vpn.Closing, vpn.Failed:
		if !k.run.IsZero() {
			k.run, k.based, k.state.Spent, fresh = time.Time{}, false, Money{}, true
		}
	}
	return fresh
}

// readSpent reads what was spent today, and by the connection that is up, and ends that where a limit is reached.
func (k *Keeper) readSpent(ctx context.Context) vpn.Reason {
	now := k.o.Now()
	day, err := within(ctx, func(ctx context.Context) (tequilapi.SessionsStats, error) {
		return k.api.SessionsStats(ctx, tequilapi.SessionQuery{From: now, To: now, Direction: "Consumed"})
	})
	if err != nil {
		return unknown(err)
	}
	k.state.Today = day.Tokens
	if k.run.IsZero() {
		return vpn.Reason{}
	}
	s, err := within(ctx, func(ctx context.Context) (tequilapi.Statistics, error) { return k.api.ConnectionStatistics(ctx, "") })
	if err != nil {
		return unknown(err)
	}
	k.state.Spent = s.TokensSpent
	// Some nodes count a connection while it runs, others once it has ended: neither may count it twice or not at all.
	if !k.based {
		k.based, k.before = true, minus(day.Tokens, s.TokensSpent)
	}
	if sum := plus(k.before, s.TokensSpent); sum.Cmp(k.state.Today) > 0 {
		k.state.Today = sum
	}
	k.enforce()
	return vpn.Reason{}
}

// enforce ends a connection that costs more than the user allows, once.
func (k *Keeper) enforce() {
	if k.halted {
		return
	}
	for _, l := range []struct {
		spent, limit Money
		code         vpn.Code
	}{
		{k.state.Spent, k.state.LimitRun, vpn.SpendLimitRun},
		{k.state.Today, k.state.LimitDay, vpn.SpendLimitDay},
	} {
		if l.limit.IsZero() || l.spent.Cmp(l.limit) < 0 {
			continue
		}
		k.halted = true
		k.o.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Disconnect})
		k.o.Notices.Send(vpn.Notice{Severity: vpn.Warning, Reason: vpn.Reason{Code: l.code, A: l.limit.Human()}})
		return
	}
}

// minus is a without b, and never less than nothing.
func minus(a, b Money) Money {
	m, err := tequilapi.MoneyFromBig(a.Big().Sub(a.Big(), b.Big()))
	if err != nil || m.Cmp(Money{}) < 0 {
		return Money{}
	}
	return m
}

func plus(a, b Money) Money {
	m, err := tequilapi.MoneyFromBig(a.Big().Add(a.Big(), b.Big()))
	if err != nil {
		return a
	}
	return m
}
