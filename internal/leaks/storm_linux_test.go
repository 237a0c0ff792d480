package leaks

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

var (
	stormCycles = flag.Int("storm.cycles", 200, "how often the storm connects, switches and disconnects")
	stormSeed   = flag.Uint64("storm.seed", 0, "of what is killed when; 0 = another one each time")
)

// stormTime bounds a storm on machines with no time: it ends early, and says after how many cycles.
const stormTime = 200 * time.Second

// storm is the world with the app and the helper as they are shipped, and traffic of every kind all the time.
type storm struct {
	*world
	t     *testing.T
	rand  *rand.Rand
	app   *program
	shots *volleys
	shutter

	opened chan string // what the helper has said of opening while it was to be shut
	kills  map[string]int

	toldMu sync.Mutex
	told   []event

	retries int
}

// TestTheStorm: nine kinds of traffic at 200 Hz each while the app connects, switches and disconnects 200 times, and while
// app, helper and node are killed at random moments. What is sent between the helper's word that the firewall is shut
// and the user's wish to disconnect is not seen outside, but as WireGuard's datagrams to the exits.
func TestTheStorm(t *testing.T) {
	w := newWorld(t)
	seed := *stormSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d (again with -storm.seed=%d)", seed, seed)
	s := &storm{
		world: w, t: t, rand: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // to be told again by its seed
		opened: make(chan string, 100), kills: map[string]int{},
	}
	s.begin()
	s.app = w.newProgram(t)
	s.app.atExit(t, "CH", entryA, entryA)
	s.app.atExit(t, "DE", entryB, entryB)
	s.app.start(t)
	s.shots = w.fireAtWill(t, w.newBox(t))
	s.requireEachSeen("nobody is connected")

	from, begun, cycles := w.seen.len(), time.Now(), 0
	memory := rss(t, s.app.child.cmd.Process.Pid)
	for ; cycles < *stormCycles && time.Since(begun) < stormTime; cycles++ {
		if cycles%6 == 5 {
			s.accident([]string{"app", "helper", "node"}[cycles/6%3])
		} else {
			s.cycle()
		}
	}
	require.GreaterOrEqual(t, cycles, 20, "this machine is too slow for a storm")
	took := time.Since(begun).Round(time.Second)
	w.barrier(t)
	frames := w.seen.since(from)
	v := s.shots.judge(frames, &s.shutter, entryA, entryB)
	for kind, one := range s.shots.list {
		t.Logf("%-22s %6d sent, %6d of them while it was shut", one.name, v.sent[kind], v.inside[kind])
		assert.NotZero(t, v.inside[kind], one.name)
	}
	t.Logf("%d cycles in %s, killed %v, %d connects tried again; %d frames: %d of WireGuard, %d of address configuration, %d FOREIGN; app %.0f MB, then %.0f MB",
		cycles, took, s.kills, s.retries, v.frames, v.wireguard, v.innocent, len(v.foreign), memory, rss(t, s.app.child.cmd.Process.Pid))
	for i, f := range v.foreign {
		if i < 10 {
			t.Errorf("this has left the device at %s: %s%s", f.at.Format(clock), f, s.around(&f))
		}
	}
	require.Empty(t, v.foreign)
	require.Empty(t, s.opened, "the helper has opened, and nobody has asked")

	s.requireEachSeen("nobody is connected any more")
	s.requireJudgeSees()
}

const clock = "15:04:05.000000"

// tell notes what has happened, to be read beside a frame that should not be.
func (s *storm) tell(format string, args ...any) {
	s.toldMu.Lock()
	defer s.toldMu.Unlock()
	s.told = append(s.told, event{time.Now(), fmt.Sprintf(format, args...)})
}

type event struct {
	at   time.Time
	what string
}

// around is what happened about the time of a frame.
func (s *storm) around(f *frame) string {
	s.toldMu.Lock()
	defer s.toldMu.Unlock()
	var b strings.Builder
	s.shots.mu.Lock()
	if kind, n, ok := s.shots.whoseLocked(f); ok {
		one := s.shots.shots[kind][n]
		fmt.Fprintf(&b, "%s, sent between %s and %s\n", s.shots.list[kind].name, one.before.Format(clock), one.after.Format(clock))
	}
	s.shots.mu.Unlock()
	for _, e := range s.told {
		if d := e.at.Sub(f.at); d > -300*time.Millisecond && d < 300*time.Millisecond {
			fmt.Fprintf(&b, "%s %s\n", e.at.Format(clock), e.what)
		}
	}
	return b.String()
}

// begin starts the helper, and listens to what it says.
func (s *storm) begin() {
	s.serve(s.t)
	c := s.netd
	go func() {
		for line := range c.lines {
			s.tell("helper: %s", line)
			switch {
			case strings.HasPrefix(line, "connecting, was "):
				s.shut(time.Now())
			case strings.HasPrefix(line, "open, was ") && s.isShut():
				s.opened <- line
			}
		}
	}()
}

