//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/history"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// attached is a window's side whose core is in another process: what that one says comes by its control socket into
// topics of this one, and what the user wishes goes there.
type attached struct {
	side
	client *control.Client
	login  *login
	orders *bus.Lane // on which wishes are sent, one after the other
	unlog  func()    // gives Go's global log back

	ctx   context.Context // of all that talks to the core
	stop  context.CancelFunc
	work  sync.WaitGroup
	whole chan struct{} // closed when all that is true has come once
	ended chan struct{} // closed when the core is gone
	why   error         // of that; read it after ended

	pastWritten *bus.State[uint64] // the core has something new in the file of the history
}

// attach joins the core that runs already, and returns when all is known of it.
func attach(ctx context.Context, f folders, o *startOptions) (*attached, error) {
	a := &attached{client: clientAt(f), whole: make(chan struct{}), ended: make(chan struct{})}
	a.folders, a.book, a.ring = f, &proposals.Book{}, logs.NewRing(logLines)
	a.log = logs.NewLogger(a.ring)
	a.unlog = zap.RedirectStdLog(a.log)
	a.bus = bus.New(bus.Options{Slow: func(r bus.Report) { a.log.Warn("bus", zap.String("report", r.String())) }})
	a.tap = &busTap{bus: a.bus, ring: a.ring} // what its own program sends: the core's bus is out of reach
	a.topics, a.purse = vpn.NewTopics(a.bus, vpn.Settings{}), account.NewTopics(a.bus)
	a.gone = bus.NewState(a.bus, "gone", false)
	a.counts = bus.NewState(a.bus, "usage", usage.Counts{})
	a.orders = a.bus.Go("orders")
	a.side.serve, a.side.save = a.serve, a.saveThere
	a.side.device = farDevice{a: a}
	a.side.report = func() (report.Report, error) { return makeReport(a.ctx, f) }
	a.side.feedback = func(email, words string) error {
		_, err := a.client.Feedback(a.ctx, email, words)
		return err
	}
	a.eraseCounts = func() { a.orders.Post(func() { a.tell(a.client.EraseUsage(a.ctx)) }) }
	a.ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.keepPast()
	a.login = &login{entry: loginEntry(o.home), now: a.topics.Settings.Load, save: a.saveThere, notices: a.topics.Notices, log: a.log}

	a.work.Go(a.follow)
	late := time.NewTimer(attachLimit)
	defer late.Stop()
	var err error
	select {
	case <-a.whole:
		return a, nil
	case <-a.ended:
		err = a.why
	case <-late.C:
		err = control.ErrSilent
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	a.close()
	return nil, err
}

// attachLimit bounds how long the core may take to say all that is true.
const attachLimit = 15 * time.Second

// keepPast reads the history that the core writes.
func (a *attached) keepPast() {
	lane := a.bus.Go("history")
	a.pastWritten = bus.NewState(a.bus, "history written", uint64(0))
	a.pastVersion = bus.NewState(a.bus, "history", uint64(0))
	a.past = history.NewCopy(history.CopyOptions{
		Path: a.folders.history(), Lane: lane, Written: a.pastWritten.Via(lane), Changed: a.pastVersion,
		Say: func(text string) { a.log.Warn("history", zap.String("problem", text)) },
	})
}

// follow takes over what the core says, and its log from as far back as it has it, until it is gone. A stream that breaks off is not the end yet: a window that was
// stopped for a while, with its computer or by a debugger, did not read and was let go.
func (a *attached) follow() {
	defer close(a.ended)
	defer a.ring.OnAppend(a.topics.Logs.Send)()
	var first sync.Once
	var cursor uint64 // of the newest log line
	for {
		whole := false
		ctx, end := context.WithCancel(a.ctx)
		var lines sync.WaitGroup
		err := a.client.Feed(ctx, control.Mirror{
			Status: a.topics.Status, Traffic: a.topics.Traffic, Settings: a.topics.Settings, Proposals: a.topics.Proposals,
			Account: a.purse.State, Computer: a.topics.Computer, History: a.pastWritten, Counts: a.counts, Notices: a.topics.Notices, Book: a.book,
			Whole: func() {
				whole = true
				first.Do(func() { close(a.whole) })
				lines.Go(func() { cursor, _ = a.client.CopyLogs(ctx, a.ring, cursor) }) // ends with the feed
			},
		})
		end()
		lines.Wait()
		if a.ctx.Err() == nil && whole {
			continue
		}
		a.why = err
		return
	}
}

// saveThere has the core take settings over; they come back by the feed.
func (a *attached) saveThere(s vpn.Settings) {
	a.orders.Post(func() { a.tell(a.client.Save(a.ctx, s)) })
}

// tell says that the core did not take a wish.
func (a *attached) tell(err error) {
	if err == nil || a.ctx.Err() != nil || errors.Is(err, control.ErrNotRunning) { // the last one shows by itself
		return
	}
	a.log.Warn("the core did not take a wish", zap.Error(err))
	a.topics.Notices.Send(vpn.Notice{Severity: vpn.Error, Reason: vpn.Reason{Code: vpn.CoreRefused, A: err.Error()}})
}

// serve runs until ctx ends. When the core is gone it says so to the window, and waits on.
func (a *attached) serve(ctx context.Context) error {
	defer a.close()
	defer a.topics.Commands.Via(a.orders).On(func(c vpn.Command) { a.tell(a.client.Command(a.ctx, c)) })()
	defer a.purse.Wishes.Via(a.orders).On(func(w account.Wish) { a.tell(a.client.Wish(a.ctx, w)) })()
	desk := a.bus.Go("login")
	desk.Post(a.login.read)
	defer a.topics.Settings.Via(desk).On(a.login.follow)()
	select {
	case <-ctx.Done():
		return nil
	case <-a.ended:
	}
	a.log.Info("the core has ended", zap.Error(a.why))
	a.gone.Send(true)
	a.topics.Status.Send(vpn.Status{}) // nothing is known any more
	<-ctx.Done()
	return nil
}

func (a *attached) close() {
	a.stop()
	a.work.Wait()
	a.bus.Close()
	a.unlog()
}

// sayUnused tells of flags that a window with a core of its own would have heeded.
func (o *startOptions) sayUnused(errs io.Writer) {
	if o.network != "" || o.proxy != "" || o.proxyExpose || len(o.exits.allow) > 0 || o.exits.dns != "" || o.nodeProgram != "" || o.apiPort != 0 {
		fmt.Fprintln(errs, "MysteriumVPN runs already, and this window joins it: the flags that say how it connects are not heeded.")
	}
}
