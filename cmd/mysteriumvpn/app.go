package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/core"
	"github.com/mysteriumvpn/desktop/internal/guard"
	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/tunnel"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// sandboxMark and ownMark end the version of a node of ours: they say what it serves.
const (
	sandboxMark = "-sandbox"
	ownMark     = "-own"
)

// logLines is how many log lines are kept in memory.
const logLines = 6000

// app is the program's parts, joined: what the window and `run` have in common.
type app struct {
	folders folders
	began   time.Time
	bus     *bus.Bus
	topics  *vpn.Topics
	book    *proposals.Book
	ring    *logs.Ring
	file    *logs.File
	log     *zap.Logger
	unlog   func() // gives Go's global log back
	tunnel  *tunnel.Tunnel
	core    *core.Core
	tap     *busTap
	guard   *guard.Guard
	adopted *adoptedLog
	past    *history.Recorder
	account *account.Keeper
	purse   *account.Topics
	proxy   vpn.Proxy
	desk    *computer

	pastVersion *bus.State[uint64] // rises when past has something new

	counter *usage.Counter
	counts  *bus.State[usage.Counts]

	controlSocket net.Listener
	window        bool     // there is one to bring forward
	unkept        bool     // the settings could not be written at the start
	asking        bool     // it asks for the terms to be accepted: nothing is done unasked before
	said          []string // what the user should read at the start
}

// newApp builds the parts. On an error all that was opened is closed again. unixsock.ErrInUse in it means that the
// program runs already.
func newApp(f folders, o *startOptions, window bool) (_ *app, err error) {
	a := &app{folders: f, began: time.Now(), book: &proposals.Book{}, window: window}
	var undo []func()
	defer func() {
		if err != nil {
			for i := len(undo) - 1; i >= 0; i-- {
				undo[i]()
			}
		}
	}()

	// The control socket comes first: it is what tells that the program runs already.
	a.controlSocket, err = unixsock.Listen(f.control())
	switch {
	case err == nil:
	case errors.Is(err, unixsock.ErrInUse), errors.Is(err, unixsock.ErrUnsafeFolder), errors.Is(err, unixsock.ErrTooLong):
		return nil, err // it says what to do
	default:
		return nil, fmt.Errorf("%w. Choose a folder of your own with --home, or by XDG_RUNTIME_DIR", err)
	}
	undo = append(undo, func() { a.controlSocket.Close() })

	a.ring = logs.NewRing(logLines)
	a.log = logs.NewLogger(a.ring)
	// net/http and Fyne use Go's global log, and may print there what a far end sent.
	a.unlog = zap.RedirectStdLog(a.log)
	undo = append(undo, a.unlog)
	a.file = logs.OpenFile(a.ring, f.logFile(), logs.FileOptions{})
	undo = append(undo, func() { _ = a.file.Close() })
	a.log.Info("start", zap.String("version", version), zap.Int("pid", os.Getpid()))
	crashed, err := keepCrashes(f)
	if err != nil {
		a.log.Warn("a crash of this run will leave no trace", zap.Error(err))
	}
	if crashed {
		a.log.Warn("the last run ended by a crash; a problem report has it", zap.String("file", f.lastCrash()))
	}
	undo = append(undo, func() { endCrashes(f) })

	settings, err := a.loadSettings(o)
	if err != nil {
		return nil, err
	}
	a.bus = bus.New(bus.Options{Slow: func(r bus.Report) { a.log.Warn("bus", zap.String("report", r.String())) }})
	undo = append(undo, a.bus.Close)
	a.topics = vpn.NewTopics(a.bus, settings)
	a.tap = &busTap{bus: a.bus, ring: a.ring}
	a.record()
	a.count()
	a.keepAccount(settings.Network)

	a.tunnel = tunnel.New(tunnel.Options{Log: a.tunnelLog, OnStall: func(tunnel.StallInfo) { a.core.Stalled() }})
	undo = append(undo, a.tunnel.Close)
	if err := a.listen(settings); err != nil {
		return nil, err
	}

	asks, err := unixsock.Listen(f.supervisor())
	if err != nil {
		return nil, fmt.Errorf("open the socket for the node: %w", err)
	}
	undo = append(undo, func() { asks.Close() })
	run := nodeproc.Options{
		Stdout: logs.Writer(a.ring, logs.Node),
		Stderr: logs.Writer(a.ring, logs.Node),
		OnState: func(s nodeproc.State) {
			a.adopted.state(s)
			a.core.NodeState(s)
		},
	}
	a.adopted = &adoptedLog{ring: a.ring, log: a.log, off: settings.Network != vpn.Mysterium}
	var carrying core.Carrying
	passing := false
	if settings.Network == vpn.Mysterium {
		var m *mysterium
		if m, asks, err = a.newMysterium(o, settings, asks); err != nil {
			return nil, err
		}
		run.Find, carrying, passing = m.find, m.carrying, m.guarded != nil
	} else if run.Spec, err = a.ownNodeSpec(o, settings.Network); err != nil {
		return nil, err
	}
	a.guard = a.newGuard(cmp.Or(o.netd, helperSocket))
	undo = append(undo, a.guard.Close)
	a.desk = a.newComputer(o)
	lane := a.bus.Go("core")
	a.core = core.New(core.Parts{
		Log: a.log, Lane: lane,
		Status: a.topics.Status, Moves: a.topics.Moves, Traffic: a.topics.Traffic, Settings: a.topics.Settings,
		Proposals: a.topics.Proposals, Notices: a.topics.Notices, Commands: a.topics.Commands.Via(lane),
		Node: nodeproc.New(run), Tunnel: a.tunnel, Book: a.book, Supervisor: asks,
		API: func(address string) (*tequilapi.Client, error) {
			return tequilapi.New("http://"+address, core.LogCalls(a.log))
		},
		Network: settings.Network, Proxy: a.proxy, Carrying: carrying, Who: a.account.Who, Keep: a.remember(settings.Network),
		Guard: a.guard, Carry: a.carry, PassingNode: passing,
		Live: a.ring.SetConnection,
	})
	return a, nil
}

