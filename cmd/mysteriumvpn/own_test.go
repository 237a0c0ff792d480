package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"rsc.io/qr"

	"github.com/mysteriumvpn/desktop/internal/nodeproc"
	"github.com/mysteriumvpn/desktop/internal/qrpicture"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
)

// begun runs `exit` until it listens; end stops it.
func begun(t *testing.T, args ...string) (said string, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{c: make(chan string, 1000)}
	code := make(chan int, 1)
	go func() { code <- execute(ctx, append([]string{"exit"}, args...), out, out) }()
	for {
		select {
		case line := <-out.c:
			said += line + "\n"
			if strings.Contains(line, "The exit listens") {
				return said, func() int { cancel(); return <-code }
			}
		case c := <-code:
			require.Failf(t, "it ended", "with %d: %s", c, said)
		}
	}
}

// freeUDP is a port that nobody has just now.
func freeUDP(t *testing.T) string {
	t.Helper()
	at, err := freePort("127.0.0.1")
	require.NoError(t, err)
	return at
}

func TestAnExitKeepsItsKeysAndItsFile(t *testing.T) {
	dir, at := filepath.Join(t.TempDir(), "e"), freeUDP(t)
	said, end := begun(t, "--listen", at, "--out", dir, "--name", "my exit", "--country", "ch", "--city", "Zürich")
	assert.Zero(t, end())
	file := filepath.Join(dir, "my-exit.conf")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	c, notes, err := wgconf.Parse(text)
	require.NoError(t, err)
	assert.Empty(t, notes)
	assert.Equal(t, at, c.Peer.Endpoint.String())
	assert.Equal(t, "CH Zürich", c.Country+" "+c.City)
	assert.False(t, c.Peer.PresharedKey.Zero())
	assert.Contains(t, said, "▄", "the QR code")
	assert.NotContains(t, said, c.PrivateKey.Base64()[:12])

	said, end = begun(t, "--listen", at, "--out", dir, "--name", "my exit", "--country", "ch", "--city", "Zürich", "--quiet")
	assert.Zero(t, end())
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again))
	assert.NotContains(t, said, "▄")

	_, end = begun(t, "--listen", at, "--out", dir, "--name", "my exit", "--endpoint", "home.example.org:7", "--quiet")
	assert.Zero(t, end())
	again, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(again), "Endpoint = home.example.org:7")
	assert.Contains(t, string(again), c.PrivateKey.Base64(), "what is where it is changes no key")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "my-exit.keys"), []byte(`{"exit_private_key": "AAAA"}`), 0o600))
	out, code := call(t, "exit", "--listen", at, "--out", dir, "--name", "my exit")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "cannot be read")
	assert.Contains(t, out, "move it away to get new keys")
}

// TestDamagedKeysOfAnExitStayWhereTheyAre: however often it is started, the configuration that is out there keeps its worth.
func TestDamagedKeysOfAnExitStayWhereTheyAre(t *testing.T) {
	dir, at := t.TempDir(), freeUDP(t)
	keys, file := filepath.Join(dir, "own-exit.keys"), filepath.Join(dir, "own-exit.conf")
	_, end := begun(t, "--listen", at, "--out", dir, "--quiet")
	assert.Zero(t, end())
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, damaged := range []string{`{"exit_private_key": "AA`, "", "{}", "\x00"} {
		require.NoError(t, os.WriteFile(keys, []byte(damaged), 0o600))
		for range 2 {
			out, code := call(t, "exit", "--listen", at, "--out", dir, "--quiet")
			assert.Equal(t, exitFailed, code, "%q", damaged)
			assert.Contains(t, out, "own-exit.keys cannot be read")
			assert.Contains(t, out, "Put the file back from a copy")
			left, err := os.ReadFile(keys)
			require.NoError(t, err)
			assert.Equal(t, damaged, string(left))
		}
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

func TestAnExitSaysWhatIsWrongWithItsFlags(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ args, want string }{
		{"--out D", "--listen is missing"},
		{"--listen nowhere --out D", "no IP address and port"},
		{"--listen 127.0.0.1:0 --out D", "needs a port"},
		{"--listen 127.0.0.1:51820", "--out is missing"},
		{"--listen 0.0.0.0:51820 --out D", "say with --endpoint where others reach it"},
		{"--listen [::]:51820 --out D", "say with --endpoint"},
		{"--listen 127.0.0.1:51820 --out D --endpoint x", "no host and port"},
		{"--listen 127.0.0.1:51820 --out D --country Switzerland", "no code of a country"},
		{"--listen 127.0.0.1:51820 --out D --exit.allow x", "--exit.allow"},
		{"--listen 127.0.0.1:51820 --out D more", "Unexpected"},
	} {
		out, code := call(t, append([]string{"exit"}, strings.Fields(strings.ReplaceAll(c.args, "D", dir))...)...)
		assert.Equal(t, exitUsage, code, c.args)
		assert.Contains(t, out, c.want, c.args)
	}
	out, code := call(t, "exit", "--listen", "192.0.2.77:51820", "--out", dir)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "Is 192.0.2.77:51820 an address of this machine")
	_, err := os.Stat(filepath.Join(dir, "own-exit.conf"))
	assert.ErrorIs(t, err, os.ErrNotExist, "no file of an exit that does not run")
}

