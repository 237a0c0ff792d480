package tunnel

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	wgconn "golang.zx2c4.com/wireguard/conn"
	wg "golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun/netstack"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

var (
	benchRounds = flag.Int("tunnelbench", 0, "rounds of the comparison with upstream's netstack device; 0 = skip it")
	benchTime   = flag.Duration("tunnelbench.time", time.Second, "how long each measurement takes, after a third of that to warm up")
)

const (
	benchChildEnv = "TUNNEL_BENCH_CHILD"
	benchOurs     = "ours"
	benchStock    = "stock"
)

// benchSetup is what a child is told on its first line of stdin.
type benchSetup struct {
	Key, Peer string
	Endpoint  netip.AddrPort
	Addr      netip.Addr
}

// benchUsage is what a child says to each further line.
type benchUsage struct {
	CPU time.Duration
	RSS int64 // bytes
}

// TestThroughputBesideStock prints how our device does beside upstream's stock netstack device with its standard bind,
// behind the same front, against the same exit, in turns.
func TestThroughputBesideStock(t *testing.T) {
	if *benchRounds <= 0 {
		t.Skip("a comparison of minutes: ask for it with -tunnelbench=7")
	}
	exit := newBenchExit(t)
	variants := []string{benchOurs, benchStock}
	clients := map[string]*benchClient{}
	for _, v := range variants {
		clients[v] = exit.start(v)
	}
	cases := []benchCase{{"upload", 1}, {"download", 1}, {"upload", 4}, {"download", 4}}
	type figures struct{ mbps, cpu, rss []float64 }
	got := map[benchCase]map[string]*figures{}
	for _, c := range cases {
		got[c] = map[string]*figures{benchOurs: {}, benchStock: {}}
	}
	for round := range *benchRounds {
		for _, c := range cases {
			for i := range variants {
				v := variants[(i+round)%2]
				mbps, cpu, rss := exit.measure(clients[v], c)
				got[c][v].mbps = append(got[c][v].mbps, mbps)
				got[c][v].cpu = append(got[c][v].cpu, cpu)
				got[c][v].rss = append(got[c][v].rss, rss)
			}
		}
	}
	out := fmt.Sprintf("\n%d rounds of %s in turns, %d CPUs; median [min..max]; client, exit and load share the machine, so only ratios mean anything\n\n",
		*benchRounds, *benchTime, runtime.NumCPU())
	out += "| case | ours Mb/s | stock Mb/s | throughput ours/stock | ours CPU s/GB | stock CPU s/GB | CPU ours/stock | ours RSS MB | stock RSS MB | RSS ours/stock |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n"
	for _, c := range cases {
		o, s := got[c][benchOurs], got[c][benchStock]
		out += fmt.Sprintf("| %s x%d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", c.way, c.streams,
			spread(o.mbps, 0), spread(s.mbps, 0), spread(ratios(o.mbps, s.mbps), 2),
			spread(o.cpu, 1), spread(s.cpu, 1), spread(ratios(o.cpu, s.cpu), 2),
			spread(o.rss, 0), spread(s.rss, 0), spread(ratios(o.rss, s.rss), 2))
	}
	fmt.Println(out)
}

type benchCase struct {
	way     string // of the bytes, seen from the client
	streams int
}

func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}

func spread(v []float64, digits int) string {
	s := slices.Sorted(slices.Values(v))
	m := (s[len(s)/2] + s[(len(s)-1)/2]) / 2
	return fmt.Sprintf("%.*f [%.*f..%.*f]", digits, m, digits, s[0], digits, s[len(s)-1])
}

// benchExit is the far end, in this process: our own device with a sink on port 1 and a source on port 2.
type benchExit struct {
	t     *testing.T
	dev   *wgnet.Device
	key   wgnet.Key
	sunk  atomic.Int64
	peers int
}

func newBenchExit(t *testing.T) *benchExit {
	n, err := wgnet.NewNet(wgnet.NetOptions{Addresses: []netip.Addr{exitV4}})
	require.NoError(t, err)
	e := &benchExit{t: t, key: wgnet.NewPrivateKey()}
	e.dev, err = wgnet.NewDevice(n, wgnet.NewBind(), &wgnet.Config{PrivateKey: e.key}, nil)
	require.NoError(t, err)
	var serving sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	serve := func(port uint16, do func(net.Conn)) {
		l, err := n.ListenTCP(netip.AddrPortFrom(exitV4, port))
		require.NoError(t, err)
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				mu.Lock()
				open = append(open, c)
				mu.Unlock()
				serving.Go(func() { defer func() { _ = c.Close() }(); do(c) })
			}
		})
		t.Cleanup(func() { _ = l.Close() })
	}
	t.Cleanup(func() {
		mu.Lock()
		for _, c := range open {
			_ = c.SetDeadline(time.Unix(1, 0))
		}
		mu.Unlock()
		e.dev.Close()
		serving.Wait()
	})
	serve(1, func(c net.Conn) {
		b := make([]byte, 256<<10)
		for {
			n, err := c.Read(b)
			e.sunk.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	serve(2, func(c net.Conn) {
		b := make([]byte, 256<<10)
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	})
	return e
}

// benchClient is one variant in a process of its own.
type benchClient struct {
	t     *testing.T
	proxy Proxy
	in    io.Writer
	out   *bufio.Reader
}

func (e *benchExit) start(variant string) *benchClient {
	t := e.t
	e.peers++
	addr := netip.AddrFrom4([4]byte{10, 99, 0, byte(10 + e.peers)})
	key := wgnet.NewPrivateKey()
	public, err := key.PublicKey()
	require.NoError(t, err)
	require.NoError(t, e.dev.AddPeer(wgnet.Peer{PublicKey: public, AllowedIPs: []netip.Prefix{netip.PrefixFrom(addr, 32)}}))
	exitPublic, err := e.key.PublicKey()
	require.NoError(t, err)

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), benchChildEnv+"="+variant)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { // the child ends with its stdin
		_ = in.Close()
		_ = cmd.Wait()
	})
	c := &benchClient{t: t, in: in, out: bufio.NewReader(out)}
	require.NoError(t, json.NewEncoder(in).Encode(benchSetup{
		Key: key.Base64(), Peer: exitPublic.Base64(), Addr: addr,
		Endpoint: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), e.dev.ListenPort()),
	}))
	var at netip.AddrPort
	c.read(&at)
	c.proxy = Proxy{SOCKS5: at, HTTP: at}
	return c
}