// loadSettings reads the settings and lays the flags over them.
func (a *app) loadSettings(o *startOptions) (vpn.Settings, error) {
	var s vpn.Settings
	err := store.ReadJSON(a.folders.settings(), &s)
	switch bad := (*store.BadFileError)(nil); {
	case err == nil, errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &bad):
		a.log.Warn("the settings cannot be read; starting with fresh ones", zap.Error(err))
		a.said = append(a.said, "The settings could not be read, so these are fresh ones: the proxy's address may be another. "+sentence(err))
		s = vpn.Settings{}
	default:
		return s, fmt.Errorf("read the settings: %w", err)
	}
	switch {
	case o.network != "":
		s.Network = vpn.Network(o.network) // checked
	case s.Network != vpn.Mysterium && s.Network != vpn.Own:
		s.Network = vpn.Sandbox
	}
	if o.mode != "" {
		s.Mode = vpn.Mode(o.mode) // checked
	}
	if why := vpn.NoDevice(s.Network); !why.Zero() && o.mode == string(vpn.DeviceMode) {
		return s, why
	}
	if o.proxy != "" {
		s.Proxy, s.ProxyExpose = o.proxy, o.proxyExpose
	}
	return s, nil
}

// listen opens the proxy, and keeps the address for the next start.
func (a *app) listen(s vpn.Settings) error {
	addr := s.Proxy
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	p, err := a.tunnel.Listen(addr, s.ProxyExpose)
	if taken, ok := errors.AsType[*tunnel.TakenError](err); ok {
		a.log.Error("proxy", zap.Error(taken))
		return vpn.Reason{Code: vpn.ProxyTaken, A: addr}
	}
	if err != nil {
		return fmt.Errorf("%w. Start with --proxy and another address", err)
	}
	a.proxy = vpn.Proxy{SOCKS5: p.SOCKS5.String(), HTTP: p.HTTP.String()}
	s.Proxy = a.proxy.SOCKS5
	if err := store.WriteJSON(a.folders.settings(), s); err != nil {
		a.log.Warn("keep the settings", zap.Error(err))
		a.unkept = true
		a.said = append(a.said, "The settings cannot be kept, so the proxy's address may be another at the next start. "+sentence(err))
	}
	a.topics.Settings.Send(s)
	return nil
}

