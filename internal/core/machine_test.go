package core

import (
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// allowed reads the picture's table in docs/states.md: which phase may follow which.
func allowed(t testing.TB) map[vpn.Phase]map[vpn.Phase]bool {
	t.Helper()
	b, err := os.ReadFile("../../docs/states.md")
	require.NoError(t, err)
	row := regexp.MustCompile(`(?m)^\| (\w+) \| ([\w, ]+) \|`)
	out := map[vpn.Phase]map[vpn.Phase]bool{}
	for _, m := range row.FindAllStringSubmatch(string(b), -1) {
		var from vpn.Phase
		if from.UnmarshalText([]byte(m[1])) != nil {
			continue // a heading
		}
		out[from] = map[vpn.Phase]bool{}
		for name := range strings.SplitSeq(m[2], ",") {
			var to vpn.Phase
			require.NoError(t, to.UnmarshalText([]byte(strings.TrimSpace(name))), "row %s", from)
			out[from][to] = true
		}
	}
	require.Len(t, out, len(vpn.Phases()), "docs/states.md has a row for each phase")
	return out
}

var (
	berlin = vpn.Exit{ProviderID: "0xde1", Country: "DE", City: "Berlin"}
	munich = vpn.Exit{ProviderID: "0xde2", Country: "DE", City: "Munich"}
	hague  = vpn.Exit{ProviderID: "0xnl1", Country: "NL", City: "The Hague"}

	running = nodeChanged{node: vpn.Node{State: vpn.NodeRunning, PID: 7}}
	broken  = vpn.Reason{Code: vpn.ProviderFailed, A: "0xde1", B: "no answer"}
	crashed = nodeChanged{node: vpn.Node{State: vpn.NodeWaiting}, why: vpn.Reason{Code: vpn.NodeWentAway, A: "killed"}}
)

// story drives next by hand. Orders are answered by the test; last finds the newest effect of a kind.
type story struct {
	t *testing.T
	s state
	e []effect
}

func (y *story) in(ins ...input) *story {
	y.t.Helper()
	for _, in := range ins {
		var out []effect
		y.s, out = next(y.s, in)
		y.e = append(y.e, out...)
	}
	return y
}

func (y *story) phase(p vpn.Phase) *story {
	y.t.Helper()
	require.Equal(y.t, p.String(), y.s.Phase.String(), "reason %q", y.s.Reason.Text())
	return y
}

func last[E effect](y *story) E {
	y.t.Helper()
	for i := len(y.e) - 1; i >= 0; i-- {
		if e, ok := y.e[i].(E); ok {
			return e
		}
	}
	var none E
	require.Fail(y.t, "no effect", "%T in %v", none, y.e)
	return none
}

func count[E effect](y *story) (n int) {
	for _, e := range y.e {
		if _, ok := e.(E); ok {
			n++
		}
	}
	return n
}

func (y *story) connect(to vpn.Target) *story {
	return y.in(command{ID: vpn.NextCommand(), Verb: vpn.Connect, Target: to})
}
func (y *story) disconnect() *story { return y.in(command{Verb: vpn.Disconnect}) }
func (y *story) pick(e vpn.Exit) *story {
	return y.in(picked{order: last[pick](y).order, exit: e})
}
func (y *story) unlock() *story { return y.in(prepared{order: last[prepare](y).order}) }
func (y *story) dialOK() *story {
	return y.in(tunnelChanged{up: true}, dialed{order: last[dial](y).order})
}

func (y *story) dialFails(why vpn.Reason) *story {
	return y.in(dialed{order: last[dial](y).order, why: why})
}

func (y *story) closed() *story {
	return y.in(tunnelChanged{up: false}, hungUp{order: last[hangUp](y).order})
}

// upTo brings a story to the named phase by the shortest way.
func upTo(t *testing.T, p vpn.Phase) *story {
	t.Helper()
	y := &story{t: t}
	switch p {
	case vpn.Unknown:
	case vpn.Down:
		y.in(running, listed{})
	case vpn.Finding:
		upTo(t, vpn.Down).copyTo(y).connect(vpn.Target{Country: "DE"})
	case vpn.Dialing:
		upTo(t, vpn.Finding).copyTo(y).pick(berlin).unlock()
	case vpn.Up:
		upTo(t, vpn.Dialing).copyTo(y).dialOK()
	case vpn.Reconnecting:
		upTo(t, vpn.Up).copyTo(y).in(stalled{})
	case vpn.Blocked:
		upTo(t, vpn.Up).copyTo(y).in(lineSeen{order: upTo(t, vpn.Up).s.order, open: true, held: true})
	case vpn.Closing:
		upTo(t, vpn.Up).copyTo(y).disconnect()
	case vpn.Failed:
		upTo(t, vpn.Down).copyTo(y).connect(vpn.Target{ProviderID: "0xde1"}).pick(berlin).unlock().dialFails(broken)
	}
	y.phase(p)
	return y
}

func (y *story) copyTo(z *story) *story { z.s, z.e = y.s, y.e; return z }

func TestEachTransition(t *testing.T) {
	for _, c := range []struct {
		name string
		from vpn.Phase
		do   func(*story)
		to   vpn.Phase
		code vpn.Code
	}{
		{"the node starts", vpn.Unknown, func(y *story) { y.in(nodeChanged{node: vpn.Node{State: vpn.NodeStarting}}) }, vpn.Down, ""},
		{"connect before anything is known", vpn.Unknown, func(y *story) { y.connect(vpn.Target{}) }, vpn.Finding, vpn.NodeIsStarting},
		{"the node cannot be started", vpn.Unknown, func(y *story) {
			y.in(nodeChanged{node: vpn.Node{State: vpn.NodeFailed}, why: vpn.Reason{Code: vpn.NodeNotFound, A: "myst"}})
		}, vpn.Failed, vpn.NodeNotFound},
		{"another program has the port", vpn.Down, func(y *story) {
			y.in(nodeChanged{node: vpn.Node{State: vpn.NodeWaiting}, why: vpn.Reason{Code: vpn.NodePortTaken, A: "4050"}})
		}, vpn.Down, vpn.NodePortTaken},
		{"connect", vpn.Down, func(y *story) { y.connect(vpn.Target{}) }, vpn.Finding, ""},
		{"disconnect while down", vpn.Down, func(y *story) { y.disconnect() }, vpn.Down, ""},
		{"an exit is chosen", vpn.Finding, func(y *story) { y.pick(berlin).unlock() }, vpn.Dialing, ""},
		{"nothing to choose", vpn.Finding, func(y *story) {
			y.in(picked{order: last[pick](y).order, why: vpn.Reason{Code: vpn.NoExitInCountry, A: "Germany"}})
		}, vpn.Failed, vpn.NoExitInCountry},
		{"cancelled while finding", vpn.Finding, func(y *story) { y.disconnect() }, vpn.Down, ""},
		{"the identity is not registered", vpn.Finding, func(y *story) {
			y.pick(berlin).in(prepared{order: last[prepare](y).order, why: vpn.Reason{Code: vpn.NotRegistered, A: "0x1"}})
		}, vpn.Failed, vpn.NotRegistered},
		{"connected", vpn.Dialing, func(y *story) { y.dialOK() }, vpn.Up, ""},
		{"cancelled while dialing", vpn.Dialing, func(y *story) { y.disconnect() }, vpn.Closing, ""},
		{"the provider fails, others are left", vpn.Dialing, func(y *story) { y.dialFails(broken) }, vpn.Finding, vpn.ProviderFailed},
		{"the provider is silent", vpn.Dialing, func(y *story) {
			y.in(timerRang{kind: dialTimer, order: last[dial](y).order})
		}, vpn.Finding, vpn.ProviderSilent},
		{"no money", vpn.Dialing, func(y *story) { y.dialFails(vpn.Reason{Code: vpn.NoBalance}) }, vpn.Failed, vpn.NoBalance},
		{"the node dies while dialing", vpn.Dialing, func(y *story) { y.in(crashed) }, vpn.Finding, vpn.NodeWentAway},
		{"connected without a tunnel", vpn.Dialing, func(y *story) {
			y.in(dialed{order: last[dial](y).order})
		}, vpn.Finding, vpn.TunnelFailed},
		{"switch while dialing", vpn.Dialing, func(y *story) { y.connect(vpn.Target{Country: "NL"}) }, vpn.Finding, ""},
		{"the same wish while dialing", vpn.Dialing, func(y *story) { y.connect(vpn.Target{Country: "DE"}) }, vpn.Dialing, ""},
		{"the exit stops answering", vpn.Up, func(y *story) { y.in(stalled{}) }, vpn.Reconnecting, vpn.TunnelStalled},
		{"the node dies while up", vpn.Up, func(y *story) { y.in(crashed) }, vpn.Reconnecting, vpn.NodeWentAway},
		{"the node drops the connection", vpn.Up, func(y *story) { y.in(lineSeen{order: y.s.order}) }, vpn.Reconnecting, vpn.ConnectionDropped},
		{"the node takes the tunnel down", vpn.Up, func(y *story) { y.in(tunnelChanged{}) }, vpn.Reconnecting, vpn.ConnectionDropped},
		{"on hold", vpn.Up, func(y *story) { y.in(lineSeen{order: y.s.order, open: true, held: true}) }, vpn.Blocked, vpn.OnHold},
		{"disconnect", vpn.Up, func(y *story) { y.disconnect() }, vpn.Closing, ""},
		{"switch, still choosing", vpn.Up, func(y *story) { y.connect(vpn.Target{Country: "NL"}) }, vpn.Up, ""},
		{"switch", vpn.Up, func(y *story) { y.connect(vpn.Target{Country: "NL"}).pick(hague) }, vpn.Dialing, ""},
		{"switch to where nothing is on offer", vpn.Up, func(y *story) {
			y.connect(vpn.Target{Country: "FJ"}).in(picked{order: last[pick](y).order, why: vpn.Reason{Code: vpn.NoExitInCountry, A: "Fiji"}})
		}, vpn.Up, ""},
		{"the tunnel goes while choosing", vpn.Up, func(y *story) {
			y.connect(vpn.Target{Country: "NL"}).in(lineSeen{order: y.s.order})
		}, vpn.Finding, vpn.ConnectionDropped},
		{"connect to where we are", vpn.Up, func(y *story) { y.connect(vpn.Target{Country: "DE"}) }, vpn.Up, ""},
		{"back again", vpn.Reconnecting, func(y *story) { y.closed().dialOK() }, vpn.Up, ""},
		{"not back yet", vpn.Reconnecting, func(y *story) { y.closed().dialFails(broken) }, vpn.Reconnecting, vpn.ProviderFailed},
		{"cancelled while reconnecting", vpn.Reconnecting, func(y *story) { y.disconnect().closed() }, vpn.Down, ""},
		{"the node gives up while reconnecting", vpn.Reconnecting, func(y *story) {
			y.in(nodeChanged{node: vpn.Node{State: vpn.NodeFailed}, why: vpn.Reason{Code: vpn.NodeGaveUp, A: "exit 1"}})
		}, vpn.Failed, vpn.NodeGaveUp},
		{"passes again", vpn.Blocked, func(y *story) { y.in(lineSeen{order: y.s.order, open: true}) }, vpn.Up, ""},
		{"disconnect while blocked", vpn.Blocked, func(y *story) { y.disconnect() }, vpn.Closing, ""},
		{"connect again while blocked", vpn.Blocked, func(y *story) { y.connect(vpn.Target{Country: "DE"}) }, vpn.Finding, ""},
		{"closed", vpn.Closing, func(y *story) { y.closed() }, vpn.Down, ""},
		{"the node dies while closing", vpn.Closing, func(y *story) { y.in(crashed) }, vpn.Down, vpn.NodeWentAway},
		{"connect while closing", vpn.Closing, func(y *story) { y.connect(vpn.Target{}) }, vpn.Finding, ""},
		{"connect after a failure", vpn.Failed, func(y *story) { y.connect(vpn.Target{}) }, vpn.Finding, ""},
		{"a failure is put away", vpn.Failed, func(y *story) { y.disconnect() }, vpn.Down, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := upTo(t, c.from)
			c.do(y)
			y.phase(c.to)
			assert.Equal(t, c.code, y.s.Reason.Code)
			if c.from != c.to {
				assert.True(t, allowed(t)[c.from][c.to], "docs/states.md does not allow %s to %s", c.from, c.to)
			}
		})
	}
}

