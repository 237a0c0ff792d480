package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// read asks the node for everything that the State shows. What it cannot tell is explained in Problem; a wish's own
// failure stays there.
func (k *Keeper) read(ctx context.Context) {
	why := k.readAll(ctx)
	if ctx.Err() != nil {
		return
	}
	if k.state.Problem.Zero() || k.state.Problem.Code == vpn.AccountUnknown {
		k.state.Problem = why
	}
}

func (k *Keeper) readAll(ctx context.Context) vpn.Reason {
	ids, err := within(ctx, k.api.Identities)
	if err != nil {
		return unknown(err)
	}
	k.state.Ready, k.state.Identities = true, ids
	id, err := k.current(ctx, ids)
	if id != k.state.Identity { // an order is its identity's; it is found again when that one is used again
		k.state.Order, k.ordersOf = Order{}, ""
	}
	k.state.Identity = id
	k.state.Locked = id != "" && k.open != id
	k.mu.Lock()
	_, k.state.BackedUp = k.memory.BackedUp[id]
	k.mu.Unlock()
	if id == "" {
		k.state.Registration, k.state.Balance, k.state.BalanceAt = UnknownRegistration, Money{}, time.Time{}
		return vpn.Reason{}
	}
	if err != nil && !errors.Is(err, tequilapi.ErrUseOrCreate) && !errors.Is(err, tequilapi.ErrUnlock) {
		return unknown(err)
	}
	return cmp.Or(k.readIdentity(ctx, id), k.readFees(ctx, id), k.readOrder(ctx, id), k.readSpent(ctx))
}

// current is the identity in use, unlocked if that needs nobody. The error is why it is not.
func (k *Keeper) current(ctx context.Context, ids []string) (string, error) {
	id, pass := k.Who()
	if id != "" && !slices.Contains(ids, id) {
		id, pass = "", "" // its key is gone, or belongs to another node
	}
	switch {
	case len(ids) == 0:
		return "", nil
	case k.open != "" && (id == k.open || id == "" && slices.Contains(ids, k.open)):
		return k.open, nil
	}
	used, err := within(ctx, func(ctx context.Context) (string, error) { return k.api.CurrentIdentity(ctx, id, pass) })
	if err != nil {
		return cmp.Or(id, ids[0]), err
	}
	k.open = used
	return used, nil
}

func (k *Keeper) readIdentity(ctx context.Context, id string) vpn.Reason {
	i, err := within(ctx, func(ctx context.Context) (tequilapi.Identity, error) { return k.api.Identity(ctx, id) })
	if errors.Is(err, tequilapi.ErrRegistrationUnknown) {
		k.state.Registration = UnknownRegistration
	}
	if err != nil {
		return unknown(err)
	}
	k.state.Registration = registrations[i.Registration]
	if !k.state.Locked { // before that the node says nothing of the money
		k.state.Balance, k.state.BalanceAt = i.Balance, k.o.Now()
	}
	return vpn.Reason{}
}

// readFees finds out what registering would cost, for those who have to.
func (k *Keeper) readFees(ctx context.Context, id string) vpn.Reason {
	switch k.state.Registration {
	case Unregistered, Failed:
	case UnknownRegistration, Pending, Registered:
		return vpn.Reason{}
	}
	if !k.feesAt.IsZero() && k.o.Now().Sub(k.feesAt) < feesOK {
		return vpn.Reason{}
	}
	free, err := within(ctx, func(ctx context.Context) (bool, error) { return k.api.FreeRegistration(ctx, id) })
	if err != nil {
		return unknown(err)
	}
	k.state.Free = free
	fees, err := within(ctx, k.api.Fees)
	if err != nil && !free {
		return unknown(err)
	}
	k.state.Fee, k.feesAt = fees.Current.Registration.Money, k.o.Now()
	return vpn.Reason{}
}

// readOrder looks what became of the order that is waited for. One that was made before this start is found again: its
// address may be half paid.
func (k *Keeper) readOrder(ctx context.Context, id string) vpn.Reason {
	if k.state.Network == vpn.Mysterium && !k.state.Locked && k.ordersOf != id {
		all, err := within(ctx, func(ctx context.Context) ([]tequilapi.Order, error) { return k.api.Orders(ctx, id) })
		if err == nil { // else it is asked for the next time: nobody waits for it
			k.ordersOf = id
		}
		for _, o := range all { // oldest first, as far as anybody knows
			if x := k.orderOf(o); x.waits() && k.state.Order.Stage == NoOrder && !x.Expires.IsZero() {
				k.state.Order = x
			}
		}
	}
	if !k.state.Order.waits() || k.state.Locked {
		return vpn.Reason{}
	}
	o, err := within(ctx, func(ctx context.Context) (tequilapi.Order, error) { return k.api.Order(ctx, id, k.state.Order.ID) })
	if err != nil {
		return unknown(err)
	}
	k.state.Order = k.orderOf(o)
	if k.state.Order.Stage == Paid {
		return k.refresh(ctx)
	}
	return vpn.Reason{}
}

// refresh has the node ask the chain, which it does at most once a minute.
func (k *Keeper) refresh(ctx context.Context) vpn.Reason {
	m, err := within(ctx, func(ctx context.Context) (Money, error) { return k.api.RefreshBalance(ctx, k.state.Identity) })
	if err != nil {
		return unknown(err)
	}
	k.state.Balance, k.state.BalanceAt = m, k.o.Now()
	return vpn.Reason{}
}

// within bounds one call.
func within[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	return call(ctx)
}

// unknown is the reason for something that the node cannot tell now.
func unknown(err error) vpn.Reason {
	if errors.Is(err, tequilapi.ErrRegistrationUnknown) {
		return vpn.Reason{Code: vpn.AccountUnknown, A: "the chain cannot be reached"}
	}
	return vpn.Reason{Code: vpn.AccountUnknown, A: said(err)}
}

// said is what the node said, without where it said it.
func said(err error) string {
	if e, ok := errors.AsType[*tequilapi.Error](err); ok && e.Message != "" {
		return e.Message
	}
	return err.Error()
}
