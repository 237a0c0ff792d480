package core

import (
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// settle orders what the facts still lack for the wish. Each order is given once: its fact changes with it.
func (m *machine) settle() {
	if m.line == noLine && m.tunnel {
		// The node that asked for the tunnel is gone, or has forgotten it: it carries nothing, and programs that
		// use the proxy should be refused at once instead of hanging.
		m.tunnel = false
		m.do(dropTunnel{})
	}
	if m.switching && (m.line != openLine || !m.tunnel || m.Node.State != vpn.NodeRunning) {
		// What was connected is gone by itself: there is nothing to stay with.
		m.target, m.chosen, m.wasUp, m.picking, m.switching = m.wished, false, false, false, false
		m.Connection, m.Mode = m.wishedAs, m.nextMode
		m.Exit = vpn.Exit{}
	}
	if !m.want {
		if !m.gaveUp && !m.quitting {
			m.Reason = m.nodeWhy
			if m.Reason.Zero() && m.Guard.Blocked && m.Guard.Lockdown {
				m.Reason = vpn.Reason{Code: vpn.LockdownOn}
			}
		}
		switch m.line {
		case dialingLine, openLine:
			m.hangUp()
		case noLine:
			if m.letGo() || m.letting {
				return
			}
			if m.quitting && !m.stopped {
				m.stopped = true
				m.do(stopNode{})
			}
		case closingLine:
		}
		m.Mode = m.nextMode
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
	case m.line == openLine && !m.tunnel && m.wasUp: // the node has taken the tunnel down, and says so in a moment
		m.hangUp()
		m.failed(vpn.Reason{Code: vpn.ConnectionDropped})
		m.ask()
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
	if m.switching {
		if !m.picking {
			m.picking = true
			m.do(pick{order: m.number(), target: m.wished})
		}
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
		if m.Mode == vpn.ProxyMode && (m.letGo() || m.letting) { // asking for the proxy is the user's word, too
			return
		}
		m.guardWhy = vpn.Reason{}
		m.line, m.lineTo = dialingLine, m.Exit.ProviderID
		n := m.number()
		m.do(dial{order: n, exit: m.Exit})
		m.do(wait{kind: dialTimer, order: n, d: dialLimit})
	}
}

// letGo has the helper open the network again, if it is held and nobody wants that any more. Only the user's word does
// that: a wish that could not be met leaves everything blocked.
func (m *machine) letGo() bool {
	if !m.Guard.Held || m.letting || m.gaveUp {
		return false
	}
	m.letting = true
	m.do(release{})
	return true
}

// stray reports that the open line does not go where the user wants.
func (m *machine) stray() bool {
	return !m.chosen || m.lineTo != m.Exit.ProviderID
}

func (m *machine) hangUp() {
	m.line, m.held = closingLine, false
	n := m.number()
	m.do(hangUp{order: n})
	if m.tunnel {
		m.do(wait{kind: closeTimer, order: n, d: closeLimit})
	}
}

// failed takes one failure on the way to the wish: try again, try another exit, or give up.
func (m *machine) failed(why vpn.Reason) {
	if !m.want {
		return
	}
	m.tries++
	m.cause, m.Reason = why, why
	switch {
	case hopeless(why.Code):
		m.giveUp(why)
	case why.Code == vpn.NotUnlocked && m.tries < maxExits:
		m.unlock = undone
		m.pause()
	case notTheExits(why.Code) && m.tries < maxExits: // the same one again
		m.unlock = undone
		m.pauseFor(nodePause)
	case m.wasUp && m.tries < maxReconnects:
		if m.target.ProviderID == "" && m.tries >= sameExit && !notTheExits(why.Code) {
			m.leave()
		}
		if notTheExits(why.Code) {
			m.unlock = undone
		}
		m.pause()
	case !m.wasUp && m.target.ProviderID == "" && m.tries < maxExits:
		m.leave()
	default:
		if !notTheExits(why.Code) {
			m.do(avoid{provider: m.Exit.ProviderID, blame: !m.wasUp})
		}
		m.giveUp(why)
	}
}

// leave has another exit chosen.
func (m *machine) leave() {
	m.do(avoid{provider: m.Exit.ProviderID, blame: !m.wasUp})
	m.chosen = false
}

// takeOver says that the exit that failed is left for another one.
func (m *machine) takeOver(to vpn.Exit) {
	if m.tries > 0 && m.Exit.ProviderID != "" && m.Exit.ProviderID != to.ProviderID {
		m.Reason = vpn.Reason{Code: vpn.TryingNext, A: m.Exit.ProviderID, B: inShort(m.cause)}
		m.do(notify{vpn.Notice{Severity: vpn.Warning, Reason: m.Reason}})
	}
	m.chosen, m.Exit = true, to
}

// inShort is a failure as it stands within the sentence of TryingNext.
func inShort(why vpn.Reason) string {
	switch why.Code {
	case vpn.ProviderFailed:
		return why.B
	case vpn.ProviderSilent:
		return "no answer for " + why.A + " s"
	default:
		return strings.TrimRight(why.Text(), ".")
	}
}

// notTheExits reports that a failure says nothing of the exit that was to be used.
func notTheExits(c vpn.Code) bool {
	return c == vpn.NodeWentAway || c == vpn.RegistrationDark || c == vpn.NotUnlocked
}

// hopeless reports that trying again, here or elsewhere, cannot help.
func hopeless(c vpn.Code) bool {
	switch c {
	case vpn.NotRegistered, vpn.NotRegisterable, vpn.Registering, vpn.NoBalance, vpn.NodeGaveUp, vpn.HelperMissing, vpn.HelperLost, vpn.HelperRefused, vpn.LockdownOn:
		return true
	default:
		return false
	}
}

func (m *machine) giveUp(why vpn.Reason) {
	m.want, m.chosen, m.wasUp, m.picking, m.pausing = false, false, false, false, false
	m.gaveUp, m.switching, m.Reason = true, false, why
}

// pause waits before the next try: at once the first time, then 1, 2, 4 … seconds.
func (m *machine) pause() {
	if m.tries <= 1 {
		return
	}
	m.pauseFor(min(time.Second<<min(m.tries-2, 10), maxPause))
}

func (m *machine) pauseFor(d time.Duration) {
	m.pausing = true
	m.do(wait{kind: pauseTimer, order: m.order, d: d})
}

// phase names the state for the user. It is derived, never set: so it cannot disagree with the facts.
func (m *machine) phase() vpn.Phase {
	switch {
	case !m.want && (m.line == closingLine || m.letting):
		return vpn.Closing
	case !m.want && m.gaveUp && m.Guard.Held:
		return vpn.Blocked
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