func TestReconnectKeepsTheExit(t *testing.T) {
	y := upTo(t, vpn.Up)
	y.in(crashed).phase(vpn.Reconnecting)
	last[dropTunnel](y)
	y.in(running, listed{}).phase(vpn.Reconnecting).unlock().dialOK().phase(vpn.Up)
	assert.Equal(t, berlin, last[dial](y).exit)
	assert.Equal(t, 1, count[pick](y), "the exit is not chosen anew")
}

func TestANodeThatDoesNotAnswerIsNotTheExitsFault(t *testing.T) {
	silent := reasonOf(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}, "0xde1")
	require.Equal(t, vpn.NodeWentAway, silent.Code)
	assert.Equal(t, vpn.NodeWentAway, reasonOf(fmt.Errorf("PUT /connection: %w", io.EOF), "0xde1").Code)

	y := upTo(t, vpn.Finding).pick(berlin).unlock().dialFails(silent)
	assert.Zero(t, count[avoid](y))
	assert.Zero(t, count[notify](y))
	dials := count[dial](y)
	y.in(crashed, nodeChanged{node: vpn.Node{State: vpn.NodeStarting}}, running, listed{}).unlock()
	assert.Equal(t, dials+1, count[dial](y), "again, as soon as it runs")
	assert.Equal(t, berlin, last[dial](y).exit)
	y.dialOK().phase(vpn.Up)

	y = upTo(t, vpn.Finding).pick(berlin).unlock().dialFails(silent)
	for range maxExits - 1 {
		w := last[wait](y)
		y.in(timerRang{kind: w.kind, order: w.order}).unlock().dialFails(silent)
	}
	y.phase(vpn.Failed)
	assert.Zero(t, count[avoid](y), "not even then")
}

