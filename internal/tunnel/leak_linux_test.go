package tunnel

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const leakChildEnv = "TUNNEL_LEAK_CHILD"

// TestNoNameLeavesOutsideTheTunnel resolves names through the front in a network namespace of its own, whose only
// interface is loopback, and looks at every packet on it. Nothing may go to or come from port 53 in the clear. That a
// question would be seen is shown at the end, by asking the host's resolver.
func TestNoNameLeavesOutsideTheTunnel(t *testing.T) {
	if os.Getenv(leakChildEnv) != "" {
		leakChild(t)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to capture packets in a network namespace of its own")
	}
	cmd := exec.CommandContext(within(t, time.Minute), os.Args[0], "-test.run=^TestNoNameLeavesOutsideTheTunnel$", "-test.v", "-test.timeout=50s")
	cmd.Env = append(os.Environ(), leakChildEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Skipf("no namespaces here: %v", err)
	}
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}

func leakChild(t *testing.T) {
	loopbackUp(t)
	// The host's resolver asks 127.0.0.1 in here, where it would be seen.
	require.NoError(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	require.NoError(t, os.WriteFile(conf, []byte("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"), 0o600))
	if _, err := os.Stat("/etc/resolv.conf"); err == nil {
		require.NoError(t, unix.Mount(conf, "/etc/resolv.conf", "", unix.MS_BIND, ""))
		defer func() { _ = unix.Unmount("/etc/resolv.conf", 0) }()
	} // without the file Go's resolver asks 127.0.0.1 anyway

	far := newFarEnd(t)
	far.name("echo.example", exitV4, exitV6)
	far.name("site.example", exitV4)
	tu, p := newTunnel(t, Options{})
	seen := capture(t)

	// Not up yet: a refusal must not ask, either.
	_, err := dialSocks(t, p, "early.example:7")
	require.Error(t, err)
	require.NoError(t, tu.Up(t.Context(), far.config()))
	c, err := dialSocks(t, p, "echo.example:7")
	require.NoError(t, err)
	requireEcho(t, c)
	c, no := dialConnect(t, p, "echo.example:7")
	require.Nil(t, no)
	requireEcho(t, c)
	a := associate(t, p, socksAddr(netip.IPv4Unspecified(), 0))
	a.send(t, 0, socksNameAddr("site.example", 7), "hello")
	a.receive(t)
	for _, host := range []string{"nowhere.example", "single", "printer.local", "abc.onion"} {
		_, err = dialSocks(t, p, host+":80")
		require.Error(t, err)
		talk(t, p, "GET http://"+host+"/ HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
	}
	tu.Down()
	_, err = dialSocks(t, p, "late.example:7")
	require.Error(t, err)
	assert.Contains(t, far.questions(), "nowhere.example", "asked through the tunnel")

	// The controls come last and in order, so what is seen first shows that nothing went before.
	control, err := net.Dial("udp4", "127.0.0.1:53")
	require.NoError(t, err)
	defer func() { _ = control.Close() }()
	_, err = io.WriteString(control, "control one")
	require.NoError(t, err)
	first := <-seen
	assert.Contains(t, string(first.data), "control one", "the first packet to port 53 has to be the control")
	assert.Greater(t, first.before, 100, "the tunnel's own packets were seen before it")
	_, err = net.DefaultResolver.LookupHost(t.Context(), "leak.example")
	require.Error(t, err)
	for !containsLabel((<-seen).data, "leak") { // ends, or the test's timeout says that the control was not seen
	}
}

func containsLabel(b []byte, label string) bool {
	for i := range b {
		if int(b[i]) == len(label) && string(b[i+1:min(len(b), i+1+len(label))]) == label {
			return true
		}
	}
	return false
}

func loopbackUp(t *testing.T) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _ = unix.Close(s) }()
	r, err := unix.NewIfreq("lo")
	require.NoError(t, err)
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	require.NoError(t, unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, r))
}

// frame is a packet to or from port 53 in the clear.
type frame struct {
	data   []byte
	before int // packets seen before it
}

// capture gives every packet on loopback that is to or from port 53, in order.
func capture(t *testing.T) <-chan frame {
	all := uint16(unix.ETH_P_ALL)<<8 | uint16(unix.ETH_P_ALL)>>8
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(all))
	require.NoError(t, err)
	require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20))
	f := os.NewFile(uintptr(fd), "capture")
	seen, done := make(chan frame, 1000), make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 128<<10)
		for n := 0; ; n++ {
			size, err := f.Read(b)
			if err != nil {
				close(seen)
				return
			}
			if onPort53(b[:size]) {
				seen <- frame{append([]byte(nil), b[:size]...), n}
			}
		}
	}()
	t.Cleanup(func() {
		stats, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		assert.NoError(t, err)
		assert.Zero(t, stats.Drops, "packets were missed")
		_ = f.Close()
		<-done
	})
	return seen
}

func onPort53(ip []byte) bool {
	if len(ip) < 20 {
		return false
	}
	var rest []byte
	var proto byte
	if ip[0]>>4 == 4 {
		proto, rest = ip[9], ip[min(len(ip), int(ip[0]&15)*4):]
	} else if len(ip) >= 40 {
		proto, rest = ip[6], ip[40:]
	}
	if proto != unix.IPPROTO_UDP && proto != unix.IPPROTO_TCP || len(rest) < 4 {
		return false
	}
	return binary.BigEndian.Uint16(rest) == 53 || binary.BigEndian.Uint16(rest[2:]) == 53
}
