package core

import (
	"errors"
	"net"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/guard"
	"github.com/mysteriumvpn/desktop/internal/mystnode"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// NodeState takes a new state of the node process. It is nodeproc's OnState.
func (c *Core) NodeState(s nodeproc.State) {
	n := vpn.Node{State: nodeStates[s.Phase], Version: s.Version, PID: s.PID, API: s.API, Adopted: s.Adopted}
	if n.State == vpn.NodeRunning {
		n.Lack = c.Carrying.Lack
	}
	c.post(nodeChanged{node: n, why: nodeReason(s)})
}

var nodeStates = [...]vpn.NodeState{
	nodeproc.Unknown:  vpn.NodeUnknown,
	nodeproc.Starting: vpn.NodeStarting,
	nodeproc.Running:  vpn.NodeRunning,
	nodeproc.Waiting:  vpn.NodeWaiting,
	nodeproc.Stopping: vpn.NodeStopping,
	nodeproc.Stopped:  vpn.NodeStopped,
	nodeproc.Failed:   vpn.NodeFailed,
}

// nodeReason turns nodeproc's errors into a Reason. The order matters: a node that was given up wraps why it left.
func nodeReason(s nodeproc.State) vpn.Reason {
	if s.Err == nil {
		return vpn.Reason{}
	}
	if e, ok := errors.AsType[*nodeproc.GaveUpError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodeGaveUp, A: howItLeft(e.Err)}
	}
	if e, ok := errors.AsType[*nodeproc.NotFoundError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodeNotFound, A: e.Path}
	}
	if _, ok := errors.AsType[*mystnode.NotFoundError](s.Err); ok {
		return missingReason(s.Err)
	}
	if e, ok := errors.AsType[*mystnode.NotNodeError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodeNotOne, A: e.Path, B: tidy(e.Err)}
	}
	if e, ok := errors.AsType[*mystnode.TooOldError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodeTooOld, A: e.Version, B: mystnode.Oldest}
	}
	if e, ok := errors.AsType[*guard.NodeError](s.Err); ok {
		if errors.Is(e, guard.ErrNoHelper) {
			return helperReason(e.Err)
		}
		return vpn.Reason{Code: vpn.HelperRefused, A: tidy(e.Err)}
	}
	switch {
	case errors.Is(s.Err, nodeproc.ErrNoNetwork):
		return vpn.Reason{Code: vpn.WaitingForNetwork}
	case errors.Is(s.Err, nodeproc.ErrDataLocked):
		return vpn.Reason{Code: vpn.NodeDataLocked}
	case errors.Is(s.Err, nodeproc.ErrPortTaken):
		return vpn.Reason{Code: vpn.NodePortTaken, A: portOf(s.API)}
	}
	if e, ok := errors.AsType[*nodeproc.NotUsedError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodeNotUsed, A: e.Port(), B: tidy(e.Err)}
	}
	if e, ok := errors.AsType[*nodeproc.PortTakenError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodePortTaken, A: e.Port()}
	}
	if e, ok := errors.AsType[*nodeproc.WrongProgramError](s.Err); ok {
		return vpn.Reason{Code: vpn.NodePortTaken, A: e.Port()}
	}
	if s.Phase == nodeproc.Failed {
		return vpn.Reason{Code: vpn.NodeGaveUp, A: tidy(s.Err)}
	}
	return vpn.Reason{Code: vpn.NodeWentAway, A: howItLeft(s.Err)}
}

func portOf(api string) string {
	_, port, err := net.SplitHostPort(api)
	if err != nil {
		return api
	}
	return port
}

// missingReason: one that the user has chosen is missed by its path.
func missingReason(err error) vpn.Reason {
	e, _ := errors.AsType[*mystnode.NotFoundError](err)
	if e.Chosen != "" {
		return vpn.Reason{Code: vpn.NodeNotFound, A: e.Chosen}
	}
	return vpn.Reason{Code: vpn.NodeMissing}
}

// maxLastLine is how much of a node's last line a sentence bears, in bytes.
const maxLastLine = 300

// howItLeft is for people: how the node ended, and its last line if it ended by itself, for then it says why. The last
// line of a node that was killed, or hung, is about something else.
func howItLeft(err error) string {
	e, ok := errors.AsType[*nodeproc.WentAwayError](err)
	if !ok {
		return tidy(err)
	}
	how := e.How
	if n := len(e.LastLines); n > 0 && strings.HasPrefix(how, "exit status") {
		last := e.LastLines[n-1]
		if len(last) > maxLastLine {
			last = strings.ToValidUTF8(last[:maxLastLine], "") + "…"
		}
		how += ": " + last
	}
	return tidy(errors.New(how))
}

// tidy is an error in one line, without the full stop that the sentence around it has.
func tidy(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimRight(strings.Join(strings.Fields(err.Error()), " "), ". ")
}
