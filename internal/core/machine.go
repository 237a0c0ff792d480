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
	want     bool       // the user asked to be connected and has not taken it back
	target   vpn.Target // where
	chosen   bool       // Exit answers target
	wasUp    bool       // this wish has been met once: losing it is Reconnecting, to the same exit
	gaveUp   bool       // the last wish could not be met; Reason says why
	tries    int        // failures since the wish was made or was last met
	pausing  bool       // a back-off runs; no dial before its timer
	quitting bool       // after the line is down: stop the node and end
	stopped  bool       // the node was told to stop for good

	// The facts.
	unlock   step       // the identity: unlocking lasts as long as the node process
	unlockNo uint64     // number of the order that unlock waits for
	listed   bool       // this node process has given us its proposals
	listing  bool       // … and is being asked for them
	picking  bool       // a choice among them is under way
	line     line       // the node's one connection
	lineTo   string     // provider of that line; "" = not made by us
	held     bool       // the node keeps the line but nothing passes (OnHold)
	tunnel   bool       // our WireGuard device is up
	nodeWhy  vpn.Reason // why the node is not running
	order    uint64     // number of the newest order; answers to older ones are stale
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

// Limits of patience. A first connect tries three exits, since each may take a minute; a connection that was up
// comes back to the same exit for some nine minutes of back-off, as a laptop may be closed in between.
const (
	dialLimit     = 60 * time.Second
	maxExits      = 3
	maxReconnects = 20
	maxPause      = 30 * time.Second
	refreshEvery  = 30 * time.Second
	refreshSoon   = 3 * time.Second
	quitLimit     = 15 * time.Second
)

// next takes one input into account and says what is to be done about it. It is pure: no clock, no io, no locks.
// First the input changes facts and wishes (take), then orders are derived from the difference between them (settle).
// So any input is safe in any state, and there is one place that decides to dial or to hang up.
func next(s state, in input) (state, []effect) {
	m := machine{state: s}
	m.take(in)
	m.settle()
	m.Phase = m.phase()
	if m.Phase == vpn.Up && !m.wasUp {
		m.do(remember{m.Exit})
	}
	if m.Phase == vpn.Up {
		m.wasUp, m.tries, m.Reason = true, 0, vpn.Reason{}
	}
	m.Attempt = 0
	if m.Phase == vpn.Finding || m.Phase == vpn.Dialing || m.Phase == vpn.Reconnecting {
		m.Attempt = m.tries + 1
	}
	return m.state, m.out
}

// machine is one call of next.
type machine struct {
	state
	out []effect
}

func (m *machine) do(e effect) { m.out = append(m.out, e) }

// number gives the next order its number and makes answers to all older orders stale.
func (m *machine) number() uint64 {
	m.order++
	return m.order
}

// take brings wishes and facts up to date.
func (m *machine) take(in input) {
	switch in := in.(type) {
	case command:
		m.takeCommand(vpn.Command(in))
	case nodeChanged:
		m.takeNode(in)
	case prepared:
		if in.order == m.unlockNo && m.unlock == asked {
			m.unlock = done
			if !in.why.Zero() {
				m.unlock = undone
				m.failed(in.why)
			}
		}
	case listed:
		m.takeList(in)
	case picked:
		if in.order != m.order || !m.picking {
			return
		}
		m.picking = false
		switch {
		case in.why.Zero():
			m.chosen, m.Exit = true, in.exit
		case m.tries > 0: // all that is left was tried and failed: that is the cause, not the empty rest
			m.giveUp(m.Reason)
		default:
			m.giveUp(in.why)
		}
	case dialed:
		if in.order != m.order || m.line != dialingLine {
			return
		}
		m.line = openLine
		switch {
		case in.why.Zero():
		case in.exists && m.tries < maxExits: // left over from before us: close it, then dial again
			m.tries++
			m.lineTo = ""
		default:
			m.line = noLine
			m.failed(in.why)
		}
	case hungUp:
		if in.order == m.order && m.line == closingLine {
			m.line, m.lineTo, m.held = noLine, "", false
		}
	case lineSeen:
		m.takeLine(in)
	case tunnelChanged:
		m.tunnel = in.up
	case stalled:
		if m.Phase == vpn.Up {
			m.Reason = vpn.Reason{Code: vpn.TunnelStalled}
			m.hangUp()
		}
	case timerRang:
		m.takeTimer(in)
	}
}