func TestATunnelDoesNotOutliveAHangUpThatTheNodeDoesNotAnswer(t *testing.T) {
	y := upTo(t, vpn.Up).disconnect().phase(vpn.Closing)
	w := last[wait](y)
	require.Equal(t, closeTimer, w.kind)
	assert.Zero(t, count[dropTunnel](y), "the node counts to the end")
	y.in(timerRang{kind: closeTimer, order: w.order}).phase(vpn.Closing)
	assert.Equal(t, 1, count[dropTunnel](y))

	y = upTo(t, vpn.Up).disconnect()
	old := last[wait](y)
	y.closed().connect(vpn.Target{Country: "DE"}).pick(berlin).dialOK().phase(vpn.Up)
	y.in(timerRang{kind: closeTimer, order: old.order}).phase(vpn.Up)
	assert.Zero(t, count[dropTunnel](y), "not the next one's")
}

func TestExitIsTheOneOfThisWish(t *testing.T) {
	y := upTo(t, vpn.Dialing).connect(vpn.Target{Country: "NL"}).phase(vpn.Finding)
	assert.Zero(t, y.s.Exit, "not the one that is being left")
	y.closed().pick(hague).dialOK().phase(vpn.Up)
	assert.Equal(t, hague, y.s.Exit)
	y.disconnect().phase(vpn.Closing)
	assert.Equal(t, hague, y.s.Exit)
	y.closed().phase(vpn.Down)
	assert.Zero(t, y.s.Exit)
}

