package tequilatest

import (
	"context"
	"net/http"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// fault is what is wrong with one call.
type fault struct {
	once   []*tequilapi.Error // each for one call
	always *tequilapi.Error
	slow   time.Duration
	hung   chan struct{} // calls wait until it is closed; nil = they do not
}

// faultLocked is that of a call, which must be one that nodes have.
func (n *Node) faultLocked(method, path string) *fault {
	r, err := http.NewRequestWithContext(context.Background(), method, "http://node"+path, nil)
	if err != nil {
		panic("tequilatest: " + err.Error())
	}
	if _, pattern := n.mux().Handler(r); pattern == "" {
		panic("tequilatest: no node has " + method + " " + path)
	}
	key := method + " " + path
	if n.faults[key] == nil {
		n.faults[key] = &fault{}
	}
	return n.faults[key]
}

func mustFail(err tequilapi.Error) *tequilapi.Error {
	if err.Status < 300 {
		panic("tequilatest: a failure needs a status of its own")
	}
	return &err
}

// Fail makes the next call of method and path, such as "PUT", "/connection", fail with status, code and message. Twice
// makes the next two fail. It panics if the node has no such call.
func (n *Node) Fail(method, path string, err tequilapi.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.faultLocked(method, path)
	f.once = append(f.once, mustFail(err))
}

// FailAlways makes all calls of method and path fail, until Heal. It panics if the node has no such call.
func (n *Node) FailAlways(method, path string, err tequilapi.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faultLocked(method, path).always = mustFail(err)
}

// Slow makes the answers of method and path come so much later, until Heal. It panics if the node has no such call.
func (n *Node) Slow(method, path string, by time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faultLocked(method, path).slow = by
}

// Hang makes calls of method and path wait for an answer until Heal, which then comes. It panics if the node has no such
// call.
func (n *Node) Hang(method, path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if f := n.faultLocked(method, path); f.hung == nil {
		f.hung = make(chan struct{})
	}
}

// Heal takes back what Fail, FailAlways, Slow and Hang did to method and path. It panics if the node has no such call.
func (n *Node) Heal(method, path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.faultLocked(method, path)
	if f.hung != nil {
		close(f.hung)
	}
	delete(n.faults, method+" "+path)
}

// HangAll makes a node that accepts connections and does not answer, as the real one does while it starts. Calls that
// wait get their answer once resume is called. It panics if the node hangs already.
func (n *Node) HangAll() (resume func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hung != nil {
		panic("tequilatest: the node hangs already")
	}
	hung := make(chan struct{})
	n.hung = hung
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.hung == hung {
			close(hung)
			n.hung = nil
		}
	}
}

// meet waits as long as a call has to, and returns the failure it is to have. It is false if the caller has gone.
func (n *Node) meet(r *http.Request) (*tequilapi.Error, bool) {
	n.mu.Lock()
	var own fault
	if f := n.faults[r.Method+" "+r.URL.Path]; f != nil {
		own = *f
		if len(f.once) > 0 {
			f.once = f.once[1:]
		}
	}
	all := n.hung
	n.mu.Unlock()
	for _, hung := range []chan struct{}{all, own.hung} {
		if hung == nil {
			continue
		}
		select {
		case <-hung:
		case <-r.Context().Done():
			return nil, false
		}
	}
	if own.slow > 0 {
		select {
		case <-time.After(own.slow):
		case <-r.Context().Done():
			return nil, false
		}
	}
	if len(own.once) > 0 {
		return own.once[0], true
	}
	return own.always, true
}