func (m *machine) takeCommand(c vpn.Command) {
	m.Command = max(m.Command, c.ID)
	if m.quitting {
		return
	}
	switch c.Verb {
	case vpn.NoVerb:
	case vpn.Connect:
		m.retryNode()
		if m.meets(c.Target) {
			m.target, m.pausing = c.Target, false
			return
		}
		m.want, m.target, m.chosen, m.wasUp = true, c.Target, false, false
		m.picking, m.held = false, false
		m.forget()
	case vpn.Disconnect:
		m.want, m.chosen, m.wasUp, m.picking = false, false, false, false
		m.forget()
	case vpn.RestartNode:
		if m.Node.State == vpn.NodeFailed {
			m.forget()
			m.retryNode()
		}
	case vpn.Quit:
		m.want, m.chosen, m.picking, m.quitting = false, false, false, true
		m.forget()
		m.do(wait{kind: quitTimer, d: quitLimit})
	}
}

// forget drops what past failures left behind.
func (m *machine) forget() {
	m.gaveUp, m.tries, m.pausing, m.Reason = false, 0, false, vpn.Reason{}
}

// meets reports whether what we are doing already answers target, so that asking again changes nothing.
func (m *machine) meets(t vpn.Target) bool {
	if !m.want || !m.chosen || m.Phase == vpn.Blocked {
		return false
	}
	switch {
	case t.ProviderID != "":
		return t.ProviderID == m.Exit.ProviderID
	case t.Country != "":
		return t.Country == m.Exit.Country
	default:
		return true
	}
}

func (m *machine) retryNode() {
	if m.Node.State == vpn.NodeFailed {
		m.Node.State = vpn.NodeStarting
		m.nodeWhy = vpn.Reason{}
		m.do(retryNode{})
	}
}

func (m *machine) takeNode(in nodeChanged) {
	was := m.Node.State
	m.Node, m.nodeWhy = in.node, in.why
	if in.node.State == vpn.NodeRunning {
		if was != vpn.NodeRunning {
			m.listing = true
			m.do(list{})
		}
		return
	}
	// All that the process held for us is gone with it; answers still under way are stale.
	m.number()
	m.unlock, m.listed, m.listing, m.picking, m.pausing = undone, false, false, false, false
	m.line, m.lineTo, m.held = noLine, "", false
	if in.node.State == vpn.NodeFailed {
		m.giveUp(in.why)
	}
}

func (m *machine) takeList(in listed) {
	if !m.listing {
		return
	}
	m.listing = false
	again := refreshSoon
	if in.why.Zero() {
		m.listed, again = true, refreshEvery
	} else if m.want && !m.chosen && !m.listed {
		m.Reason = in.why
	}
	m.do(wait{kind: listTimer, d: again})
}

// takeLine compares what the node says of its connection with what we ordered. While an order is under way the
// answer to the order counts, not this.
func (m *machine) takeLine(in lineSeen) {
	if in.order != m.order || m.Node.State != vpn.NodeRunning {
		return
	}
	switch m.line {
	case openLine:
		m.held = in.held
		if in.held {
			m.Reason = vpn.Reason{Code: vpn.OnHold}
		}
		if !in.open {
			m.line, m.lineTo = noLine, ""
			if m.want {
				m.failed(vpn.Reason{Code: vpn.ConnectionDropped})
			}
		}
	case noLine:
		if in.open { // left over from before us, or a DELETE that was lost
			m.line, m.lineTo = openLine, ""
		}
	case dialingLine, closingLine:
	}
}

func (m *machine) takeTimer(in timerRang) {
	switch in.kind {
	case noTimer:
	case dialTimer:
		if in.order == m.order && m.line == dialingLine {
			m.hangUp()
			m.failed(vpn.Reason{Code: vpn.ProviderSilent, A: seconds(dialLimit)})
		}
	case pauseTimer:
		if in.order == m.order {
			m.pausing = false
		}
	case listTimer:
		switch {
		case m.Node.State != vpn.NodeRunning || m.listing: // asked again when it runs
		case m.line == openLine && m.listed:
			m.do(wait{kind: listTimer, d: refreshEvery})
		default:
			m.listing = true
			m.do(list{})
		}
	case quitTimer:
		if m.quitting {
			m.do(finish{})
		}
	}
}

