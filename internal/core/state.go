package core

import (
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// state is all that the machine remembers: what the user sees (Status) and what it takes to get there. It is a plain
// comparable value; only next makes new ones.
type state struct {
	vpn.Status

	// The wish.
	want      bool       // the user asked to be connected and has not taken it back
	target    vpn.Target // where
	wished    vpn.Target // while switching: where to; what is connected stays so until an exit there is chosen
	wishedAs  string     // likewise: the id of that connection
	switching bool
	chosen    bool       // Exit answers target
	wasUp     bool       // this wish has been met once: losing it is Reconnecting, to the same exit
	gaveUp    bool       // the last wish could not be met; Reason says why
	tries     int        // failures since the wish was made or was last met
	cause     vpn.Reason // the newest of them
	pausing   bool       // a back-off runs; no dial before its timer
	quitting  bool       // after the line is down: stop the node and end
	stopped   bool       // the node was told to stop for good

	// The facts.
	unlock    step       // the identity: unlocking lasts as long as the node process
	unlockNo  uint64     // number of the order that unlock waits for
	listed    bool       // this node process has given us its proposals
	listing   bool       // … and is being asked for them
	picking   bool       // a choice among them is under way
	line      line       // the node's one connection
	lineTo    string     // provider of that line; "" = not made by us
	held      bool       // the node keeps the line but nothing passes (OnHold)
	tunnel    bool       // our WireGuard device is up
	letting   bool       // release is under way
	guardTold bool       // the helper has been heard
	guardWhy  vpn.Reason // why the helper refused during this dial
	nextMode  vpn.Mode   // for the next dial
	nodeWhy   vpn.Reason // why the node is not running
	order     uint64     // number of the newest order; answers to older ones are stale
}

// step is how far a thing is that must be done once.
type step uint8

const (
	undone step = iota
	asked
	done
)

// line is the node's one connection resource, as we know it.
type line uint8

const (
	noLine      line = iota // nothing connected, nothing under way
	dialingLine             // PUT /connection under way
	openLine                // the node said Connected
	closingLine             // DELETE /connection under way
)

// Limits of patience. A first connect tries three exits, since each may take a minute; a connection that was up is
// brought back for some nine minutes of back-off, as a laptop may be closed in between. After sameExit
// failures, where the user named none, others are tried too: whether the exit is gone or the network
// around this computer cannot be told from here, so nobody is blamed and nothing is given up sooner.
const (
	dialLimit     = 60 * time.Second
	maxExits      = 3
	maxReconnects = 20
	sameExit      = 2
	maxPause      = 30 * time.Second
	refreshEvery  = 30 * time.Second
	refreshSoon   = 3 * time.Second
	quitLimit     = 15 * time.Second
	nodePause     = time.Second     // for a node that did not answer, until nodeproc has seen to it
	closeLimit    = 2 * time.Second // for the node to take the tunnel down; then it is dropped
)
