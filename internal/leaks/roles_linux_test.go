package leaks

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/exit"
	"github.com/mysteriumvpn/desktop/internal/netd/wire"
	"github.com/mysteriumvpn/desktop/internal/netdclient"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const roleKey = "LEAKS_ROLE"

// netdProgram is the helper as it is shipped, selfProgram this test where every user can run it.
var netdProgram, selfProgram string

func TestMain(m *testing.M) {
	switch os.Getenv(roleKey) {
	case "exits":
		playExits()
		return
	case "app":
		playApp()
		return
	case "hostile":
		playHostile()
		return
	case "load":
		playLoad()
		return
	}
	code := 1
	if err := buildPrograms(); err != nil {
		fmt.Fprintln(os.Stderr, "build what is tested:", err)
	} else {
		code = m.Run()
	}
	if netdProgram != "" {
		_ = os.RemoveAll(filepath.Dir(netdProgram))
	}
	os.Exit(code)
}

// buildPrograms makes the helper and the app, or takes the app that MYSTERIUMVPN_BIN names.
func buildPrograms() error {
	if os.Getenv("LEAKS") == "" || os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.MkdirTemp("", "netd")
	if err != nil {
		return err
	}
	netdProgram, selfProgram = filepath.Join(folder, "mysteriumvpn-netd"), filepath.Join(folder, "self")
	appProgram = filepath.Join(folder, "mysteriumvpn")
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	if err := os.Link(os.Args[0], selfProgram); err != nil {
		return err
	}
	if err := build(netdProgram, "../../cmd/mysteriumvpn-netd"); err != nil {
		return err
	}
	made := os.Getenv("MYSTERIUMVPN_BIN")
	if made == "" {
		return build(appProgram, "-tags", "headless,migrated_fynedo", "../../cmd/mysteriumvpn")
	}
	b, err := os.ReadFile(made)
	if err != nil {
		return err
	}
	return os.WriteFile(appProgram, b, 0o755)
}

func build(to string, args ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-o", to}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func itoa[T int | uint32](n T) string { return strconv.Itoa(int(n)) }

// answers reads lines and answers each with OK or NO.
func answers(do func(words []string) (string, error)) {
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		said, err := do(strings.Fields(in.Text()))
		if err != nil {
			fmt.Println("NO", err)
		} else {
			fmt.Println("OK", said)
		}
	}
}

// playExits is the internet: three exits, and a site that tells everyone the address that it sees.
func playExits() {
	exits := map[string]*exit.Exit{}
	keys := map[string]wgnet.Key{}
	for _, at := range []netip.AddrPort{entryA, entryB, entryC} {
		k := wgnet.NewPrivateKey()
		keys[at.String()] = k
		exits[at.String()] = exit.New(exit.Options{
			PrivateKey: k, Address: at, TunnelAddrs: []netip.Addr{resolver, netip.MustParseAddr("fd88::1")}, Idle: -1,
			Allow: []netip.Prefix{netip.PrefixFrom(site4, 32), netip.PrefixFrom(site6, 128), netip.PrefixFrom(behind4, 32)},
		})
	}
	for _, a := range []netip.Addr{site4, site6, behind4} {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 80)))
		check(err)
		go func() {
			for {
				c, err := l.Accept()
				check(err)
				_, _ = io.WriteString(c, c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap().String()+"\n")
				_ = c.Close()
			}
		}()
		check(answerAll(netip.AddrPortFrom(a, echoPort)))
	}
	answers(func(w []string) (string, error) { // peer EXIT KEY [ADDRESS]: lets the key in and tells the exit's
		pub, err := wgnet.ParseKey(w[2])
		if err != nil {
			return "", err
		}
		within := []netip.Prefix{netip.PrefixFrom(inner4, 32), netip.PrefixFrom(inner6, 128)}
		if len(w) > 3 {
			within = []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr(w[3]), 32)}
		}
		if err := exits[w[1]].AddPeer(pub, within); err != nil {
			return "", err
		}
		own, err := keys[w[1]].PublicKey()
		return own.Base64(), err
	})
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// app is the program that carries the tunnel, without privileges.
type app struct {
	key wgnet.Key
	c   *netdclient.Client
	dev *wgnet.Device
	tun *os.File

	ceased atomic.Bool
	done   chan struct{}
	pelted int
}

func playApp() {
	a := &app{key: wgnet.NewPrivateKey(), done: make(chan struct{})}
	answers(a.do)
}

func ports(words []string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, w := range words {
		list = append(list, netip.MustParseAddrPort(w))
	}
	return list
}

