package leaks

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

var (
	besideRounds = flag.Int("devicebench", 0, "rounds of the comparison with wireguard-go's own program; 0 = skip it")
	besideTime   = flag.Duration("devicebench.time", 2*time.Second, "how long each throughput is measured, after half of that to warm up")
)

// figures are what was measured of one variant, by name.
type figures map[string][]float64

func (f figures) add(name string, v float64) { f[name] = append(f[name], v) }

func (f figures) addTime(name string, d time.Duration) { f.add(name, float64(d)/1e6) }

// beside is the comparison: both variants in turns, in one namespace, to one far end.
type beside struct {
	*world
	t       *testing.T
	app     *program
	path    string // of wireguard-go
	far     netip.AddrPort
	farKey  wgnet.Key // public
	key     wgnet.Key // of wireguard-go here
	exits   map[string]wgnet.Peer
	near    *child // load of the client
	site    *child // and its other end
	got     map[string]figures
	address string
}

const (
	ours   = "ours"
	theirs = "wireguard-go"

	stock4 = "10.88.0.3" // of wireguard-go at the exits
)

// TestDeviceBesideWireGuardGo prints how the app in device mode does beside wireguard-go's own program: throughput,
// memory, silence while exits are switched and networks change, and how long it takes to be connected.
func TestDeviceBesideWireGuardGo(t *testing.T) {
	if *besideRounds <= 0 {
		t.Skip("a comparison of minutes: make bench-device runs it")
	}
	b := &beside{world: newWorld(t), t: t, path: buildStock(t), key: wgnet.NewPrivateKey(), exits: map[string]wgnet.Peer{}, got: map[string]figures{ours: {}, theirs: {}}}
	b.seen.stop()
	b.serve(t)
	b.app = b.newProgram(t)
	b.app.atExit(t, "CH", entryA, entryA)
	b.app.atExit(t, "DE", entryB, entryB)
	b.farEnd()
	b.app.start(t)
	for round := range *besideRounds {
		for i := range 2 {
			if (i+round)%2 == 0 {
				b.ours(round)
			} else {
				b.theirs(round)
			}
		}
		t.Logf("round %d: up x1, Mb/s: ours %.0f, wireguard-go %.0f", round+1, b.got[ours]["up x1"][round], b.got[theirs]["up x1"][round])
	}
	b.print()
}

// farEnd is a wireguard-go beyond the router, with a load's other end behind it, the same for both.
func (b *beside) farEnd() {
	t := b.t
	b.far, b.address = netip.MustParseAddrPort("203.0.113.2:51830"), "10.99.0.1"
	private, app := wgnet.NewPrivateKey(), wgnet.NewPrivateKey()
	peer := func(k wgnet.Key, at string) wgnet.Peer {
		public, err := k.PublicKey()
		require.NoError(t, err)
		return wgnet.Peer{PublicKey: public, AllowedIPs: []netip.Prefix{netip.MustParsePrefix(at)}}
	}
	b.inet.startStock(t, b.path, "far", &wgnet.Config{
		PrivateKey: private, ListenPort: b.far.Port(), Peers: []wgnet.Peer{peer(app, "10.99.0.2/32"), peer(b.key, "10.99.0.3/32")},
	}, "addr add "+b.address+"/24 dev IF")
	var err error
	b.farKey, err = private.PublicKey()
	require.NoError(t, err)
	b.app.add(t, &server{country: "SE", key: app, exit: b.farKey.Base64(), endpoint: b.far, address: "10.99.0.2"})

	public, err := b.key.PublicKey()
	require.NoError(t, err)
	for country, at := range map[string]netip.AddrPort{"CH": entryA, "DE": entryB} {
		k, err := wgnet.ParseKey(b.world.exits.say(t, "peer %s %s %s", at, public.Base64(), stock4))
		require.NoError(t, err)
		b.exits[country] = peerAt(k, at)
	}
	b.site = b.inet.start(t, 0, []string{roleKey + "=load"}, os.Args[0])
	b.near = b.client.start(t, appUser, []string{roleKey + "=load"}, selfProgram)
	for _, c := range []*child{b.site, b.near} {
		c.wait(t, "ready")
	}
	b.site.say(t, "serve %s", b.address)
}