func TestReconnectPausesLongerEachTime(t *testing.T) {
	y := upTo(t, vpn.Reconnecting).closed()
	var pauses []string
	for range 7 {
		y.dialFails(broken)
		if y.s.pausing {
			w := last[wait](y)
			pauses = append(pauses, w.d.String())
			y.in(timerRang{kind: w.kind, order: w.order})
			if y.s.picking {
				y.pick(berlin)
			}
		}
	}
	assert.Equal(t, []string{"1s", "2s", "4s", "8s", "16s", "30s"}, pauses)
}

// failsAgain has one more dial fail, with the pause before and after it.
func (y *story) failsAgain() *story {
	y.t.Helper()
	y.dialFails(broken)
	if y.s.pausing {
		w := last[wait](y)
		y.in(timerRang{kind: w.kind, order: w.order})
	}
	return y
}

// TestWhereOnlyACountryWasAskedForAnotherExitTakesOver: the lost exit is asked for again twice, then the next best.
func TestWhereOnlyACountryWasAskedForAnotherExitTakesOver(t *testing.T) {
	y := upTo(t, vpn.Reconnecting).closed().failsAgain()
	assert.Equal(t, berlin, last[dial](y).exit)
	assert.Zero(t, count[avoid](y))
	y.dialFails(broken).phase(vpn.Reconnecting)
	assert.Equal(t, avoid{provider: "0xde1"}, last[avoid](y), "nobody is blamed: the network around us may be gone")
	w := last[wait](y)
	y.in(timerRang{kind: w.kind, order: w.order}).pick(munich).phase(vpn.Reconnecting)
	assert.Equal(t, vpn.TryingNext, y.s.Reason.Code)
	assert.Equal(t, 1, count[notify](y), "it is said")
	y.dialOK().phase(vpn.Up)
	assert.Equal(t, munich, y.s.Exit)
	assert.Equal(t, remember{munich}, last[remember](y), "it is where the next start goes")
	assert.Zero(t, y.s.Reason)
}