func TestOwnServersByCommand(t *testing.T) {
	home, dir, at := t.TempDir(), t.TempDir(), freeUDP(t)
	_, end := begun(t, "--listen", at, "--out", dir, "--quiet")
	end()
	file := filepath.Join(dir, "own-exit.conf")
	own := func(args ...string) (string, int) {
		return call(t, append([]string{"--home", home, "own"}, args...)...)
	}

	out, code := own("list")
	assert.Zero(t, code)
	assert.Contains(t, out, "no own servers yet")
	out, code = own("add", file, "--country", "ch")
	require.Zero(t, code, out)
	assert.Contains(t, out, "Added own-exit ("+at+")")
	id := regexp.MustCompile(`0x[0-9a-f]{40}`).FindString(out)
	out, code = own("show", "own-exit", "--json")
	require.Zero(t, code, out)
	var d serverDoc
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	assert.Equal(t, serverDoc{
		Name: "own-exit", ID: id, Endpoint: at, Country: "CH", Addresses: []string{"10.181.0.2/32", "fd5a:5db5::2/128"}, DNS: []string{"10.181.0.1"},
		AllowedIPs: []string{"0.0.0.0/0", "::/0"}, Problems: []string{},
	}, d)
	out, code = own("list")
	assert.Zero(t, code)
	assert.Contains(t, out, "own-exit  CH")
	out, code = own("show", "own-exit")
	assert.Zero(t, code)
	assert.Contains(t, out, "Switzerland")
	out, code = own("place", "own-exit", "--country", "nl", "--city", "Delft")
	assert.Zero(t, code, out)
	assert.Equal(t, "own-exit: Delft, Netherlands.", strings.TrimSpace(out))
	out, code = own("list")
	assert.Zero(t, code)
	assert.Contains(t, out, "own-exit  NL       Delft")
	out, code = own("place", "own-exit", "--country", "")
	assert.Zero(t, code, out)
	assert.Equal(t, "own-exit: Delft.", strings.TrimSpace(out), "what is not given stays")
	out, code = own("show", "own-exit")
	assert.Zero(t, code)
	assert.Regexp(t, `Place: +Delft\n`, out)

	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"add"}, exitUsage, "The file is missing"},
		{[]string{"add", file, "x"}, exitUsage, "Unexpected"},
		{[]string{"add", file, "--country", "Swiss"}, exitUsage, "no code of a country"},
		{[]string{"add", file, "--name", "other"}, exitFailed, "there already as own-exit"},
		{[]string{"add", filepath.Join(dir, "none")}, exitFailed, "Read the configuration"},
		{[]string{"add", filepath.Join(dir, "own-exit.keys")}, exitFailed, "no [Interface]"},
		{[]string{"show", "none"}, exitFailed, "no own server 'none'"},
		{[]string{"remove", "../exit"}, exitFailed, "no own server"},
		{[]string{"place", "none", "--country", "CH"}, exitFailed, "no own server 'none'"},
		{[]string{"place", "own-exit", "--country", "Swiss"}, exitUsage, "no code of a country"},
		{[]string{"place", "own-exit"}, exitUsage, "--country or --city is missing"},
		{[]string{"nothing"}, exitUsage, "Unexpected"},
	} {
		out, code := own(c.args...)
		assert.Equal(t, c.code, code, "%v: %s", c.args, out)
		assert.Contains(t, out, c.want, c.args)
	}

	out, code = own("remove", "own-exit")
	assert.Zero(t, code, out)

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	name, piped, err := readConf(bytes.NewReader(text), "-")
	require.NoError(t, err)
	assert.Equal(t, "server", name)
	assert.Equal(t, string(text), string(piped))
	image, err := qr.Encode(string(text), qr.L)
	require.NoError(t, err)
	picture := filepath.Join(dir, "photo.png")
	require.NoError(t, os.WriteFile(picture, image.PNG(), 0o600))
	out, code = own("add", picture)
	assert.Zero(t, code, out)
	assert.Contains(t, out, "Added photo", "a QR picture is a configuration too")
}