// ownNodeSpec says which program is the node of a network that is ours.
func (a *app) ownNodeSpec(o *startOptions, network vpn.Network) (s nodeproc.Spec, err error) {
	program := o.nodeProgram
	if program == "" {
		program = ownProgram()
	}
	api := net.JoinHostPort(o.apiAddress, strconv.Itoa(o.apiPort))
	if o.apiPort == 0 {
		if api, err = freePort(o.apiAddress); err != nil {
			return s, fmt.Errorf("find a port for the node: %w. Is --tequilapi.address one of this computer's?", err)
		}
	}
	return nodeproc.Spec{Path: program, Args: o.nodeArgs(a.folders, network, api), API: api, Accept: nodeOf(network)}, nil
}

// nodeOf refuses to adopt a node of another network: its exits would not be where the window says.
func nodeOf(network vpn.Network) func(nodeproc.Health) error {
	mark := sandboxMark
	if network == vpn.Own {
		mark = ownMark
	}
	return func(h nodeproc.Health) error {
		if !strings.HasSuffix(h.Version, mark) {
			return fmt.Errorf("node %s is not one of the network %s", h.Version, network)
		}
		return nil
	}
}

// ownProgram is the path of this very program.
func ownProgram() string {
	p, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return p
}

func (a *app) tunnelLog(l wgnet.Level, text string) {
	a.ring.Append(logs.Line{Source: logs.Tunnel, Level: tunnelLevels[l], Text: text})
}

// serve runs until ctx ends or the user quits, and leaves nothing behind.
func (a *app) serve(ctx context.Context) error {
	defer a.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	var work sync.WaitGroup
	settings := a.bus.Go("settings")
	shelf := &shelf{path: a.folders.settings(), log: a.log, notices: a.topics.Notices, kept: a.topics.Settings.Load(), failing: a.unkept}
	forget := a.topics.Settings.Via(settings).On(shelf.keep)
	unlog := a.ring.OnAppend(a.topics.Logs.Send)
	a.firstWish()
	work.Go(func() { a.desk.serve(ctx) })
	work.Go(func() { a.account.Serve(ctx) })
	work.Go(func() {
		if err := control.Serve(ctx, a.controlSocket, a.controlDeps()); err != nil && ctx.Err() == nil {
			a.log.Error("the control socket broke", zap.Error(err))
		}
	})
	// The history hears of the end before core does: what core then takes down was not the user's wish to disconnect.
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	unend := context.AfterFunc(ctx, func() {
		a.past.Ending()
		end()
	})
	err := a.core.Serve(running)
	unend()
	a.past.Close()
	a.counter.Close()
	stop()
	work.Wait()
	unlog()
	forget()
	done := make(chan struct{})
	if settings.Post(func() { defer close(done); shelf.keep(a.topics.Settings.Load()) }) {
		<-done
	}
	return err
}

func (a *app) controlDeps() control.Deps {
	lane := a.bus.Go("control")
	d := control.Deps{
		Status: a.topics.Status.Via(lane), Traffic: a.topics.Traffic.Via(lane), Commands: a.topics.Commands,
		Book: a.book, Ring: a.ring, Version: version,
		Account: a.purse.State.Via(lane), Wishes: a.purse.Wishes,
		Settings: a.topics.Settings.Via(lane), Save: saver{a.topics}, Proposals: a.topics.Proposals.Via(lane),
		Notices: a.topics.Notices.Via(lane), Computer: a.topics.Computer.Via(lane), History: a.pastVersion.Via(lane),
		Stories: a.core.Stories, Tap: a.tap.on, Report: a.report, Counts: a.counts.Via(lane), Usage: counting{a.counter, a.topics},
		Mode: a.setMode, Switch: a.switchGuard, Look: a.lookGuard, Rules: a.rules, Probe: a.probe,
	}
	if a.topics.Settings.Load().Network == vpn.Mysterium {
		d.Feedback = a.feedback
	}
	if a.window {
		d.Window = a.topics.Window
	}
	return d
}

func (a *app) close() {
	a.tunnel.Close()
	a.guard.Close()
	a.adopted.close()
	a.bus.Close()
	a.log.Info("stop")
	a.unlog()
	_ = a.log.Sync()
	_ = a.file.Close()
	endCrashes(a.folders)
}

var tunnelLevels = map[wgnet.Level]logs.Level{wgnet.LevelDebug: logs.Debug, wgnet.LevelInfo: logs.Info, wgnet.LevelError: logs.Error}

// freePort finds a port that nobody has just now. Another program may take it before the node does; then nodeproc says
// so and tries again.
func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// quitLimit bounds how long a program that was asked to end may take.
const quitLimit = 20 * time.Second