// ours is a round of the app: it, its node and the helper run all the time, as they do on a user's computer.
func (b *beside) ours(int) {
	t, got := b.t, b.got[ours]
	app, helper := b.app.child.cmd.Process.Pid, b.netd.cmd.Process.Pid
	node := b.app.until(t, "its node runs", func(s *state) bool { return s.Node.PID != 0 }).Node.PID

	ping := b.listenToEchoes(t, netip.MustParseAddrPort(b.address+":9"), 1000)
	connect := b.app.order(t, "connect", "SE")
	got.addTime("bring-up", ping.after(t, connect.at).Sub(connect.at))
	said, err := connect.end()
	require.NoError(t, err, said)
	ping.stop()
	b.load(got, app, node, helper)
	got.add("RSS", rss(t, app)+rss(t, node)+rss(t, helper))
	got.add("RSS of the app alone", rss(t, app))
	got.add("RSS of its node", rss(t, node))
	got.add("RSS of the helper", rss(t, helper))

	b.gaps(got, func(country string) { b.app.must(t, "connect", country) })
	b.app.must(t, "disconnect")
}

// theirs is a round of wireguard-go, from its start to its end.
func (b *beside) theirs(int) {
	t, got := b.t, b.got[theirs]
	ping := b.listenToEchoes(t, netip.MustParseAddrPort(b.address+":9"), 1000)
	begun := time.Now()
	d := b.client.startStock(t, b.path, "near", &wgnet.Config{PrivateKey: b.key, Peers: []wgnet.Peer{peerAt(b.farKey, b.far)}},
		"addr add 10.99.0.3/32 dev IF", "route add "+b.address+"/32 dev IF src 10.99.0.3")
	got.addTime("bring-up", ping.after(t, begun).Sub(begun))
	ping.stop()
	pid := d.child.cmd.Process.Pid
	b.load(got, pid)
	got.add("RSS", rss(t, pid))

	b.client.ip(t, "addr add "+stock4+"/32 dev "+d.name, "route add "+behind4.String()+"/32 dev "+d.name+" src "+stock4)
	b.gaps(got, func(country string) {
		d.set(t, &wgnet.Config{PrivateKey: b.key, Peers: []wgnet.Peer{b.exits[country]}})
	})
	d.end()
}

// load measures how much passes, each way.
func (b *beside) load(got figures, pids ...int) {
	t := b.t
	for _, way := range []string{"up", "down"} {
		for _, streams := range []int{1, 4} {
			end := b.site
			if way == "down" {
				end = b.near
			}
			b.near.say(t, "begin %s %d %s", way, streams, b.address)
			<-time.After(*besideTime / 2)
			before, used, at := b.moved(end), cpu(t, pids...), time.Now()
			<-time.After(*besideTime)
			moved, took := b.moved(end)-before, time.Since(at)
			used = cpu(t, pids...) - used
			b.near.say(t, "end")
			name := fmt.Sprintf("%s x%d", way, streams)
			got.add(name, moved*8/1e6/took.Seconds())
			got.add(name+" CPU", used/(moved/1e9))
		}
	}
}

func (b *beside) moved(c *child) float64 {
	n, err := strconv.ParseFloat(c.say(b.t, "moved"), 64)
	require.NoError(b.t, err)
	return n
}