// TestTheQRCodeOnATerminalIsTheText: as a camera would see it.
func TestTheQRCodeOnATerminalIsTheText(t *testing.T) {
	text := strings.Repeat("some configuration\n", 20)
	var b bytes.Buffer
	require.NoError(t, printQR(&b, []byte(text)))
	got, err := qrpicture.Read(photograph(t, b.String()))
	require.NoError(t, err)
	assert.Equal(t, text, got)
}

func TestARunningProgramSeesAnOwnServerAtOnce(t *testing.T) {
	home, dir, at := t.TempDir(), t.TempDir(), freeUDP(t)
	_, end := begun(t, "--listen", at, "--out", dir, "--quiet", "--country", "CH")
	defer end()
	stop := running(t, home, "--network", "own")
	defer stop()
	out, code := call(t, "connect", "--home", home, "CH") // waits for the node
	assert.Equal(t, exitFailed, code, out)
	out, code = call(t, "own", "add", "--home", home, filepath.Join(dir, "own-exit.conf"))
	require.Zero(t, code, out)
	out, code = call(t, "connect", "--home", home, "CH")
	require.Zero(t, code, out)
	out, code = call(t, "status", "--home", home, "--json")
	require.Zero(t, code)
	assert.Contains(t, out, `"network":"own"`)
	assert.Contains(t, out, `"phase":"up"`)
	out, code = call(t, "own", "place", "--home", home, "own-exit", "--country", "NL")
	require.Zero(t, code, out)
	out, code = call(t, "connect", "--home", home, "NL")
	require.Zero(t, code, out)
	out, code = call(t, "own", "place", "--home", home, "own-exit", "--country", "")
	require.Zero(t, code, out)
	out, code = call(t, "connect", "--home", home, "own-exit")
	require.Zero(t, code, out)
	assert.NotContains(t, out, "Unknown country")
	out, code = call(t, "own", "remove", "--home", home, "own-exit")
	require.Zero(t, code, out)
	out, code = call(t, "proposals", "--home", home, "--json")
	require.Zero(t, code, out)
	assert.Equal(t, "[]", strings.TrimSpace(out))
}

func TestAnExitStaysOpenThoughNobodyComes(t *testing.T) {
	o := (&exitKeys{}).options(netip.AddrPort{}, nil, "", nil)
	assert.Negative(t, o.Idle, "that is: for ever")
}

// TestANodeOfAnotherNetworkIsNotAdopted: the window would name a network that is not the one in use.
func TestANodeOfAnotherNetworkIsNotAdopted(t *testing.T) {
	for _, c := range []struct {
		network vpn.Network
		version string
		taken   bool
	}{
		{vpn.Own, "1.0.0" + ownMark, true},
		{vpn.Own, "1.0.0" + sandboxMark, false},
		{vpn.Sandbox, "1.0.0" + sandboxMark, true},
		{vpn.Sandbox, "1.0.0" + ownMark, false},
		{vpn.Own, "1.38.3", false},
	} {
		err := nodeOf(c.network)(nodeproc.Health{Version: c.version})
		assert.Equal(t, c.taken, err == nil, "%s, %s: %v", c.network, c.version, err)
	}
}
