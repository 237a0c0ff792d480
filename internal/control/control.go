// Package control lets other programs of the same user talk to the running one: JSON over HTTP on a Unix socket, and the
// documents that the command line prints with --json.
//
// cmd serves it next to the window or the foreground run; the command line, and a second start that only brings the
// window forward, use Client.
//
// Requests run on goroutines of net/http. They never ask the core anything: they read the newest state, which receivers
// keep up to date on their lane, and send Commands, whose answer is the state that follows.
package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// protocol is what both sides must speak. It changes when an older program would misread a newer one.
const protocol = 1

// The headers that both sides send with everything.
const (
	headerProtocol = "Mysteriumvpn-Protocol"
	headerVersion  = "Mysteriumvpn-Version"
)

const (
	maxRequests = 64               // at one time; each watcher is one
	maxBody     = 16 << 10         // bytes of a request
	maxWish     = 2 << 20          // of one that may have the file of an identity in it
	writeTime   = 10 * time.Second // in which a client must take what it is sent
	closeTime   = 2 * time.Second  // in which requests must end when the program does
)

// Deps are the parts of the program that control shows to the outside. All but Window and those below must be there.
type Deps struct {
	Status   bus.Receiver[vpn.Status]  // on a lane where a receiver may take a lock for a moment, so not the window's
	Traffic  bus.Receiver[vpn.Traffic] // likewise
	Commands bus.Sender[vpn.Command]
	Account  bus.Receiver[account.State] // who pays, on a lane likewise; nil = nobody tells
	Wishes   bus.Sender[account.Wish]    // nil with it
	Window   bus.Sender[vpn.Raise]       // nil: the program runs without a window
	Book     *proposals.Book
	Ring     *logs.Ring
	Version  string // of the program, for people

	Stories func() []vpn.Story // the newest connections, oldest first; nil = nobody remembers
	// Mode has the next connection carry so much; Switch switches the helper's lockdown or lan; Look asks it how things
	// stand. An error is a sentence for the user. nil = that cannot be had.
	Mode   func(m vpn.Mode) error
	Switch func(ctx context.Context, what string, on bool) error
	Look   func(ctx context.Context) error
	// Rules lists the firewall's rules; Probe runs the leak self-test. Errors and nil likewise.
	Rules  func(ctx context.Context) (proof.Listing, error)
	Probe  func(ctx context.Context) (probes.Result, error)
	Report func() report.Report // makes a problem report; nil = that cannot be had
	// Feedback has the node send words and its own log files to its developers, and gives their number for it; nil = it
	// cannot. An error is a sentence for the user.
	Feedback func(ctx context.Context, email, words string) (issue string, err error)
	Tap      func() (untap func()) // has what travels on the bus put into Ring until untap; nil = it cannot be had

	// What a window in another process needs besides, on a lane likewise; each may be nil.
	Settings  bus.Receiver[vpn.Settings]
	Save      bus.Sender[vpn.Settings] // takes settings over, those that core notes by itself left out
	Proposals bus.Receiver[uint64]     // the version of Book's snapshot
	Notices   bus.Receiver[vpn.Notice]
	Computer  bus.Receiver[vpn.Computer]
	History   bus.Receiver[uint64] // rises when the file of the history has something new
	Counts    bus.Receiver[usage.Counts]

	Usage Usage // nil = nothing is counted
}

// Serve answers on l until ctx ends, then ends all requests, closes l and returns nil. Any other end is an error. Who may
// connect is for l to say; everyone who does may do everything.
func Serve(ctx context.Context, l net.Listener, d Deps) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	now := newPresent()
	var scope bus.Scope
	defer scope.Close()
	scope.Add(d.Status.On(now.setStatus))
	scope.Add(d.Traffic.On(now.setTraffic))

	s := &server{Deps: d, present: now, purse: newPurse(), feed: newFeed(d, &scope)}
	if d.Account != nil {
		scope.Add(d.Account.On(s.purse.set))
	}
	return s.serve(ctx, cancel, l, s.handler())
}

// serve answers by h on l until ctx ends; cancel ends it.
func (s *server) serve(ctx context.Context, cancel func(), l net.Listener, h http.Handler) error {
	web := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: writeTime, // and no ReadTimeout: it would end streams
		MaxHeaderBytes:    maxBody,
		ErrorLog:          quiet,
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(l) }()
	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("control socket: %w", err)
		cancel()
	case <-ctx.Done():
	}
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer done()
	if web.Shutdown(stop) != nil {
		_ = web.Close()
	}
	s.running.Wait()
	return err
}

