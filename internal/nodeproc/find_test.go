//go:build unix

package nodeproc

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errMissing = errors.New("nowhere")

// finding makes a story's Spec come from Find, which answer may refuse.
func finding(part string, answer func(last error) error) func(*Options) {
	return func(o *Options) {
		spec := o.Spec
		spec.Env = environment(part, spec.API, "")
		o.Spec = Spec{API: spec.API} // for the story alone; not run
		o.Find = func(_ context.Context, last error) (Spec, error) { return spec, answer(last) }
	}
}

// kill ends the node that runs.
func (s *story) kill() {
	s.t.Helper()
	p, err := os.FindProcess(s.State().PID)
	require.NoError(s.t, err)
	require.NoError(s.t, p.Kill())
}

func TestTheProgramIsLookedForAgainOnRetry(t *testing.T) {
	var there atomic.Bool
	s := begin(t, "serve", finding("serve", func(error) error {
		if !there.Load() {
			return errMissing
		}
		return nil
	}))
	require.ErrorIs(t, s.until(Failed).Err, errMissing)
	s.Retry()
	require.ErrorIs(t, s.until(Failed).Err, errMissing, "looked for again, and still not there")
	there.Store(true)
	s.Retry()
	assert.Equal(t, "1.2.3", s.until(Running).Version)
}

// TestAProgramThatIsBeingReplacedIsWaitedFor: an upgrade takes its file away for a moment, in which the node may end.
func TestAProgramThatIsBeingReplacedIsWaitedFor(t *testing.T) {
	var asked atomic.Int32
	s := begin(t, "serve", finding("serve", func(error) error {
		if n := asked.Add(1); n > 1 && n < 5 {
			return errMissing
		}
		return nil
	}))
	first := s.until(Running)
	s.kill()
	missed := 0
	for {
		st := s.next()
		require.NotEqual(t, Failed, st.Phase, "%v", st.Err)
		if errors.Is(st.Err, errMissing) {
			missed++
		}
		if st.Phase == Running {
			assert.NotEqual(t, first.PID, st.PID)
			break
		}
	}
	assert.Equal(t, 3, missed)
}

func TestAProgramThatStaysAwayIsFailed(t *testing.T) {
	var gone atomic.Bool
	s := begin(t, "serve", finding("serve", func(error) error {
		if gone.Load() {
			return errMissing
		}
		return nil
	}))
	s.until(Running)
	gone.Store(true)
	s.kill()
	require.ErrorIs(t, s.until(Failed).Err, errMissing)
}

// TestFindHearsThatThePortIsTaken: so it can choose another one.
func TestFindHearsThatThePortIsTaken(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	done := make(chan struct{})
	go func() { // a program that speaks something else
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 mail.example.org\r\n"))
			_ = c.Close()
		}
	}()
	defer func() { <-done }()
	defer func() { _ = l.Close() }()
	free := freePort(t)
	states := make(chan State, 1000)
	p := New(Options{
		Timing: quick(), OnState: func(s State) { states <- s },
		Find: func(_ context.Context, last error) (Spec, error) {
			api := l.Addr().String()
			if _, taken := errors.AsType[*PortTakenError](last); taken {
				api = free
			}
			return Spec{Path: os.Args[0], Env: environment("serve", api, ""), API: api}, nil
		},
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	served := make(chan error)
	go func() { served <- p.Serve(ctx) }()
	for {
		select {
		case st := <-states:
			if st.Phase != Running {
				continue
			}
			assert.Equal(t, free, st.API)
		case <-time.After(30 * time.Second):
			require.Fail(t, "it never ran")
		}
		break
	}
	cancel(errQuit)
	require.ErrorIs(t, <-served, errQuit)
}

// TestWhatPassesByItselfIsNeverGivenUp: a laptop may be without network for hours.
func TestWhatPassesByItselfIsNeverGivenUp(t *testing.T) {
	for _, why := range []error{ErrNoNetwork, ErrDataLocked, ErrPortTaken} {
		s := begin(t, "say", func(o *Options) {
			o.Spec.Cause = func(lines []string) error {
				if strings.Contains(strings.Join(lines, "\n"), "could not get hermes URL") {
					return why
				}
				return nil
			}
		})
		for range 3 * giveUpAfter {
			st := s.until(Waiting)
			for st.Until.IsZero() { // being found out
				st = s.until(Waiting)
			}
			require.ErrorIs(t, st.Err, why)
		}
		for _, st := range s.end() {
			assert.NotEqual(t, Failed, st.Phase)
		}
	}
}

func TestColoursAreNotInTheLastLines(t *testing.T) {
	var last tail
	s := &stream{tail: &last}
	_, err := s.Write([]byte("\x1b[90m2026-11-26\x1b[0m \x1b[1m\x1b[31mERR\x1b[0m\x1b[0m \x1b[36merror=\x1b[0m\"no network\"\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{`2026-11-26 ERR error="no network"`}, last.last())
}

func TestWhoseAListenerIs(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	if !socketOwner(l.Addr().String()).known {
		t.Skip("this system does not tell")
	}
	assert.True(t, OwnedByUs(l.Addr().String()))
	require.NoError(t, l.Close())
	assert.False(t, OwnedByUs(l.Addr().String()), "nobody's is not ours")
	assert.False(t, OwnedByUs("no address"))
}