// TestALostNetworkIsWaitedForThoughNoExitAnswers: with all exits tried, the last one is tried on until the end.
func TestALostNetworkIsWaitedForThoughNoExitAnswers(t *testing.T) {
	y := upTo(t, vpn.Reconnecting).closed()
	for y.s.tries < maxReconnects-1 {
		y.failsAgain()
		if y.s.picking {
			y.in(picked{order: last[pick](y).order, why: vpn.Reason{Code: vpn.NoExitInCountry, A: "DE"}})
		}
		y.phase(vpn.Reconnecting)
	}
	assert.Equal(t, berlin, last[dial](y).exit)
	assert.Zero(t, count[notify](y), "there is no other one to tell of")
	z := *y
	z.dialFails(broken).phase(vpn.Failed)
	assert.False(t, last[avoid](&z).blame, "nor is anybody to blame")
	y.dialOK().phase(vpn.Up)
}

// TestANodeThatDoesNotAnswerIsNoExitsFault: the exit is asked for again when the node can be asked.
func TestANodeThatDoesNotAnswerIsNoExitsFault(t *testing.T) {
	y := upTo(t, vpn.Reconnecting).closed()
	for range maxExits + 3 {
		y.dialFails(vpn.Reason{Code: vpn.NodeWentAway, A: "no answer"}).phase(vpn.Reconnecting)
		w := last[wait](y)
		y.in(timerRang{kind: w.kind, order: w.order})
		if y.s.unlock == asked {
			y.unlock()
		}
		assert.Equal(t, berlin, last[dial](y).exit)
	}
	assert.Zero(t, count[avoid](y))
}