// cycle connects, switches and disconnects, and lets a little pass between.
func (s *storm) cycle() {
	there := []string{"CH", "DE"}
	s.rand.Shuffle(2, func(i, j int) { there[i], there[j] = there[j], there[i] })
	s.connect(there[0])
	s.shots.more(s.t, s.rand.IntN(20))
	s.connect(there[1])
	s.shots.more(s.t, s.rand.IntN(20))
	s.disconnect()
}

func (s *storm) connect(country string) {
	s.tell("connect %s", country)
	said, err := s.app.order(s.t, "connect", country).end()
	require.NoError(s.t, err, "%s", said)
	s.tell("connected")
}

// reach connects, and tries again if that fails: after an accident, or where handshakes are lost.
func (s *storm) reach(country string) {
	for late := time.Now().Add(2 * patience); ; s.retries++ {
		said, err := s.app.order(s.t, "connect", country).end()
		if err == nil {
			return
		}
		require.True(s.t, time.Now().Before(late), "%s", said)
	}
}

// disconnect is the user's wish: from here on it may be open.
func (s *storm) disconnect() {
	o := s.askOut()
	said, err := o.end()
	require.NoError(s.t, err, "%s", said)
}

func (s *storm) askOut() *order {
	s.open(time.Now())
	s.tell("disconnect")
	return s.app.order(s.t, "disconnect")
}

// accident kills somebody at a random moment of a connect, a switch, a disconnect or a quiet time, starts it again, and
// finds everything blocked, or going on.
func (s *storm) accident(who string) {
	t := s.t
	s.connect("CH")
	var o *order
	wish := false
	switch s.rand.IntN(4) {
	case 0: // quiet
	case 1:
		o = s.app.order(t, "connect", "DE")
	case 2:
		o, wish = s.askOut(), true
	case 3:
		s.disconnect()
		o = s.app.order(t, "connect", "DE")
	}
	s.shots.more(t, s.rand.IntN(40))
	s.tell("%s is killed", who)
	switch who {
	case "app":
		s.app.kill()
		wish = false // who had it is gone
	case "helper":
		s.netd.kill()
	case "node":
		node := s.app.until(t, "its node runs", func(n *state) bool { return n.Node.PID != 0 }).Node.PID
		_ = unix.Kill(node, unix.SIGKILL)
	}
	s.kills[who]++
	if o != nil {
		_, _ = o.end() // whether it was met is not the question
	}
	s.shots.more(t, s.rand.IntN(20))
	if who == "helper" {
		s.begin()
	}
	if phase := s.status(t).Phase; phase == wire.Open {
		require.False(t, s.isShut(), "%s was killed, and it is open", who)
	} else if !wish {
		s.shut(time.Now())
	}
	if who == "app" {
		s.app.start(t)
	}
	s.shots.more(t, s.rand.IntN(20))
	s.reach("DE")
	s.disconnect()
}

// requireEachSeen is the positive control: while it is open each kind is on the wire, or that they are not shows nothing.
func (s *storm) requireEachSeen(when string) {
	s.t.Helper()
	s.barrier(s.t)
	from := s.seen.len()
	s.shots.more(s.t, 20)
	s.barrier(s.t)
	v := s.shots.judge(s.seen.since(from), &s.shutter)
	for kind, one := range s.shots.list {
		assert.NotZero(s.t, v.seen[kind], "%s: %s is not seen", when, one.name)
	}
	assert.Empty(s.t, v.foreign)
	require.False(s.t, s.t.Failed())
}

// requireJudgeSees is the negative control: connected, and then without rules and without anybody who would set them
// again, each kind is foreign.
func (s *storm) requireJudgeSees() {
	t := s.t
	s.connect("CH")
	require.NoError(t, s.netd.cmd.Process.Signal(unix.SIGSTOP))
	s.app.kill()
	s.client.tool(t, "", "nft", "flush", "ruleset")
	from := s.seen.len()
	s.shots.more(t, 20)
	s.barrier(t)
	v := s.shots.judge(s.seen.since(from), &s.shutter, entryA, entryB)
	require.NoError(t, s.netd.cmd.Process.Signal(unix.SIGCONT))
	found := make([]int, len(s.shots.list))
	s.shots.mu.Lock()
	for i := range v.foreign {
		if kind, _, ok := s.shots.whoseLocked(&v.foreign[i]); ok {
			found[kind]++
		}
	}
	s.shots.mu.Unlock()
	for kind, one := range s.shots.list {
		assert.NotZero(t, found[kind], "without rules %s is not found foreign", one.name)
	}
	t.Logf("control: without the rules, %d foreign frames in 100 ms", len(v.foreign))
}
