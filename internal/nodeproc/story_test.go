package nodeproc

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errQuit = errors.New("quit")

// story is a Proc that serves, and what it has told.
type story struct {
	*Proc
	t      *testing.T
	api    string
	states chan State
	quit   context.CancelCauseFunc
	served chan error
	out    *buffer
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// freePort is an address that nobody listens at. Race: somebody else's test might take it; the tests bind nothing else.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// quick are intervals for tests: short where they pass on each run, long where only a fault would wait for them.
func quick() Timing {
	return Timing{
		ProbeTimeout: 5 * time.Second, StartInterval: 5 * time.Millisecond, RunInterval: 10 * time.Millisecond, StartLimit: 30 * time.Second,
		Grace: 10 * time.Second, FirstPause: time.Millisecond, LastPause: 4 * time.Millisecond, ShortPause: time.Millisecond,
	}
}

// begin starts a Proc whose child plays part. It is ended with the test, at the latest.
func begin(t *testing.T, part string, change func(*Options)) *story {
	t.Helper()
	s := &story{t: t, api: freePort(t), states: make(chan State, 10000), served: make(chan error, 1), out: &buffer{}}
	o := Options{Spec: Spec{Path: os.Args[0], API: s.api}, Stdout: s.out, Stderr: s.out, Timing: quick()}
	var inside atomic.Bool
	o.OnState = func(st State) {
		if !inside.CompareAndSwap(false, true) {
			panic("OnState is called twice at a time")
		}
		defer inside.Store(false)
		s.states <- st
	}
	if change != nil {
		change(&o)
	}
	s.api = o.Spec.API
	if o.Spec.Env == nil {
		o.Spec.Env = environment(part, s.api, "")
	}
	s.Proc = New(o)
	ctx, cancel := context.WithCancelCause(context.Background())
	s.quit = cancel
	go func() { s.served <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel(errQuit)
		assert.ErrorIs(t, <-s.served, errQuit)
	})
	return s
}

// next is the next state.
func (s *story) next() State {
	s.t.Helper()
	select {
	case st := <-s.states:
		assert.Equal(s.t, s.api, st.API)
		return st
	case <-time.After(30 * time.Second):
		require.FailNow(s.t, "no further state", "after %+v", s.State())
	}
	return State{}
}

// until skips states until one of the phase.
func (s *story) until(phase Phase) State {
	s.t.Helper()
	for {
		if st := s.next(); st.Phase == phase {
			return st
		}
	}
}

// end quits and gives the states from there to the end.
func (s *story) end() []State {
	s.t.Helper()
	s.quit(errQuit)
	err := <-s.served
	require.ErrorIs(s.t, err, errQuit)
	s.served <- err // for the clean-up
	close(s.states)
	var rest []State
	for st := range s.states {
		rest = append(rest, st)
	}
	s.states = nil
	return rest
}

func post(t *testing.T, url string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Post(url, "", nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
}

func errorOf[T error](t *testing.T, err error) T {
	t.Helper()
	e, ok := errors.AsType[T](err)
	require.True(t, ok, "%T %v", err, err)
	return e
}
