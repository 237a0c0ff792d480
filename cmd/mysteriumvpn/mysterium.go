package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/core"
	"github.com/mysteriumvpn/desktop/internal/guard"
	"github.com/mysteriumvpn/desktop/internal/mystnode"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// mysterium is how the node of the Mysterium Network is found, started and reached. The way is found out once, when the
// program starts; the node's program before each start of it.
type mysterium struct {
	log    *zap.Logger
	chosen string // path of the node's program; "" = it is looked for
	home   string // "" = where a node keeps its things by itself
	host   string // of the node's API
	port   int    // 0 = any free one
	socket string // our supervisor socket

	guarded *guard.Node // the node that the root helper runs; nil = we run it

	finder   mystnode.Finder
	api      string // host:port, kept from start to start
	way      mystnode.Way
	carrying core.Carrying
}

// newMysterium finds out the way. asks is the supervisor socket that is open already; what it gives is the one to serve.
func (a *app) newMysterium(o *startOptions, s vpn.Settings, asks net.Listener) (*mysterium, net.Listener, error) {
	m := &mysterium{log: a.log, chosen: s.NodeProgram, host: o.apiAddress, port: o.apiPort, socket: a.folders.supervisor()}
	if o.nodeProgram != "" {
		m.chosen = o.nodeProgram
	}
	if o.home != "" {
		m.home = a.folders.node(string(vpn.Mysterium))
	}
	if s.Mode == vpn.DeviceMode {
		m.guarded = guard.NewNode(cmp.Or(o.netd, helperSocket))
	}
	shared, err := m.choose()
	if err != nil {
		return nil, asks, err
	}
	a.log.Info("the node's way", zap.Stringer("way", m.way))
	if shared != nil {
		_ = asks.Close()
		return m, shared, nil
	}
	return m, asks, nil
}

// choose takes the best way that this system lets us have. A node that runs already can only be reached at the socket
// that it knows, so then that is tried first.
func (m *mysterium) choose() (shared net.Listener, err error) {
	if m.guarded != nil {
		m.way = mystnode.Guarded
		return m.guarded, nil
	}
	if m.port != 0 {
		if l, err := unixsock.Listen(mystnode.SocketPath); err == nil {
			m.way = mystnode.Shared
			return l, nil
		}
	}
	closed := m.tryIsolated()
	if closed == nil {
		m.way = mystnode.Isolated
		return nil, nil
	}
	m.log.Warn("the node cannot have a namespace of its own", zap.Error(closed))
	l, taken := unixsock.Listen(mystnode.SocketPath)
	if taken == nil {
		m.way = mystnode.Shared
		return l, nil
	}
	m.log.Warn("nor can its socket be ours", zap.Error(taken))
	at, err := freePort("127.0.0.1")
	if err != nil {
		return nil, fmt.Errorf("find a port for the node's proxy: %w", err)
	}
	m.way = mystnode.Carrying
	m.carrying = core.Carrying{
		At: netip.MustParseAddrPort(at), Ours: nodeproc.OwnedByUs,
		Lack: vpn.Reason{Code: vpn.NodeCarries, A: lacking(closed)},
	}
	return nil, nil
}

// lacking says in a few words why the better ways are closed.
func lacking(closed error) string {
	text := strings.TrimRight(closed.Error(), ". ")
	if who := socketOwner(mystnode.SocketPath); who != "" {
		text += "; " + mystnode.SocketPath + " belongs to " + who
	}
	return text
}

// socketOwner names the program that listens at a socket; "" = nobody does.
func socketOwner(path string) string {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	c, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return ""
	}
	defer func() { _ = c.Close() }()
	pid, err := unixsock.PeerPID(c)
	if err != nil || pid == 0 {
		return "another program"
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("%s, process %d", strings.TrimSpace(string(name)), pid)
}

// tryIsolated starts this program once as the node would be started.
func (m *mysterium) tryIsolated() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	return mystnode.TryIsolated(ctx, append([]string{selfProgram}, isolatedArgs(m.socket)...))
}