// server answers requests.
type server struct {
	Deps
	present *present
	purse   *purse
	feed    *feed
	running sync.WaitGroup
	count   atomic.Int32
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", s.status)
	mux.HandleFunc("GET /watch", s.watch)
	mux.HandleFunc("GET /countries", s.countries)
	mux.HandleFunc("GET /proposals", s.proposals)
	mux.HandleFunc("GET /logs", s.logs)
	mux.HandleFunc("GET /timeline", s.timeline)
	mux.HandleFunc("GET /report", s.report)
	mux.HandleFunc("POST /feedback", s.feedback)
	mux.HandleFunc("POST /mode", s.setMode)
	mux.HandleFunc("POST /guard", s.setGuard)
	mux.HandleFunc("POST /guard/look", s.lookGuard)
	mux.HandleFunc("GET /rules", s.rules)
	mux.HandleFunc("POST /probe", s.probe)
	mux.HandleFunc("GET /account", s.account)
	mux.HandleFunc("POST /account", s.accountWish)
	mux.HandleFunc("POST /connect", s.connect)
	mux.HandleFunc("POST /disconnect", s.disconnect)
	mux.HandleFunc("POST /raise", s.raise)
	mux.HandleFunc("POST /quit", s.quit)
	mux.HandleFunc("POST /retry", s.retry)
	mux.HandleFunc("GET /usage", s.usage)
	mux.HandleFunc("POST /usage", s.usageWish)
	mux.HandleFunc("GET /feed", s.exact(s.follow))
	mux.HandleFunc("POST /command", s.exact(s.command))
	mux.HandleFunc("POST /settings", s.exact(s.save))
	mux.HandleFunc("POST /wish", s.exact(s.wishOnly))
	return s.guard(mux)
}

// ServeWindow answers on l that a window is here, and has it come to the front when it is asked to, until ctx ends as
// with Serve. It is for a window whose core is in another process and answers for itself.
func ServeWindow(ctx context.Context, l net.Listener, window bus.Sender[vpn.Raise], version string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{Deps: Deps{Window: window, Version: version}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /raise", s.raise)
	return s.serve(ctx, cancel, l, s.guard(mux))
}

// guard lets in only so many, and only those who speak as we do.
func (s *server) guard(mux *http.ServeMux) http.Handler {
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, &Error{Code: codeNoCall, Text: "The running program does not know this call."})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.running.Add(1)
		defer s.running.Done()
		defer s.count.Add(-1)
		w.Header().Set(headerProtocol, strconv.Itoa(protocol))
		w.Header().Set(headerVersion, s.Version)
		switch {
		case s.count.Add(1) > maxRequests:
			refuse(w, http.StatusServiceUnavailable, &Error{Code: "too_many", Text: "Too many commands talk to the running program. End some of them."})
		case r.Header.Get(headerProtocol) != strconv.Itoa(protocol):
			refuse(w, http.StatusUpgradeRequired, versionError(s.Version, r.Header.Get(headerVersion)))
		default:
			most := int64(maxBody)
			if r.URL.Path == "/wish" {
				most = maxWish
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
			mux.ServeHTTP(w, r)
		}
	})
}

// versionError says that the running program and the command are of versions that do not understand each other.
func versionError(running, command string) *Error {
	return &Error{Code: CodeVersion, Text: fmt.Sprintf("The running MysteriumVPN is %s and this command is %s: they do not understand each other. Quit the running one and start it again.",
		versionName(running), versionName(command))}
}

func versionName(v string) string {
	if v == "" {
		return "of another version"
	}
	return "version " + v
}

// refuse answers with an error document.
func refuse(w http.ResponseWriter, status int, e *Error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(errorDoc{Error: e}))
}

// answer sends one document.
func answer(w http.ResponseWriter, doc any) {
	w.Header().Set("Content-Type", "application/json")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime))
	_, _ = w.Write(encode(doc))
}

// stream sends documents one a line. Each is on its way when send returns.
type stream struct {
	w   http.ResponseWriter
	out *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "application/x-ndjson")
	return &stream{w: w, out: http.NewResponseController(w)}
}

func (s *stream) send(doc any) error { return s.write(encode(doc)) }

func (s *stream) write(b []byte) error {
	if err := s.out.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.out.Flush()
}