// gaps measures silences of an echo through the exits: by a switch, by the link going down and up, by another address.
func (b *beside) gaps(got figures, connect func(country string)) {
	t := b.t
	connect("CH")
	echo := b.listenToEchoes(t, netip.AddrPortFrom(behind4, echoPort), 200)
	defer echo.stop()
	echo.after(t, time.Now())
	pause := func() { <-time.After(time.Second) }
	for _, country := range []string{"DE", "CH"} {
		pause()
		at := time.Now()
		connect(country)
		pause()
		echo.after(t, time.Now())
		got.addTime("switch", echo.silence(at))
	}
	back := func(name string) {
		at := time.Now()
		b.uplink(t)
		got.addTime(name, echo.after(t, at).Sub(at))
	}
	b.client.ip(t, "link set cl0 down")
	pause()
	back("link down and up")
	for _, move := range []string{"2 33", "33 2"} {
		was, now, _ := strings.Cut(move, " ")
		b.client.ip(t, "addr del 192.168.77."+was+"/24 dev cl0")
		pause()
		at := time.Now()
		b.client.ip(t, "addr add 192.168.77."+now+"/24 dev cl0", "route replace default via 192.168.77.1")
		got.addTime("another address", echo.after(t, at).Sub(at))
	}
}

// rss is the memory of a process, in MB.
func rss(t testing.TB, pid int) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(v)[0], 64)
			require.NoError(t, err)
			return kb * 1024 / 1e6
		}
	}
	require.Fail(t, "no VmRSS")
	return 0
}

// cpu is what processes have used so far, in seconds.
func cpu(t testing.TB, pids ...int) (seconds float64) {
	t.Helper()
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		require.NoError(t, err)
		_, rest, _ := strings.Cut(string(b), ") ")
		for _, field := range strings.Fields(rest)[11:13] { // user and system, in ticks of 10 ms
			n, err := strconv.ParseFloat(field, 64)
			require.NoError(t, err)
			seconds += n / 100
		}
	}
	return seconds
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// print writes the table. A ratio is that of the medians; beside it stands how far the rounds lie apart.
func (b *beside) print() {
	spread := func(v []float64, digits int) string {
		if len(v) == 0 {
			return "–"
		}
		return fmt.Sprintf("%.*f [%.*f..%.*f]", digits, median(v), digits, slices.Min(v), digits, slices.Max(v))
	}
	fmt.Printf("\n%d rounds in turns, %d CPUs; median [min..max]; both ends, the load and the program share the machine, so only ratios mean anything\n\n",
		*besideRounds, runtime.NumCPU())
	fmt.Println("| case | ours | wireguard-go | ours/wireguard-go | goal |\n|---|---|---|---|---|")
	for _, row := range []struct {
		name, unit, goal string
		digits           int
	}{
		{"up x1", "Mb/s", "≥ 0.95", 0},
		{"up x4", "Mb/s", "≥ 0.95", 0},
		{"down x1", "Mb/s", "≥ 0.95", 0},
		{"down x4", "Mb/s", "≥ 0.95", 0},
		{"up x1 CPU", "s/GB", "", 2},
		{"up x4 CPU", "s/GB", "", 2},
		{"down x1 CPU", "s/GB", "", 2},
		{"down x4 CPU", "s/GB", "", 2},
		{"RSS", "MB after load", "≤ 0.5", 0},
		{"RSS of the app alone", "MB", "", 0},
		{"RSS of its node", "MB", "", 0},
		{"RSS of the helper", "MB", "", 0},
		{"bring-up", "ms", "", 0},
		{"switch", "ms of silence", "", 0},
		{"link down and up", "ms to the first echo", "", 0},
		{"another address", "ms to the first echo", "", 0},
	} {
		o, w := b.got[ours][row.name], b.got[theirs][row.name]
		ratio := "–"
		if len(o) > 0 && len(w) > 0 {
			each := make([]float64, min(len(o), len(w)))
			for i := range each {
				each[i] = o[i] / w[i]
			}
			ratio = fmt.Sprintf("%.2f [%.2f..%.2f]", median(o)/median(w), slices.Min(each), slices.Max(each))
		}
		fmt.Printf("| %s, %s | %s | %s | %s | %s |\n", row.name, row.unit, spread(o, row.digits), spread(w, row.digits), ratio, row.goal)
	}
}
