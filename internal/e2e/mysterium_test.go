//go:build unix

package e2e

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stories are what a user of the network mysterium lives through. They run with the stand-in for the node, and with a
// real one where MYST names it.
var stories = []struct {
	name string
	tell func(*testing.T, *realm)
}{
	{"a first connection", firstConnection},
	{"an identity that is not registered, or has no money", poorIdentity},
	{"a connect is cancelled", cancelledConnect},
	{"the node is killed while connected", killedWhileConnected},
	{"the node is killed while connecting", killedWhileConnecting},
	{"no network at the start", noNetworkAtStart},
	{"two nodes fight for a port", fightForAPort},
	{"another node has the data folder", lockedFolder},
	{"no node, then one; then an upgrade", missingAndUpgraded},
	{"the node hangs in its boot", hangsInBoot},
	{"namespaces are closed", closedNamespaces},
	{"a node that runs already is adopted", adoptedNode},
	{"on hold, and the two ways out", onHold},
	{"the whole device", wholeDevice},
	{"the provider is killed", killedProvider}, // last: nobody can be connected to afterwards
}

// TestMysterium tells the stories with stand-ins.
func TestMysterium(t *testing.T) {
	r := newStandIns(t)
	app := r.begin()
	lack := r.status().Node.Lack
	r.end(app)
	if lack != nil { // the stand-in has no proxy of its own
		t.Skipf("%d stories were not told: %s", len(stories), lack.Text)
	}
	tell(t, r)
}

// TestRealNode tells them with a real node.
func TestRealNode(t *testing.T) {
	switch {
	case os.Getenv("MYST") == "":
		t.Skipf("%d stories of a real node were not told: MYST does not name a node's program", len(stories))
	case os.Getuid() != 0:
		t.Skipf("%d stories of a real node were not told: its namespaces can only be made by root", len(stories))
	}
	tell(t, newRig(t))
}

func tell(t *testing.T, r *realm) {
	for _, s := range stories {
		t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			was := r.world.t
			r.world.t = t
			defer func() { r.world.t = was }()
			s.tell(t, r)
		})
	}
}

