package nodeproc

import (
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPhaseNamesAreComplete(t *testing.T) {
	assert.Len(t, phaseNames, int(Failed)+1)
	assert.Equal(t, "unknown", Phase(200).String())
	assert.Equal(t, Unknown, State{}.Phase)
	assert.Equal(t, State{}, New(Options{}).State())
}

func TestPausesDoubleUpToTheLast(t *testing.T) {
	var got []time.Duration
	for n := range 8 {
		got = append(got, backoff(n, time.Second, 30*time.Second))
	}
	s := time.Second
	assert.Equal(t, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s, 30 * s}, got)
	assert.Equal(t, s, backoff(-1, s, 30*s))
	assert.Equal(t, 30*s, backoff(1000, s, 30*s))
}

func TestFailuresAreForgivenByRunningOnly(t *testing.T) {
	lives := func(ran time.Duration) int {
		r := rate{halfLife: 30 * time.Second}
		for n := 1; n <= 1000; n++ {
			if r.add(ran); r.tooMany() {
				return n
			}
		}
		return 0
	}
	assert.Equal(t, 5, lives(0))
	assert.Equal(t, 5, lives(time.Second))
	assert.Equal(t, 0, lives(11*time.Second), "one that has settled each time is never given up")
	assert.Equal(t, 0, lives(time.Hour))
}

func TestFirstRestartOfASettledNodeIsWithin250ms(t *testing.T) {
	p := New(Options{}) // with the defaults
	fails := rate{halfLife: p.o.Timing.HalfLife}
	var got []time.Duration
	for _, ran := range []time.Duration{11 * time.Second, 0, 0, 0, time.Minute, 0} {
		fails.add(ran)
		got = append(got, p.restartPause(&fails, ran))
	}
	s := time.Second
	assert.Equal(t, []time.Duration{100 * time.Millisecond, 2 * s, 4 * s, 8 * s, 100 * time.Millisecond, 2 * s}, got)
	assert.LessOrEqual(t, got[0], 250*time.Millisecond)
}

func TestTailKeepsTheLastTwentyLinesOfBothStreams(t *testing.T) {
	for _, c := range []struct {
		name  string
		write []string // to the two streams in turn
		want  []string
	}{
		{"nothing", nil, nil},
		{"half a line", []string{"ab", "", "c"}, []string{"abc"}},
		{"streams do not mix", []string{"a", "x", "b\n", "y\n"}, []string{"ab", "xy"}},
		{"carriage returns, colours and bad text", []string{"a\r\n\x1b[31mb\xff\n\n  \n"}, []string{"a", "b\ufffd"}},
		{"a long line", []string{strings.Repeat("x", 5000) + "\nend\n"}, []string{strings.Repeat("x", tailWidth) + "…", "end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tl tail
			streams := [2]*stream{{tail: &tl}, {tail: &tl}}
			for i, text := range c.write {
				n, err := streams[i%2].Write([]byte(text))
				require.NoError(t, err)
				assert.Equal(t, len(text), n)
			}
			streams[0].end()
			streams[1].end()
			assert.Equal(t, c.want, tl.last())
		})
	}
	var tl tail
	s := &stream{tail: &tl}
	for i := range 1000 {
		_, _ = fmt.Fprintf(s, "line %d\n", i)
	}
	last := tl.last()
	require.Len(t, last, 20)
	assert.Equal(t, "line 980", last[0])
	assert.Equal(t, "line 999", last[19])
}

// gated takes a write when the test lets it.
type gated struct {
	entered chan struct{}
	open    chan struct{}
	buffer
}

func (g *gated) Write(b []byte) (int, error) {
	g.entered <- struct{}{}
	<-g.open
	return g.buffer.Write(b)
}

func TestSpoolIsBoundedAndSaysWhatItDropped(t *testing.T) {
	to := &gated{entered: make(chan struct{}, 100), open: make(chan struct{}, 100)}
	s := newSpool(to)
	write := func(text string) {
		n, err := io.WriteString(s, text)
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
	write("first\n")
	<-to.entered // the writer is busy from here
	chunk := strings.Repeat("y", 1<<16)
	for range 64 { // 4 MiB
		write(chunk)
	}
	s.mu.Lock()
	assert.LessOrEqual(t, len(s.queue), maxSpool)
	assert.Equal(t, 48*len(chunk), s.lost)
	s.mu.Unlock()
	to.open <- struct{}{}
	<-to.entered // it has taken the queue
	write("last\n")
	to.open <- struct{}{}
	to.open <- struct{}{}
	s.close()
	<-s.done
	got := to.String()
	assert.True(t, strings.HasPrefix(got, "first\nyyy"))
	assert.True(t, strings.HasSuffix(got, "yyy\n(3145728 bytes dropped: the node prints faster than its log is written)\nlast\n"))
}

func TestWriterThatIsStuckDoesNotHoldTheEndUp(t *testing.T) {
	to := &gated{entered: make(chan struct{}, 100), open: make(chan struct{}, 100)}
	o := newOutput(to, nil)
	_, _ = o.out.Write([]byte("x"))
	<-to.entered
	o.close(time.Millisecond)
	close(to.open)
	<-o.out.done
}

const procNetTCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0FD2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 52001 1 0000000000000000 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:0FD2 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 52077 1 0000000000000000 20 4 30 10 -1
`

const procNetTCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0FD3 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 17003 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0FD4 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17004 1 0000000000000000 100 0 0 10 0
`

func TestListenersAreReadFromTheKernelsTable(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the samples were taken on a little-endian machine")
	}
	assert.Equal(t, []listener{
		{netip.MustParseAddr("127.0.0.1"), 4050, 1000, "52001"},
		{netip.MustParseAddr("0.0.0.0"), 22, 0, "16002"},
	}, parseListeners(procNetTCP))
	assert.Equal(t, []listener{
		{netip.MustParseAddr("::1"), 4051, 33, "17003"},
		{netip.MustParseAddr("127.0.0.1"), 4052, 0, "17004"},
	}, parseListeners(procNetTCP6))
}

func FuzzListeners(f *testing.F) {
	f.Add(procNetTCP)
	f.Add(procNetTCP6)
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range parseListeners(s) {
			if !l.addr.IsValid() || l.uid < 0 || l.inode == "" {
				t.Fatalf("%+v", l)
			}
		}
	})
}

func FuzzHealth(f *testing.F) {
	f.Add(200, health(1, "1"))
	f.Add(404, "404 page not found")
	f.Add(200, "{}")
	f.Fuzz(func(t *testing.T, status int, body string) {
		h, why := parseHealth(answer{status: status, body: []byte(body)})
		if (why == "") != (h.PID > 0 && h.Version != "" && status == 200) {
			t.Fatalf("%d %q: %+v, %q", status, body, h, why)
		}
	})
}