// TestANamedProviderIsWaitedFor: whoever asked for one provider gets no other.
func TestANamedProviderIsWaitedFor(t *testing.T) {
	y := upTo(t, vpn.Down).connect(vpn.Target{ProviderID: "0xde1"}).pick(berlin).unlock().dialOK().in(stalled{}).closed()
	for range maxReconnects - 1 {
		y.failsAgain().phase(vpn.Reconnecting)
		assert.Equal(t, berlin, last[dial](y).exit)
	}
	y.dialFails(broken).phase(vpn.Failed)
	assert.Equal(t, vpn.ProviderFailed, y.s.Reason.Code)
}

func TestThreeExitsAreTriedThenItFails(t *testing.T) {
	y := upTo(t, vpn.Finding).pick(berlin).unlock().dialFails(broken)
	assert.Equal(t, avoid{provider: "0xde1", blame: true}, last[avoid](y))
	y.pick(munich)
	assert.Equal(t, vpn.Reason{Code: vpn.TryingNext, A: "0xde1", B: "no answer"}, y.s.Reason)
	y.dialFails(broken).phase(vpn.Finding)
	assert.Equal(t, 3, y.s.Attempt)
	y.pick(berlin).dialFails(broken).phase(vpn.Failed)
	assert.Equal(t, 2, count[notify](y), "each next try is said")
	assert.Equal(t, vpn.ProviderFailed, y.s.Reason.Code)
}

func TestSwitchClosesTheOldLineFirst(t *testing.T) {
	y := upTo(t, vpn.Up).connect(vpn.Target{Country: "NL"})
	assert.Zero(t, count[hangUp](y), "what is connected stays until there is somewhere to go")
	dials := count[dial](y)
	y.pick(hague)
	last[hangUp](y)
	assert.Equal(t, dials, count[dial](y), "not before the old one is closed")
	y.closed().dialOK().phase(vpn.Up)
	assert.Equal(t, hague, y.s.Exit)
}

// TestNothingThereLeavesWhatIsConnected: a country without exits is no reason to lose the connection.
func TestNothingThereLeavesWhatIsConnected(t *testing.T) {
	y := upTo(t, vpn.Up).connect(vpn.Target{Country: "FJ"})
	y.in(picked{order: last[pick](y).order, why: vpn.Reason{Code: vpn.NoExitInCountry, A: "Fiji"}}).phase(vpn.Up)
	assert.Equal(t, berlin, y.s.Exit)
	assert.Equal(t, vpn.NoExitInCountry, y.s.Refused.Code)
	assert.Equal(t, 1, count[notify](y))
	y.in(lineSeen{order: y.s.order, open: true}).phase(vpn.Up)
	y.disconnect().closed().phase(vpn.Down)
	assert.True(t, y.s.Refused.Zero(), "it was the answer to an older command")
}

func TestStaleAnswersChangeNothing(t *testing.T) {
	y := upTo(t, vpn.Dialing)
	old := last[dial](y).order
	y.disconnect().closed().phase(vpn.Down)
	before := y.s
	y.in(dialed{order: old}, picked{order: 1, exit: hague}, prepared{order: 1}, hungUp{order: 1}, lineSeen{order: 1, open: true})
	assert.Equal(t, before, y.s)
}

func TestCancelThatTheNodeMissedIsRepeated(t *testing.T) {
	y := upTo(t, vpn.Dialing).disconnect().closed().phase(vpn.Down)
	n := count[hangUp](y)
	y.in(lineSeen{order: y.s.order, open: true}).phase(vpn.Closing)
	assert.Equal(t, n+1, count[hangUp](y))
}