// find is nodeproc's Find.
func (m *mysterium) find(ctx context.Context, last error) (nodeproc.Spec, error) {
	if m.guarded != nil {
		return m.findGuarded(ctx, last)
	}
	p, err := m.finder.Find(ctx, m.chosen)
	if err != nil {
		return nodeproc.Spec{}, err
	}
	if err := m.address(last); err != nil {
		return nodeproc.Spec{}, err
	}
	m.log.Info("node program", zap.String("path", p.Path), zap.String("version", p.Version), zap.String("api", m.api))
	s := nodeproc.Spec{
		Path: p.Path, Args: mystnode.Start{API: m.api, Home: m.home, Way: m.way}.Args(),
		API: m.api, Accept: m.accept, Cause: mystnode.Cause,
	}
	if m.way == mystnode.Isolated {
		s.Args = append(isolatedArgs(m.socket, p.Path), s.Args...)
		s.Path, s.Isolate = selfProgram, mystnode.Isolate
	}
	return s, nil
}

// findGuarded has the helper run the node, and waits until it answers: then it is taken as one that runs already.
func (m *mysterium) findGuarded(ctx context.Context, last error) (nodeproc.Spec, error) {
	if _, hangs := errors.AsType[*nodeproc.PortTakenError](last); hangs { // nobody else has its port
		m.guarded.Stop()
	}
	uid, err := m.guarded.Run(ctx)
	if err != nil {
		return nodeproc.Spec{}, err
	}
	m.api = mystnode.GuardedAPI
	ctx, stop := context.WithTimeoutCause(ctx, guardedLimit, fmt.Errorf("it did not answer within %s; its log is `journalctl -u mysteriumvpn-node`", guardedLimit))
	defer stop()
	for again := time.NewTicker(200 * time.Millisecond); ; {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", m.api)
		if err == nil {
			_ = c.Close()
			again.Stop()
			break
		}
		select {
		case <-ctx.Done():
			again.Stop()
			return nodeproc.Spec{}, context.Cause(ctx)
		case <-again.C:
		}
	}
	m.log.Info("node of the system", zap.Int("user", uid), zap.String("api", m.api))
	// If it has ended in this moment, what is started in its place ends at once, and it is looked for again.
	return nodeproc.Spec{Path: selfProgram, Args: []string{"version"}, API: m.api, Owner: uid, Accept: m.accept}, nil
}

// guardedLimit is how long the helper's node may take to answer.
const guardedLimit = time.Minute

// address chooses the node's port at first, and another one when somebody has taken it, unless the user has said which.
func (m *mysterium) address(last error) error {
	if m.port != 0 {
		m.api = net.JoinHostPort(m.host, strconv.Itoa(m.port))
		return nil
	}
	_, taken := errors.AsType[*nodeproc.PortTakenError](last)
	_, wrong := errors.AsType[*nodeproc.WrongProgramError](last)
	if m.api != "" && !taken && !wrong {
		return nil
	}
	api, err := freePort(m.host)
	if err != nil {
		return fmt.Errorf("find a port for the node: %w", err)
	}
	m.api = api
	return nil
}

// accept decides about a node that runs already. It brings its tunnel up where its own supervisor is, and that must be us.
func (m *mysterium) accept(h nodeproc.Health) error {
	switch {
	case strings.HasSuffix(h.Version, sandboxMark):
		return errors.New("it is one of the sandbox network")
	case strings.HasSuffix(h.Version, ownMark):
		return errors.New("it is one of the network own")
	case !mystnode.Usable(h.Version):
		return fmt.Errorf("it is version %s, and %s is the oldest that can be used", h.Version, mystnode.Oldest)
	case m.way != mystnode.Shared && m.way != mystnode.Guarded:
		return errors.New("it asks another supervisor than this program for its tunnel")
	}
	return nil
}
