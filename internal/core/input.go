package core

import (
	"strconv"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// input is something that happened: a wish, a fact, or the answer to an order. An answer carries its order's number.
type input interface{ input() }

type (
	// command is a wish of the user.
	command vpn.Command

	// nodeChanged: the node process changed its state. why explains any state but NodeRunning.
	nodeChanged struct {
		node vpn.Node
		why  vpn.Reason
	}

	// prepared answers prepare: the identity is unlocked and registered, or why not.
	prepared struct {
		order uint64
		why   vpn.Reason
	}

	// listed answers list: a new snapshot of proposals is in the book, or why not.
	listed struct {
		why      vpn.Reason
		repriced bool // the provider that was dialed last asks another price now
	}

	// picked answers pick.
	picked struct {
		order uint64
		exit  vpn.Exit
		why   vpn.Reason
	}

	// dialed answers dial: the node says Connected, or why not.
	dialed struct {
		order  uint64
		why    vpn.Reason
		exists bool // … because the node has a connection already
	}

	// hungUp answers hangUp. It comes even if the node did not answer: the node's word follows by lineSeen.
	hungUp struct{ order uint64 }

	// lineSeen is what the node says of its connection when asked. order is the newest order at the time of asking.
	lineSeen struct {
		order uint64
		open  bool // Connected, Reconnecting or OnHold
		held  bool // OnHold
	}

	// tunnelChanged: the node asked us, as its supervisor, for the tunnel or for its end, and it is so.
	tunnelChanged struct{ up bool }

	// guardChanged: the helper that owns the device's network says how things stand.
	guardChanged struct {
		guard  vpn.Guard
		notice string // what it says went wrong
	}

	// modeWanted: the user wants the next connection to carry so much.
	modeWanted struct{ mode vpn.Mode }

	// guardRefused: the helper did not give what a tunnel of the whole device needs. The node hears of it, too, and says
	// that its dial has failed.
	guardRefused struct{ why vpn.Reason }

	// released answers release.
	released struct{ why vpn.Reason }

	// stalled: the tunnel is up but its exit does not answer any more.
	stalled struct{}

	// timerRang answers wait.
	timerRang struct {
		kind  timer
		order uint64
	}
)

func (command) input()       {}
func (nodeChanged) input()   {}
func (prepared) input()      {}
func (listed) input()        {}
func (picked) input()        {}
func (dialed) input()        {}
func (hungUp) input()        {}
func (lineSeen) input()      {}
func (tunnelChanged) input() {}
func (stalled) input()       {}
func (guardChanged) input()  {}
func (guardRefused) input()  {}
func (modeWanted) input()    {}
func (released) input()      {}
func (timerRang) input()     {}

// effect is something to be done outside the machine.
type effect interface{ effect() }

type (
	// list asks the node for its proposals; answered by listed.
	list struct{}

	// prepare makes the identity usable; answered by prepared.
	prepare struct{ order uint64 }

	// pick chooses an exit; answered by picked.
	pick struct {
		order  uint64
		target vpn.Target
	}

	// dial asks the node to connect; answered by dialed.
	dial struct {
		order uint64
		exit  vpn.Exit
	}

	// hangUp cancels a dial or closes the line; answered by hungUp.
	hangUp struct{ order uint64 }

	// dropTunnel takes the WireGuard device down without the node.
	dropTunnel struct{}

	// lookAgain asks the helper how things stand.
	lookAgain struct{}

	// release tells the helper that the user wants out; answered by released.
	release struct{}

	// avoid lets a provider step back for a while. blame puts the failure into its record too.
	avoid struct {
		provider string
		blame    bool
	}

	// remember notes the exit that came up.
	remember struct{ exit vpn.Exit }

	// notify tells the user once.
	notify struct{ notice vpn.Notice }

	// retryNode starts a node again that was given up.
	retryNode struct{}

	// stopNode stops the node for good; finish follows when it is gone.
	stopNode struct{}

	// finish ends the program though the node may not be gone.
	finish struct{}

	// wait rings after d.
	wait struct {
		kind  timer
		order uint64
		d     time.Duration
	}
)

func (list) effect()       {}
func (prepare) effect()    {}
func (pick) effect()       {}
func (dial) effect()       {}
func (hangUp) effect()     {}
func (dropTunnel) effect() {}
func (release) effect()    {}
func (lookAgain) effect()  {}
func (avoid) effect()      {}
func (remember) effect()   {}
func (notify) effect()     {}
func (retryNode) effect()  {}
func (stopNode) effect()   {}
func (finish) effect()     {}
func (wait) effect()       {}

// timer says which wait is over.
type timer uint8

const (
	noTimer timer = iota
	dialTimer
	pauseTimer
	listTimer
	quitTimer
	closeTimer
)

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