func TestQuitClosesTheLineThenStopsTheNode(t *testing.T) {
	y := upTo(t, vpn.Up).in(command{Verb: vpn.Quit}).phase(vpn.Closing)
	assert.Zero(t, count[stopNode](y))
	y.closed().phase(vpn.Down)
	assert.Equal(t, 1, count[stopNode](y))
	y.connect(vpn.Target{}).phase(vpn.Down)
	y.in(timerRang{kind: quitTimer})
	assert.Equal(t, 1, count[finish](y))
}

func TestCommandIsTakenInEvenIfItChangesNothing(t *testing.T) {
	y := upTo(t, vpn.Up)
	id := vpn.NextCommand()
	y.in(command{ID: id, Verb: vpn.Connect})
	assert.Equal(t, id, y.s.Command)
	y.in(command{ID: 1, Verb: vpn.Connect})
	assert.Equal(t, id, y.s.Command, "never backwards")
}

// world answers orders as a node might, in any order and with any outcome.
type world struct {
	s       state
	pending []effect // orders not answered yet
	alive   bool
}

func (w *world) step(t *rapid.T, ok map[vpn.Phase]map[vpn.Phase]bool, in input) {
	old := w.s
	var out []effect
	w.s, out = next(w.s, in)
	from, to := old.Phase, w.s.Phase
	if from != to && !ok[from][to] {
		t.Fatalf("%s to %s by %#v is not in docs/states.md", from, to, in)
	}
	if to == vpn.Up && (w.s.line != openLine || !w.s.tunnel || !w.alive || !w.s.want) {
		t.Fatalf("up without line, tunnel, node and wish: %+v", w.s)
	}
	if to == vpn.Failed && w.s.Reason.Zero() {
		t.Fatalf("failed without a reason by %#v", in)
	}
	if (from == vpn.Reconnecting || from == vpn.Up) && to == vpn.Reconnecting && old.Exit != w.s.Exit &&
		(w.s.target.ProviderID != "" || w.s.tries < sameExit) {
		t.Fatalf("another exit while reconnecting, after %d failures to get to %+v", w.s.tries, w.s.target)
	}
	if w.s.Command < old.Command {
		t.Fatalf("command went backwards")
	}
	for _, e := range out {
		if w.s.stopped && !old.stopped {
			continue
		}
		switch e := e.(type) {
		case dial:
			_, gone := in.(lineSeen)
			if !w.s.want || !w.alive || old.line == openLine && !gone || e.exit.ProviderID == "" {
				t.Fatalf("dial from %+v by %#v", old, in)
			}
		case list, prepare:
			if !w.alive {
				t.Fatalf("%T without a node", e)
			}
		default:
		}
		w.pending = append(w.pending, e)
	}
}

var everyReason = []vpn.Reason{{}, broken, {Code: vpn.NotUnlocked}, {Code: vpn.NoBalance}, {Code: vpn.NodeRefused, A: "x"}}

// answer makes the input that answers order e; good = as the user would like it.
func (w *world) answer(e effect, why vpn.Reason, exit vpn.Exit) input {
	switch e := e.(type) {
	case list:
		return listed{why: why}
	case prepare:
		return prepared{order: e.order, why: why}
	case pick:
		if e.target.ProviderID != "" {
			exit.ProviderID = e.target.ProviderID
		}
		if !why.Zero() {
			why = vpn.Reason{Code: vpn.NoProposals}
		}
		return picked{order: e.order, exit: exit, why: why}
	case dial:
		return dialed{order: e.order, why: why, exists: why == everyReason[4]}
	case hangUp:
		return hungUp(e)
	case wait:
		return timerRang{kind: e.kind, order: e.order}
	default:
		return nil
	}
}

// works answers up to n orders as the user would like it.
func (w *world) works(t *rapid.T, ok map[vpn.Phase]map[vpn.Phase]bool, n int) {
	for ; n > 0 && len(w.pending) > 0; n-- {
		e := w.pending[0]
		w.pending = w.pending[1:]
		switch e := e.(type) {
		case wait:
			if e.kind != pauseTimer {
				continue
			}
		case dial:
			w.step(t, ok, tunnelChanged{up: true})
		case hangUp:
			w.step(t, ok, tunnelChanged{up: false})
		default:
		}
		if in := w.answer(e, vpn.Reason{}, berlin); in != nil {
			w.step(t, ok, in)
		}
	}
}