func (a *app) do(w []string) (string, error) {
	switch w[0] {
	case "dial": // dial SOCKET
		var err error
		a.c, err = netdclient.Dial(context.Background(), w[1])
		return "", err
	case "key":
		pub, err := a.key.PublicKey()
		return pub.Base64(), err
	case "rights":
		b, err := os.ReadFile("/proc/self/status")
		for l := range strings.Lines(string(b)) {
			if strings.HasPrefix(l, "CapEff:") {
				return strings.TrimSpace(l), err
			}
		}
		return "", errors.New("no CapEff")
	case "begin":
		_, err := a.c.Begin(ports(w[1:])...)
		return "", err
	case "endpoints":
		_, err := a.c.Endpoints(ports(w[1:])...)
		return "", err
	case "tunnel": // tunnel both|four: the interface alone
		addrs := []netip.Addr{inner4, inner6}
		if w[1] == "four" {
			addrs = addrs[:1]
		}
		var err error
		a.tun, err = a.c.Tunnel(addrs, 1420, resolver)
		return "", err
	case "up": // up ENDPOINT KEY: WireGuard on it
		pub, err := wgnet.ParseKey(w[2])
		if err != nil {
			return "", err
		}
		a.dev, err = wgnet.NewInterfaceDevice(a.tun, wgnet.NewBind(wgnet.GivenSockets(a.c.Socket)), &wgnet.Config{
			PrivateKey: a.key, Peers: []wgnet.Peer{peerAt(pub, netip.MustParseAddrPort(w[1]))},
		}, nil)
		return "", err
	case "peer": // peer ENDPOINT KEY: another one
		pub, err := wgnet.ParseKey(w[2])
		if err != nil {
			return "", err
		}
		if err := a.dev.SetPeers([]wgnet.Peer{peerAt(pub, netip.MustParseAddrPort(w[1]))}); err != nil {
			return "", err
		}
		a.dev.PinEndpoints()
		return "", nil
	case "rebind":
		return "", a.dev.Rebind()
	case "beat":
		_, err := a.c.Status()
		return "", err
	case "lan":
		_, err := a.c.LAN(w[1] == "on")
		return "", err
	case "lockdown":
		_, err := a.c.Lockdown(w[1] == "on")
		return "", err
	case "disconnect":
		_, err := a.c.Disconnect()
		if a.dev != nil {
			a.dev.Close()
			a.dev = nil
		}
		return "", err
	case "shout": // shout udp|tcp TO: from a socket of its own
		c, err := net.DialTimeout(w[1], w[2], time.Second)
		if err == nil {
			_, _ = io.WriteString(c, "probe "+w[1])
			_ = c.Close()
		}
		return fmt.Sprint(err), nil
	case "mark": // as the helper does
		u, err := net.ListenUDP("udp", nil)
		if err != nil {
			return "", err
		}
		defer func() { _ = u.Close() }()
		rc, err := u.SyscallConn()
		if err != nil {
			return "", err
		}
		var set error
		err = rc.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, 0x2d000000) })
		return fmt.Sprint(set), err
	case "stray": // stray TO: by a socket of the helper's
		u, err := a.c.Socket(0)
		if err != nil {
			return "", err
		}
		defer func() { _ = u.Close() }()
		if _, err = u.WriteToUDPAddrPort([]byte("probe stray"), netip.MustParseAddrPort(w[1])); err != nil {
			return "refused", nil
		}
		return "sent", nil
	case "pelt": // pelt TO: until "cease" comes
		go a.pelt(w[1])
		return "", nil
	case "cease":
		a.ceased.Store(true)
		<-a.done
		return strconv.Itoa(a.pelted), nil
	case "node":
		return a.node()
	case "keep": // heartbeats from now on
		go func() { _ = a.c.Keep(context.Background(), nil) }()
		return "", nil
	}
	return "", fmt.Errorf("no %q", w[0])
}

// newApp starts one and connects it to the helper.
func (w *world) newApp(t testing.TB) *child {
	t.Helper()
	c := w.client.start(t, appUser, []string{roleKey + "=app"}, selfProgram)
	c.wait(t, "ready")
	c.say(t, "dial %s", w.socket())
	return c
}

// connect goes the whole way, to an exit that is there.
func (w *world) connect(t testing.TB, c *child, entry netip.AddrPort) {
	t.Helper()
	key := w.exits.say(t, "peer %s %s", entry, c.say(t, "key"))
	c.say(t, "begin %s", entry)
	c.say(t, "tunnel both")
	c.say(t, "up %s %s", entry, key)
}

// patience is how long something may take that works; what does not work is told by the kernel at once, or never.
const patience = 20 * time.Second

// playHostile is a program of some user that means no good to the helper.
func playHostile() {
	var kept []net.Conn
	answers(func(w []string) (string, error) {
		switch w[0] {
		case "ask": // ask SOCKET
			c, err := netdclient.Dial(context.Background(), w[1])
			if err != nil {
				return "", err
			}
			defer func() { _ = c.Close() }()
			_, err = c.Status()
			return fmt.Sprint(err), nil
		case "hold": // hold SOCKET: as many connections as there can be, and never read
			for range 300 {
				c, err := net.Dial(wire.Network, w[1])
				if err != nil {
					break
				}
				kept = append(kept, c)
			}
			return strconv.Itoa(len(kept)), nil
		case "junk": // junk SOCKET: packets that are none, too long, with files, and answers that nobody reads
			for _, p := range [][]byte{{0}, {0, 1}, {0, 1, 2, 200}, make([]byte, 100000), {9, 9, 9}, []byte("GET / HTTP/1.1\r\n\r\n")} {
				c, err := net.Dial(wire.Network, w[1])
				if err != nil {
					return "", err
				}
				for range 50 {
					if _, err := c.Write(p); err != nil {
						break
					}
				}
				kept = append(kept, c)
			}
			return "", nil
		}
		return "", fmt.Errorf("no %q", w[0])
	})
}
