package netd

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// Times and numbers of connections.
const (
	DefaultLease = 15 * time.Second // an owner that asks nothing for so long is gone
	idleTime     = 10 * time.Minute // the same for who owns nothing
	writeTime    = 5 * time.Second  // to take an answer
	holdTime     = 5 * time.Second  // between looks at who else sets DNS
	maxConns     = 64
	maxUserConns = 8
	maxStrangers = 8 // of all who may not, together, until they have heard so
)

// Options of a Server.
type Options struct {
	Paths Paths
	Allow []uint32      // users who may talk to it besides those whom guests admits
	Lease time.Duration // without a word of the owner; DefaultLease
	Log   LogFunc       // called from the lane and from connections
}

// Server answers clients. Make it with NewServer, then Serve once.
type Server struct {
	opts   Options
	guests guests
	dev    *device
	lane   chan func()

	checking atomic.Bool // a check of the rules waits on the lane
	holding  atomic.Bool // likewise of DNS

	conns  sync.WaitGroup
	serial atomic.Uint64

	mu        sync.Mutex
	users     map[uint32]int         // open connections of guests by user
	open      map[*net.UnixConn]bool // true: a guest's
	strangers int                    // open connections of others
}

// NewServer takes up what an earlier helper has left: if somebody was connected everything is blocked when it returns.
// The error says what could not be done of that; the server is of use all the same, and is never nil.
func NewServer(o Options) (*Server, error) {
	s := &Server{
		opts: o, dev: newDevice(o.Paths, o.Log), lane: make(chan func()), users: make(map[uint32]int), open: make(map[*net.UnixConn]bool),
		guests: guests{allow: o.Allow, group: o.Paths.Group, seat: o.Paths.Seat},
	}
	return s, s.dev.start()
}

// Serve answers connections of l until ctx ends, and closes l. Rules that block stay when it returns.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var parts sync.WaitGroup
	ended := make(chan struct{})
	parts.Go(func() {
		for {
			select {
			case f := <-s.lane:
				f()
			case <-ended:
				return
			}
		}
	})
	defer func() { close(ended); parts.Wait() }()
	s.watch(ctx, &parts)
	parts.Go(func() {
		<-ctx.Done()
		_ = l.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for c := range s.open {
			_ = c.SetReadDeadline(time.Now()) // it ends as if the client had gone, so what was held stays blocked
		}
	})
	for {
		c, err := l.AcceptUnix()
		switch {
		case ctx.Err() != nil:
			s.conns.Wait()
			return nil
		case errors.Is(err, net.ErrClosed):
			stop()
			s.conns.Wait()
			return err
		case err != nil: // too many open files, or the client left while it waited
			s.opts.Log("accept: %v", err)
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		s.conns.Go(func() { s.talk(ctx, c) })
	}
}

// watch follows what other programs do to our rules and to resolv.conf. Without that they are checked only when ours
// change.
func (s *Server) watch(ctx context.Context, parts *sync.WaitGroup) {
	post := func(waiting *atomic.Bool, f func()) func() {
		return func() {
			if waiting.Swap(true) {
				return
			}
			select {
			case s.lane <- func() { waiting.Store(false); f() }:
			case <-ctx.Done():
			}
		}
	}
	start := func(stop func(), err error) {
		if err != nil {
			s.opts.Log("%v", err)
			return
		}
		parts.Go(func() { <-ctx.Done(); stop() })
	}
	start(watchFirewall(post(&s.checking, s.dev.check)))
	hold := post(&s.holding, s.dev.hold)
	start(watchFolder(filepath.Dir(s.opts.Paths.Resolv), hold))
	parts.Go(func() { // managers start and end, and so do the files that resolv.conf is a link to
		for t := time.NewTicker(holdTime); ; {
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
				hold()
			}
		}
	})
}

// run runs f on the lane and waits for it.
func (s *Server) run(f func()) {
	done := make(chan struct{})
	s.lane <- func() { defer close(done); f() }
	<-done
}