func firstConnection(t *testing.T, r *realm) {
	app := r.begin()
	s := r.status()
	assert.Equal(t, "mysterium", s.Network)
	assert.Nil(t, s.Node.Lack, "the tunnel is ours")
	assert.NoFileExists(t, "/run/myst.sock", "nobody but the node sees the link")
	out, err := r.client("refused", s.Proxy.SOCKS5, r.site+":8080")
	require.NoError(t, err, out)
	assert.Equal(t, "1 503", out)

	out, code := r.ctl("connect")
	require.Zero(t, code, out)
	before := r.status()
	require.Equal(t, "up", before.Phase)
	size, from := r.fetch()
	assert.Equal(t, fileSize, size)
	if r.real {
		assert.True(t, strings.HasPrefix(from, "10.182."), "the site saw %s, which is not of the tunnel", from)
	}

	var ids struct {
		Identities []struct{ ID string } `json:"identities"`
	}
	r.ask("/identities", &ids)
	assert.Len(t, ids.Identities, 1, "made at the first connect")
	ours := r.fresh()
	assert.InEpsilon(t, fileSize, ours.BytesReceived-before.BytesReceived, 0.10)
	var theirs struct {
		Received uint64 `json:"bytes_received"`
	}
	r.ask("/connection/statistics", &theirs)
	assert.InEpsilon(t, ours.BytesReceived, theirs.Received, 0.02, "the node pays by what we have counted")

	out, code = r.ctl("disconnect")
	require.Zero(t, code, out)
	assert.Equal(t, "down", r.status().Phase)
	r.end(app)

	out, code = r.ctl("history", "--json")
	require.Zero(t, code, out)
	var past []struct {
		Received uint64 `json:"bytes_received"`
		Network  string `json:"network"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &past), out)
	require.Len(t, past, 1)
	assert.InEpsilon(t, ours.BytesReceived, past[0].Received, 0.02)
	assert.Equal(t, "mysterium", past[0].Network)
}

func poorIdentity(t *testing.T, r *realm) {
	if r.registration == nil {
		t.Skip("the stand-in's identities are registered and rich; core's tests have the others")
	}
	defer r.registration(true, rich)
	home := r.home
	defer func() { r.home = home }()
	for _, want := range []string{"not_registered", "no_balance"} {
		r.home = filepath.Join(home, want)
		r.registration(want == "no_balance", "0")
		app := r.begin()
		began := time.Now()
		_, code := r.ctl("connect")
		assert.Equal(t, 1, code)
		s := r.status()
		assert.Equal(t, "failed", s.Phase)
		if assert.NotNil(t, s.Reason) {
			assert.Equal(t, want, s.Reason.Code, s.Reason.Text)
		}
		assert.Less(t, time.Since(began), 15*time.Second, "it is said, not waited for")
		r.end(app)
	}
}

func cancelledConnect(t *testing.T, r *realm) {
	app := r.begin()
	connect := r.command(r.app, r.bin, "--home", r.home, "connect")
	require.NoError(t, connect.Start())
	s := r.await(time.Minute, func(s status) bool { return s.Phase == "dialing" || s.Phase == "up" })
	if r.real {
		assert.Equal(t, "dialing", s.Phase)
	}
	out, code := r.ctl("disconnect")
	require.Zero(t, code, out)
	_ = connect.Wait()
	s = r.status()
	assert.Equal(t, "down", s.Phase)
	assert.Nil(t, s.Reason, "a cancel is no failure")
	var c struct {
		Status string `json:"status"`
	}
	r.ask("/connection", &c)
	assert.Equal(t, "NotConnected", c.Status, "nothing is left in the node")
	r.end(app)
}

func killedWhileConnected(t *testing.T, r *realm) {
	app := r.begin()
	out, code := r.ctl("connect")
	require.Zero(t, code, out)
	before := r.status()
	r.killNode()
	s := r.await(10*time.Second, func(s status) bool { return s.Phase == "reconnecting" })
	require.NotNil(t, s.Reason)
	assert.Equal(t, "node_went_away", s.Reason.Code)
	s = r.up()
	assert.NotEqual(t, before.Node.PID, s.Node.PID)
	assert.Equal(t, before.Exit.ProviderID, s.Exit.ProviderID, "the same exit")
	assert.Equal(t, before.Proxy, s.Proxy, "at the same address")
	size, _ := r.fetch()
	assert.Equal(t, fileSize, size)
	r.end(app)
}

func killedWhileConnecting(t *testing.T, r *realm) {
	app := r.begin()
	connect := r.command(r.app, r.bin, "--home", r.home, "connect")
	require.NoError(t, connect.Start())
	r.await(time.Minute, func(s status) bool { return s.Phase == "dialing" || s.Phase == "up" })
	r.killNode()
	r.await(30*time.Second, func(s status) bool { return s.Node.State != "running" })
	r.up()
	_ = connect.Wait()
	size, _ := r.fetch()
	assert.Equal(t, fileSize, size)
	r.end(app)
}

func noNetworkAtStart(t *testing.T, r *realm) {
	r.network(false)
	cut := true
	defer func() {
		if cut {
			r.network(true)
		}
	}()
	app := r.startApp()
	s := r.because("waiting_for_network", time.Minute)
	assert.Equal(t, "waiting", s.Node.State)
	assert.Equal(t, "down", s.Phase, "it is nobody's failure")
	r.network(true)
	cut = false
	out, code := r.ctl("retry")
	require.Zero(t, code, out)
	r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" })
	r.end(app)
}

func fightForAPort(t *testing.T, r *realm) {
	port := r.freePort()
	other := r.other(filepath.Join(r.home, "other"), port)
	app := r.startAppWith("--tequilapi.port", strconv.Itoa(port))
	s := r.because("node_not_used", 30*time.Second)
	assert.Contains(t, s.Reason.Text, strconv.Itoa(port))
	assert.True(t, alive(other.Process.Pid), "what is not ours is never ended")
	require.NoError(t, other.Process.Signal(syscall.SIGTERM))
	<-other.done
	out, code := r.ctl("retry")
	require.Zero(t, code, out)
	s = r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" })
	_, at, err := net.SplitHostPort(s.Node.API)
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(port), at)
	r.end(app)
}

func lockedFolder(t *testing.T, r *realm) {
	other := r.other(filepath.Join(r.home, "node-mysterium"), r.freePort())
	app := r.startApp()
	r.because("node_data_locked", time.Minute)
	assert.True(t, alive(other.Process.Pid), "what is not ours is never ended")
	require.NoError(t, other.Process.Signal(syscall.SIGTERM))
	<-other.done
	r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" })
	r.end(app)
}

func missingAndUpgraded(t *testing.T, r *realm) {
	program, away := filepath.Join(r.tools, "myst"), filepath.Join(r.tools, "away")
	require.NoError(t, os.Rename(program, away))
	app := r.startApp()
	r.because("node_missing", 30*time.Second)
	out, code := r.ctl("connect")
	assert.Equal(t, 1, code, "it is said, not waited for")
	assert.Contains(t, out, "Install")
	require.NoError(t, os.Rename(away, program))
	out, code = r.ctl("retry")
	require.Zero(t, code, out)
	first := r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" })

	require.NoError(t, os.Rename(program, away))
	r.killNode()
	s := r.because("node_missing", 30*time.Second)
	assert.Equal(t, "waiting", s.Node.State, "one that has run is looked for again by itself")
	require.NoError(t, os.Rename(away, program))
	s = r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" })
	assert.NotEqual(t, first.Node.PID, s.Node.PID)
	r.end(app)
}

func hangsInBoot(t *testing.T, r *realm) {
	if r.real {
		t.Skip("a real node cannot be told to hang")
	}
	r.fault("hangs", true)
	app := r.startApp()
	s := r.await(30*time.Second, func(s status) bool { return s.Node.State == "starting" && s.Node.PID != 0 })
	began := time.Now()
	r.status()
	out, code := r.ctl("logs")
	require.Zero(t, code, out)
	assert.Less(t, time.Since(began), 10*time.Second, "its silence keeps nobody waiting")
	r.fault("hangs", false)
	r.end(app)
	assert.False(t, alive(s.Node.PID), "it is ended all the same")
}

func closedNamespaces(t *testing.T, r *realm) {
	if !r.real {
		t.Skip("the stand-in cannot keep the tunnel to itself; the tests of core and tunnel have that")
	}
	was := r.app
	defer func() { r.app = was }()
	// A user namespace in which no further one may be made.
	closed := `echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --inh-caps=-all --ambient-caps=-all "$@"`
	r.app = append(append([]string{}, was...), "unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", closed, "sh")
	app := r.startApp()
	r.app = was
	s := r.await(90*time.Second, func(s status) bool { return s.Node.State == "running" })
	require.NotNil(t, s.Node.Lack)
	assert.Equal(t, "node_carries", s.Node.Lack.Code)
	out, code := r.ctl("connect")
	require.Zero(t, code, out)
	size, from := r.fetch()
	assert.Equal(t, fileSize, size)
	assert.True(t, strings.HasPrefix(from, "10.182."), from)
	out, code = r.ctl("disconnect")
	require.Zero(t, code, out)
	out, err := r.client("refused", s.Proxy.SOCKS5, r.site+":8080")
	require.NoError(t, err, out)
	assert.Equal(t, "1 503", out)
	r.end(app)
}

// adoptedNode is told by root, as only root may listen where a node that runs already looks for its supervisor.
func adoptedNode(t *testing.T, r *realm) {
	if !r.real {
		t.Skip("the stand-in is a node of the sandbox, and those are not adopted here")
	}
	app, home := r.app, r.home
	defer func() { r.app, r.home = app, home }()
	dir := filepath.Dir(r.bin)
	r.home = filepath.Join(dir, "roots-home")
	outside := app[:4] // ip netns exec NAME
	own := r.start("a /run of its own", r.command(outside, "unshare", "-m", "--propagation", "private", "sh", "-c", "mount -t tmpfs -o mode=0755 none /run && echo ready && exec cat"))
	own.line(t, "ready", 10*time.Second)
	r.app = append(append([]string{}, outside...), "nsenter", "-m", "-t", strconv.Itoa(own.Process.Pid))

	port, folder := r.freePort(), filepath.Join(dir, "roots-node")
	node := r.start("a node that runs already", r.command(r.app, filepath.Join(r.tools, "myst"), "--data-dir="+folder, "--config-dir="+folder,
		"--log-dir="+folder+"/logs", "--consumer", "--usermode", "--ui.enable=false", "--local-service-discovery=false", "--discovery.type=api",
		"--tequilapi.address=127.0.0.1", "--tequilapi.port="+strconv.Itoa(port), "daemon"))
	node.line(t, r.serves, 30*time.Second)
	program := r.startAppWith("--tequilapi.port", strconv.Itoa(port))
	s := r.await(60*time.Second, func(s status) bool { return s.Node.State == "running" })
	assert.True(t, s.Node.Adopted)
	assert.Nil(t, s.Node.Lack)
	out, code := r.ctl("connect")
	require.Zero(t, code, out)
	size, from := r.fetch()
	assert.Equal(t, fileSize, size)
	assert.True(t, strings.HasPrefix(from, "10.182."), from)
	assert.NotZero(t, r.fresh().BytesReceived, "the tunnel is ours")
	out, code = r.ctl("logs", "--source", "node")
	require.Zero(t, code, out)
	assert.Contains(t, out, "Starting Mysterium Node", "its own log file is read")
	r.end(program)
	select {
	case <-node.done:
		assert.Fail(t, "what is not ours was ended")
	default:
	}
	require.NoError(t, node.Process.Signal(syscall.SIGTERM))
	<-node.done
}

// onHold: a node that is told to keep the connection when its provider goes away keeps it, and nothing passes.
func onHold(t *testing.T, r *realm) {
	if r.provider == nil {
		t.Skip("the stand-in's exits cannot be stopped apart from it; core's tests have this")
	}
	app := r.begin()
	keep := func(value string) {
		out, err := r.command(r.app, "curl", "-sf", "-m", "10", "-X", "POST", "http://"+r.status().Node.API+"/config/user",
			"-d", `{"data":{"keep-connected-on-fail":`+value+`}}`).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	keep("true")
	out, code := r.ctl("connect")
	require.Zero(t, code, out)
	held := func() {
		require.NoError(t, r.provider.Process.Signal(syscall.SIGSTOP))
		defer func() { require.NoError(t, r.provider.Process.Signal(syscall.SIGCONT)) }()
		began := time.Now()
		s := r.await(90*time.Second, func(s status) bool { return s.Phase == "blocked" })
		t.Logf("on hold after %s", time.Since(began).Round(time.Second))
		require.NotNil(t, s.Reason)
		assert.Equal(t, "on_hold", s.Reason.Code)
	}
	held()
	out, code = r.ctl("connect")
	require.Zero(t, code, out)
	r.up()
	held()
	out, code = r.ctl("disconnect")
	require.Zero(t, code, out)
	assert.Equal(t, "down", r.status().Phase)
	keep("null")
	r.end(app)
}

func killedProvider(t *testing.T, r *realm) {
	if r.provider == nil {
		t.Skip("the stand-in's exits end with it")
	}
	app := r.begin()
	out, code := r.ctl("connect")
	require.Zero(t, code, out)
	at := r.status().Proxy.SOCKS5
	r.start("download", r.role(r.app, "client", "stream", at, r.url+"/endless")).line(t, "begun", 20*time.Second)
	require.NoError(t, r.provider.Process.Kill())
	began := time.Now()
	s := r.await(60*time.Second, func(s status) bool { return s.Phase == "reconnecting" })
	t.Logf("noticed after %s", time.Since(began).Round(100*time.Millisecond))
	assert.Less(t, time.Since(began), 20*time.Second, "the node would need half a minute")
	require.NotNil(t, s.Reason)
	assert.Equal(t, "tunnel_stalled", s.Reason.Code)
	s = r.because("provider_failed", time.Minute)
	assert.Equal(t, "reconnecting", s.Phase)
	out, code = r.ctl("disconnect")
	require.Zero(t, code, out)
	assert.Equal(t, "down", r.status().Phase)
	r.end(app)
}
