// Package account keeps who pays and with what: the node's identities, their registration, the wallet, orders of money,
// and what is spent. It asks the node and carries out what the user wishes of it; connecting is core's.
//
// cmd makes one Keeper and runs Serve; the window and the command line read its State and send it Wishes.
//
// All calls to the node are made one after the other on Serve's goroutine, so that no answer overtakes another. Wishes
// come by the bus; Who may be called from any goroutine.
package account

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// How often the node is asked: soon while something is going on, seldom while nothing is.
const (
	soon   = 5 * time.Second
	seldom = time.Minute
	limit  = 30 * time.Second // for one call
	feesOK = 10 * time.Minute // fees are read again after that
)

// Options are what a Keeper needs. All but the last three must be there.
type Options struct {
	Lane     *bus.Lane // its own; nothing runs on it for long
	Status   bus.Receiver[vpn.Status]
	Settings bus.Receiver[vpn.Settings]
	Wishes   bus.Receiver[Wish]
	State    bus.Sender[State]
	Commands bus.Sender[vpn.Command] // a spending limit disconnects
	Notices  bus.Sender[vpn.Notice]
	API      func(address string) (*tequilapi.Client, error)
	Path     string // of the file that notes which identity is used and which are backed up

	Keyring Keyring           // keeps passphrases; nil = none does
	Say     func(text string) // what went wrong, for the log; nil = nobody listens
	Now     func() time.Time  // nil = time.Now
}

// Keyring keeps secrets for this user, outside our files.
type Keyring interface {
	Get(name string) (secret string, err error) // "" = there is none
	Set(name, secret string) error              // "" takes it away
}

// Keeper keeps the account. Make one with New.
type Keeper struct {
	o    Options
	subs bus.Scope
	wake chan struct{} // something has come

	mu       sync.Mutex // guards what follows: what has come and was not seen yet
	status   vpn.Status
	settings vpn.Settings
	wishes   []Wish
	memory   memory

	// On Serve's goroutine.
	api      *tequilapi.Client
	at       vpn.Node // whom api asks
	state    State
	feesAt   time.Time
	ordersOf string    // the identity whose earlier orders were looked at
	open     string    // the identity that is unlocked in this life of the node
	run      time.Time // since when that is up; zero = none is
	before   Money     // what was spent today before that one
	based    bool      // before is known
	halted   bool      // a limit has ended it
}

// mostWishes is how many may wait: somebody who presses a button over and over means it once.
const mostWishes = 16

// New makes a Keeper, which listens from now on. Serve must follow.
func New(o Options) *Keeper {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keyring == nil {
		o.Keyring = noKeyring{}
	}
	k := &Keeper{o: o, wake: make(chan struct{}, 1)}
	k.memory = load(o.Path, o.Say)
	take := func(set func()) {
		k.mu.Lock()
		set()
		k.mu.Unlock()
		select {
		case k.wake <- struct{}{}:
		default:
		}
	}
	k.subs.Add(o.Status.On(func(s vpn.Status) { take(func() { k.status = s }) }))
	k.subs.Add(o.Settings.On(func(s vpn.Settings) { take(func() { k.settings = s }) }))
	k.subs.Add(o.Wishes.On(func(w Wish) {
		take(func() {
			if len(k.wishes) < mostWishes {
				k.wishes = append(k.wishes, w)
			}
		})
	}))
	return k
}

// Who tells which identity connects, "" = the node's own choice, and the passphrase that unlocks it. It may ask the
// desktop's keyring, which takes a moment.
func (k *Keeper) Who() (id, passphrase string) {
	k.mu.Lock()
	id = k.memory.Current
	pass, typed := k.memory.typed[id]
	kept := slices.Contains(k.memory.InRing, id)
	k.mu.Unlock()
	if id == "" || typed || !kept { // nobody's keyring is opened without need: it may ask
		return id, pass.Reveal()
	}
	return id, k.secretOf(id)
}

func (k *Keeper) secretOf(id string) string {
	s, err := k.o.Keyring.Get(keyName(id))
	if err != nil {
		k.o.Say("ask the desktop's keyring: " + err.Error())
	}
	return s
}

func keyName(id string) string { return "identity " + id }

// Serve runs until ctx ends.
func (k *Keeper) Serve(ctx context.Context) {
	defer k.subs.Close()
	t := time.NewTimer(seldom)
	defer t.Stop()
	for {
		due := false
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-t.C:
			due = true
		}
		status, settings, wishes := k.take()
		fresh := k.follow(status, settings)
		for _, w := range wishes {
			k.carryOut(ctx, w)
			fresh = false // that has read it all
		}
		if k.api != nil && (fresh || due) {
			k.read(ctx)
		}
		if due || fresh || len(wishes) > 0 {
			t.Reset(k.pause(status))
		}
		k.publish()
	}
}

func (k *Keeper) take() (vpn.Status, vpn.Settings, []Wish) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w := k.wishes
	k.wishes = nil
	return k.status, k.settings, w
}

// follow keeps the client in step with the node that runs. fresh asks for everything to be read.
func (k *Keeper) follow(s vpn.Status, set vpn.Settings) (fresh bool) {
	k.state.Network = s.Network
	k.state.LimitRun, k.state.LimitDay = Amount(set.SpendLimit), Amount(set.SpendLimitDay)
	if s.Node.State != vpn.NodeRunning {
		k.api, k.at = nil, vpn.Node{}
		k.state = State{Done: k.state.Done, Network: s.Network, LimitRun: k.state.LimitRun, LimitDay: k.state.LimitDay, Identity: k.state.Identity, Order: k.state.Order}
	} else if k.at.API != s.Node.API || k.at.PID != s.Node.PID {
		api, err := k.o.API(s.Node.API)
		if err != nil {
			k.o.Say("node address: " + err.Error())
			return false
		}
		k.api, k.at, fresh = api, s.Node, true
		if k.state.Problem.Code == vpn.NodeIsStarting {
			k.state.Problem = vpn.Reason{}
		}
		k.feesAt, k.open, k.ordersOf = time.Time{}, "", ""
	}
	return k.followRun(s) || fresh
}

// pause is how long to wait before the node is asked again.
func (k *Keeper) pause(s vpn.Status) time.Duration {
	switch {
	case s.Phase == vpn.Up, k.state.Registration == Pending, k.state.Order.waits():
		return soon
	}
	return seldom
}

func (k *Keeper) publish() { k.o.State.Send(k.state) }