// talk serves one connection.
func (s *Server) talk(ctx context.Context, c *net.UnixConn) {
	defer func() { _ = c.Close() }()
	p, err := peerOf(c)
	if err != nil {
		s.opts.Log("ask who connects: %v", err)
		return
	}
	who := caller{Conn: s.serial.Add(1), UID: p.uid}
	guest := s.guests.admits(p)
	if !s.enter(c, p.uid, guest) {
		return
	}
	defer s.leave(c, p.uid)
	buf := make([]byte, wire.MaxPacket+1)
	if !guest {
		refuseStranger(c, buf, p.uid)
		return
	}
	patience := idleTime
	for ctx.Err() == nil {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if ctx.Err() != nil {
			break // Serve may have set its deadline just before ours
		}
		packet, err := wire.Receive(c, buf)
		if err != nil {
			break
		}
		a, file := s.answer(who, packet)
		_ = c.SetWriteDeadline(time.Now().Add(writeTime))
		err = wire.Send(c, a.Append(nil), file)
		file.Close() // nil closes, too
		if err != nil {
			break
		}
		patience = idleTime
		if a.Yours {
			patience = s.opts.Lease
		}
	}
	s.run(func() {
		if next := gone(s.dev.state, who.Conn); next.Conn != s.dev.state.Conn || next.NodeConn != s.dev.state.NodeConn {
			s.opts.Log("a program of user %d has gone", who.UID)
			_, _ = s.dev.do(next) // logged, and in the notice
		}
	})
}

// refuseStranger answers the first request, whatever it is, so that the user learns what to do.
func refuseStranger(c *net.UnixConn, buf []byte, uid uint32) {
	_ = c.SetDeadline(time.Now().Add(writeTime))
	if _, err := wire.Receive(c, buf); err == nil {
		_ = wire.Send(c, (&wire.Answer{Code: wire.Denied, Text: denied(uid).Error()}).Append(nil))
	}
}

// answer does what a packet asks for. What cannot be read is answered, too: the client may be of another version.
func (s *Server) answer(who caller, packet []byte) (a wire.Answer, file *os.File) {
	r, err := wire.ParseRequest(packet)
	if err != nil {
		return wire.Answer{Code: wire.Invalid, Text: err.Error()}, nil
	}
	s.run(func() {
		file, err = s.do(who, r)
		var rules string
		if err == nil && r.Verb == wire.Rules {
			rules, err = s.dev.firewall.rules("--numeric")
		}
		a = s.dev.state.answer(who, err)
		a.Rules = rules
	})
	return a, file
}

// do runs on the lane.
func (s *Server) do(who caller, r wire.Request) (*os.File, error) {
	to, err := next(s.dev.state, who, r)
	if err != nil {
		return nil, err
	}
	switch r.Verb {
	case wire.Status, wire.Rules:
		return nil, nil
	case wire.Socket:
		return makeSocket(r.Port)
	case wire.Reset:
		return nil, s.dev.reset()
	case wire.Node:
		return s.runNode(to)
	case wire.Unknown, wire.Begin, wire.Tunnel, wire.Endpoints, wire.Resolvers, wire.Disconnect, wire.Lockdown, wire.LAN, wire.MTU:
	}
	return s.dev.do(to)
}

// runNode lets the node pass before it starts, and only if it does.
func (s *Server) runNode(to State) (f *os.File, err error) {
	var ok bool
	if to.Node, ok = idOf(s.opts.Paths.Passwd, NodeUser); !ok {
		return nil, refuse(wire.Failed, "there is no user %s for the node to run as: install the package of mysteriumvpn", NodeUser)
	}
	fresh := s.dev.state.NodeConn == 0
	if _, err = s.dev.do(to); err == nil {
		f, err = s.dev.node.start(fresh)
	}
	if err != nil && fresh {
		to = s.dev.state
		to.Node, to.NodeConn = 0, 0
		_, _ = s.dev.do(to)
	}
	return f, err
}

// enter counts a connection, or refuses it: nobody may fill the helper up, and strangers take no guest's place.
func (s *Server) enter(c *net.UnixConn, uid uint32, guest bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !guest && s.strangers >= maxStrangers:
		return false
	case !guest:
		s.strangers++
	case uid != 0 && (len(s.open)-s.strangers >= maxConns || s.users[uid] >= maxUserConns):
		return false
	default:
		s.users[uid]++
	}
	s.open[c] = guest
	return true
}

func (s *Server) leave(c *net.UnixConn, uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	guest := s.open[c]
	delete(s.open, c)
	if !guest {
		s.strangers--
	} else if s.users[uid]--; s.users[uid] <= 0 {
		delete(s.users, uid)
	}
}