func (c *benchClient) read(v any) {
	line, err := c.out.ReadBytes('\n')
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(line, v))
}

func (c *benchClient) usage() benchUsage {
	_, err := io.WriteString(c.in, "usage\n")
	require.NoError(c.t, err)
	var u benchUsage
	c.read(&u)
	return u
}

// measure gives megabits per second, the client's CPU seconds per gigabyte, and its memory in MB at the end.
func (e *benchExit) measure(c *benchClient, what benchCase) (mbps, cpu, rss float64) {
	var load sync.WaitGroup
	var got atomic.Int64
	port, count := uint16(1), &e.sunk
	if what.way == "download" {
		port, count = 2, &got
	}
	var conns []net.Conn
	for range what.streams {
		s, err := dialSocks(e.t, c.proxy, at(exitV4, port))
		require.NoError(e.t, err)
		require.NoError(e.t, s.SetDeadline(time.Now().Add(10**benchTime+time.Minute)))
		conns = append(conns, s)
		load.Go(func() {
			b := make([]byte, 256<<10)
			for {
				var n int
				var err error
				if what.way == "download" {
					n, err = s.Read(b)
					got.Add(int64(n))
				} else {
					_, err = s.Write(b)
				}
				if err != nil {
					return
				}
			}
		})
	}
	<-time.After(*benchTime / 3)
	before, start, bytes := c.usage(), time.Now(), count.Load()
	<-time.After(*benchTime)
	after, took, moved := c.usage(), time.Since(start), count.Load()-bytes
	for _, s := range conns {
		_ = s.(*net.TCPConn).SetLinger(0)
		_ = s.Close()
	}
	load.Wait()
	return float64(moved) * 8 / 1e6 / took.Seconds(), (after.CPU - before.CPU).Seconds() / (float64(moved) / 1e9), float64(after.RSS) / 1e6
}

// benchChild is a client: it says where its front is and then what it used, as often as it is asked.
func benchChild() {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	var s benchSetup
	must(json.Unmarshal(in.Bytes(), &s))
	key, err := wgnet.ParseKey(s.Key)
	must(err)
	peer, err := wgnet.ParseKey(s.Peer)
	must(err)
	cfg := wgnet.Config{
		PrivateKey: key, Addresses: []netip.Prefix{netip.PrefixFrom(s.Addr, 32)},
		Peers: []wgnet.Peer{{PublicKey: peer, Endpoint: s.Endpoint, AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}},
	}
	var at netip.AddrPort
	switch os.Getenv(benchChildEnv) {
	case benchOurs:
		tu := New(Options{})
		p, err := tu.Listen("127.0.0.1:0", false)
		must(err)
		must(tu.Up(context.Background(), cfg))
		at = p.SOCKS5
	case benchStock:
		dev, n, err := netstack.CreateNetTUN([]netip.Addr{s.Addr}, nil, wgnet.DefaultMTU)
		must(err)
		d := wg.NewDevice(dev, wgconn.NewDefaultBind(), wg.NewLogger(wg.LogLevelSilent, ""))
		must(d.IpcSet(cfg.UAPI()))
		must(d.Up())
		l := newLink(stockCarrier{n}, reach{v4: true, allowed: cfg.Peers[0].AllowedIPs}, nil)
		f, err := listen("127.0.0.1:0", false, 0, noLog, func() *link { return l })
		must(err)
		at = f.addr()
	}
	out := json.NewEncoder(os.Stdout)
	must(out.Encode(at))
	for in.Scan() {
		must(out.Encode(usage()))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// stockCarrier dials through upstream's netstack.
type stockCarrier struct{ n *netstack.Net }

func (s stockCarrier) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	c, err := s.n.DialContextTCPAddrPort(ctx, to)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s stockCarrier) DialUDP(local, remote netip.AddrPort) (net.Conn, error) {
	c, err := s.n.DialUDPAddrPort(local, remote)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s stockCarrier) ListenUDP(local netip.AddrPort) (net.PacketConn, error) {
	c, err := s.n.ListenUDPAddrPort(local)
	if err != nil {
		return nil, err
	}
	return c, nil
}
