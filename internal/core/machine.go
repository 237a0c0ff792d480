package core

import "github.com/mysteriumvpn/desktop/internal/vpn"

// next takes one input into account and says what is to be done about it. It is pure: no clock, no io, no locks.
// First the input changes facts and wishes (take), then orders are derived from the difference between them (settle).
// So any input is safe in any state, and there is one place that decides to dial or to hang up.
func next(s state, in input) (state, []effect) {
	m := machine{state: s}
	m.take(in)
	m.settle()
	m.Phase = m.phase()
	if m.Phase == vpn.Up && (!m.wasUp || s.Phase != vpn.Up) { // it may be another exit that has come back
		m.do(remember{m.Exit})
	}
	if m.Phase == vpn.Up {
		m.wasUp, m.tries, m.cause, m.Reason = true, 0, vpn.Reason{}, vpn.Reason{}
	}
	if m.Phase == vpn.Down {
		m.Exit = vpn.Exit{} // traffic leaves nowhere
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
		case m.switching && in.why.Zero():
			m.forget()
			m.target, m.chosen, m.Exit, m.wasUp = m.wished, true, in.exit, false
			m.Connection, m.Mode = m.wishedAs, m.nextMode
		case m.switching: // nothing there: better to stay than to be nowhere
			m.forget()
			m.Refused = in.why
			m.do(notify{vpn.Notice{Severity: vpn.Warning, Reason: in.why}})
		case in.why.Zero():
			m.takeOver(in.exit)
		case m.wasUp && m.Exit.ProviderID != "": // no other one is left to try: this one may come back
			m.chosen, m.Reason = true, m.cause
		case m.tries > 0: // all that is left was tried and failed: that is the cause, not the empty rest
			m.giveUp(m.cause)
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
			if m.guardWhy.Zero() {
				m.failed(in.why)
			} else { // no exit is to blame
				m.failed(m.guardWhy)
			}
		}
	case hungUp:
		if in.order == m.order && m.line == closingLine {
			m.line, m.lineTo, m.held = noLine, "", false
		}
	case lineSeen:
		m.takeLine(in)
	case tunnelChanged:
		m.tunnel = in.up
	case guardChanged:
		m.takeGuard(in)
	case modeWanted:
		m.nextMode = in.mode
	case released:
		m.letting = false
		if !in.why.Zero() && m.Guard.Held && !m.want { // tried again when the user says it again
			m.gaveUp, m.Reason = true, in.why
			m.do(notify{vpn.Notice{Severity: vpn.Error, Reason: in.why}})
		}
	case guardRefused:
		m.guardWhy = in.why
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
	m.Refused = vpn.Reason{}
	switch c.Verb {
	case vpn.NoVerb, vpn.Relist: // core asks the node
	case vpn.Connect:
		m.retryNode()
		if m.meets(c.Target) {
			m.target, m.pausing = c.Target, false
			if m.switching {
				m.switching, m.picking = false, false
			}
			return
		}
		m.picking, m.held = false, false
		if m.Phase == vpn.Up {
			m.switching, m.wished, m.wishedAs = true, c.Target, c.Connection
			return
		}
		m.Connection, m.Mode = c.Connection, m.nextMode
		m.want, m.target, m.chosen, m.wasUp = true, c.Target, false, false
		m.Exit = vpn.Exit{} // until one is picked: the old one is not where this wish leads
		m.forget()
	case vpn.Disconnect:
		if !m.guardTold { // it may have been started since
			m.do(lookAgain{})
		}
		m.want, m.chosen, m.wasUp, m.picking = false, false, false, false
		m.forget()
	case vpn.RestartNode:
		if m.Node.State == vpn.NodeFailed {
			m.forget()
		}
		m.retryNode()
	case vpn.Quit:
		m.want, m.chosen, m.picking, m.quitting = false, false, false, true
		m.forget()
		m.do(wait{kind: quitTimer, d: quitLimit})
	}
}

// forget drops what past failures left behind.
func (m *machine) forget() {
	m.gaveUp, m.tries, m.pausing, m.switching, m.cause, m.Reason = false, 0, false, false, vpn.Reason{}, vpn.Reason{}
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

// retryNode starts a node that was given up, or one that would be started later, now.
func (m *machine) retryNode() {
	switch m.Node.State {
	case vpn.NodeFailed:
		m.Node.State = vpn.NodeStarting
		m.nodeWhy = vpn.Reason{}
		m.do(retryNode{})
	case vpn.NodeWaiting:
		m.do(retryNode{})
	case vpn.NodeUnknown, vpn.NodeStarting, vpn.NodeRunning, vpn.NodeStopping, vpn.NodeStopped:
	}
}

func (m *machine) takeNode(in nodeChanged) {
	was := m.Node.State
	m.Node, m.nodeWhy = in.node, in.why
	if in.node.State == vpn.NodeRunning {
		if was != vpn.NodeRunning {
			m.ask()
		}
		return
	}
	// All that the process held for us is gone with it; answers still under way are stale.
	m.number()
	m.unlock, m.listed, m.listing, m.picking, m.pausing = undone, false, false, false, false
	m.line, m.lineTo, m.held = noLine, "", false
	// The user's word that they want out is not lost with the node.
	if in.node.State == vpn.NodeFailed && (m.want || !m.Guard.Held) {
		m.giveUp(in.why)
	}
}

// ask has the proposals listed, unless that is under way.
func (m *machine) ask() {
	if !m.listing {
		m.listing = true
		m.do(list{})
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
		if in.repriced && m.Phase == vpn.Reconnecting && m.Reason.Code == vpn.ConnectionDropped {
			m.Reason = vpn.Reason{Code: vpn.PriceChanged, A: m.Exit.ProviderID}
		}
	} else if m.want && !m.chosen && !m.listed {
		m.Reason = in.why
	}
	m.do(wait{kind: listTimer, d: again})
}

// takeGuard takes in how things stand with the device's network. One that is held though nobody here has asked for it
// was left by a run that ended without a goodbye: it stays blocked until the user says what they want.
func (m *machine) takeGuard(in guardChanged) {
	was, first := m.Guard, !m.guardTold
	m.Guard, m.guardTold = in.guard, true
	switch {
	case in.guard.Exposed && !was.Exposed:
		m.do(notify{vpn.Notice{Severity: vpn.Error, Reason: vpn.Reason{Code: vpn.NotGuarded, A: in.notice}}})
	case in.guard.Lost && m.want:
		m.failed(vpn.Reason{Code: vpn.HelperLost})
	case m.Mode == vpn.DeviceMode && m.Phase == vpn.Up && !in.guard.Held: // unblock or reset, by root
		m.hangUp()
		m.giveUp(vpn.Reason{Code: vpn.GuardOpened})
		m.do(notify{vpn.Notice{Severity: vpn.Error, Reason: m.Reason}})
	case m.Mode == vpn.DeviceMode && m.Phase == vpn.Up && in.guard.Blocked:
		m.hangUp()
		m.giveUp(vpn.Reason{Code: vpn.HelperRefused, A: in.notice})
	case in.guard.Held && first && !m.want && !m.quitting:
		m.gaveUp, m.Reason = true, vpn.Reason{Code: vpn.LeftBlocked}
	}
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
				m.ask() // the price may be why
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
			m.ask()
		}
	case quitTimer:
		if m.quitting {
			m.do(finish{})
		}
	case closeTimer:
		if in.order == m.order && m.line == closingLine && m.tunnel { // the node hangs; the user has been told that it ends
			m.tunnel = false
			m.do(dropTunnel{})
		}
	}
}