// TestAnySequenceStaysInThePicture: any sequence of commands, failures, crashes and late answers only makes moves
// that docs/states.md allows; and once the world behaves, the wish is met, refused with a reason, or gone.
func TestAnySequenceStaysInThePicture(t *testing.T) {
	ok := allowed(t)
	exits := []vpn.Exit{berlin, munich, hague}
	targets := []vpn.Target{{}, {Country: "DE"}, {Country: "NL"}, {ProviderID: "0xde2"}}
	rapid.Check(t, func(t *rapid.T) {
		w := &world{}
		id := uint64(0)
		why := rapid.SampledFrom(everyReason)
		t.Repeat(map[string]func(*rapid.T){
			"connect": func(t *rapid.T) {
				id++
				w.step(t, ok, command{ID: id, Verb: vpn.Connect, Target: rapid.SampledFrom(targets).Draw(t, "target")})
			},
			"disconnect": func(t *rapid.T) { w.step(t, ok, command{Verb: vpn.Disconnect}) },
			"restart":    func(t *rapid.T) { w.step(t, ok, command{Verb: vpn.RestartNode}) },
			"node": func(t *rapid.T) {
				n := rapid.SampledFrom([]vpn.NodeState{vpn.NodeStarting, vpn.NodeRunning, vpn.NodeRunning, vpn.NodeWaiting, vpn.NodeFailed}).Draw(t, "node")
				w.alive = n == vpn.NodeRunning
				in := nodeChanged{node: vpn.Node{State: n}}
				if n == vpn.NodeFailed {
					in.why = vpn.Reason{Code: vpn.NodeGaveUp, A: "x"}
				}
				w.step(t, ok, in)
			},
			"answer": func(t *rapid.T) {
				if len(w.pending) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(w.pending)-1).Draw(t, "which")
				e := w.pending[i]
				w.pending = append(w.pending[:i:i], w.pending[i+1:]...)
				if in := w.answer(e, why.Draw(t, "why"), rapid.SampledFrom(exits).Draw(t, "exit")); in != nil {
					w.step(t, ok, in)
				}
			},
			"works": func(t *rapid.T) {
				if !w.alive {
					w.alive = true
					w.step(t, ok, running)
				}
				w.works(t, ok, rapid.IntRange(1, 12).Draw(t, "orders"))
			},
			"tunnel": func(t *rapid.T) { w.step(t, ok, tunnelChanged{up: rapid.Bool().Draw(t, "up")}) },
			"stall":  func(t *rapid.T) { w.step(t, ok, stalled{}) },
			"line": func(t *rapid.T) {
				open := rapid.Bool().Draw(t, "open")
				w.step(t, ok, lineSeen{order: w.s.order, open: open, held: open && rapid.Bool().Draw(t, "held")})
			},
			"": func(*rapid.T) {},
		})
		// From now on everything works.
		w.alive = true
		w.step(t, ok, nodeChanged{node: vpn.Node{State: vpn.NodeStarting}})
		w.step(t, ok, running)
		w.works(t, ok, 200)
		switch w.s.Phase {
		case vpn.Down, vpn.Up, vpn.Failed:
		case vpn.Unknown, vpn.Finding, vpn.Dialing, vpn.Reconnecting, vpn.Blocked, vpn.Closing:
			t.Fatalf("stuck: %s", fmt.Sprintf("%+v", w.s))
		}
		if w.s.want != (w.s.Phase == vpn.Up) {
			t.Fatalf("wanted %v, phase %s", w.s.want, w.s.Phase)
		}
	})
}