// settle orders what the facts still lack for the wish. Each order is given once: its fact changes with it.
func (m *machine) settle() {
	if m.line == noLine && m.tunnel {
		// The node that asked for the tunnel is gone, or has forgotten it: it carries nothing, and programs that
		// use the proxy should be refused at once instead of hanging.
		m.tunnel = false
		m.do(dropTunnel{})
	}
	if !m.want {
		if !m.gaveUp && !m.quitting {
			m.Reason = m.nodeWhy
		}
		switch m.line {
		case dialingLine, openLine:
			m.hangUp()
		case noLine:
			if m.quitting && !m.stopped {
				m.stopped = true
				m.do(stopNode{})
			}
		case closingLine:
		}
		return
	}
	if m.Node.State != vpn.NodeRunning {
		if !m.nodeWhy.Zero() {
			m.Reason = m.nodeWhy
		} else if m.Reason.Zero() {
			m.Reason = vpn.Reason{Code: vpn.NodeIsStarting}
		}
		return
	}
	if m.Reason.Code == vpn.NodeIsStarting {
		m.Reason = vpn.Reason{}
	}
	switch {
	case (m.line == openLine || m.line == dialingLine) && m.stray():
		m.hangUp()
	case m.line == openLine && !m.tunnel:
		m.hangUp()
		m.failed(vpn.Reason{Code: vpn.TunnelFailed, A: "the node says connected, but the tunnel is down"})
	}
	if !m.want { // failed has given up
		return
	}
	if m.pausing {
		return
	}
	if !m.chosen {
		if m.listed && !m.picking && m.line != closingLine {
			m.picking = true
			m.do(pick{order: m.number(), target: m.target})
		}
		return
	}
	if m.line != noLine {
		return
	}
	switch m.unlock {
	case undone:
		m.unlock, m.unlockNo = asked, m.number()
		m.do(prepare{order: m.unlockNo})
	case asked:
	case done:
		m.line, m.lineTo = dialingLine, m.Exit.ProviderID
		n := m.number()
		m.do(dial{order: n, exit: m.Exit})
		m.do(wait{kind: dialTimer, order: n, d: dialLimit})
	}
}

// stray reports that the open line does not go where the user wants.
func (m *machine) stray() bool {
	return !m.chosen || m.lineTo != m.Exit.ProviderID
}

func (m *machine) hangUp() {
	m.line, m.held = closingLine, false
	m.do(hangUp{order: m.number()})
}

// failed takes one failure on the way to the wish: try again, try another exit, or give up.
func (m *machine) failed(why vpn.Reason) {
	if !m.want {
		return
	}
	m.tries++
	m.Reason = why
	switch {
	case hopeless(why.Code):
		m.giveUp(why)
	case why.Code == vpn.NotUnlocked && m.tries < maxExits:
		m.unlock = undone
		m.pause()
	case m.wasUp && m.tries < maxReconnects:
		m.pause()
	case !m.wasUp && m.target.ProviderID == "" && m.tries < maxExits:
		m.do(avoid{m.Exit.ProviderID})
		m.do(notify{vpn.Notice{Severity: vpn.Warning, Reason: why}})
		m.chosen = false
	default:
		m.do(avoid{m.Exit.ProviderID})
		m.giveUp(why)
	}
}

// hopeless reports that trying again, here or elsewhere, cannot help.
func hopeless(c vpn.Code) bool {
	return c == vpn.NotRegistered || c == vpn.NoBalance || c == vpn.NodeGaveUp
}

func (m *machine) giveUp(why vpn.Reason) {
	m.want, m.chosen, m.wasUp, m.picking, m.pausing = false, false, false, false, false
	m.gaveUp, m.Reason = true, why
}

// pause waits before the next try: at once the first time, then 1, 2, 4 … seconds.
func (m *machine) pause() {
	if m.tries <= 1 {
		return
	}
	d := min(time.Second<<min(m.tries-2, 10), maxPause)
	m.pausing = true
	m.do(wait{kind: pauseTimer, order: m.order, d: d})
}

// phase names the state for the user. It is derived, never set: so it cannot disagree with the facts.
func (m *machine) phase() vpn.Phase {
	switch {
	case !m.want && m.line == closingLine:
		return vpn.Closing
	case !m.want && m.gaveUp:
		return vpn.Failed
	case !m.want && m.Node.State == vpn.NodeUnknown:
		return vpn.Unknown
	case !m.want:
		return vpn.Down
	case m.held:
		return vpn.Blocked
	case m.chosen && m.line == openLine && m.tunnel && !m.stray():
		return vpn.Up
	case m.wasUp:
		return vpn.Reconnecting
	case m.chosen && m.unlock == done && m.Node.State == vpn.NodeRunning:
		return vpn.Dialing
	default:
		return vpn.Finding
	}
}
