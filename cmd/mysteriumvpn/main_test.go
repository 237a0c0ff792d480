package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// TestMain is the program itself when the tests start it as their node.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		main()
		return
	}
	os.Exit(m.Run())
}

// call runs one command line.
func call(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	code = execute(t.Context(), args, &b, &b)
	return b.String(), code
}

// lines hands over what is written to it, a line at a time.
type lines struct {
	mu   sync.Mutex
	rest string
	c    chan string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest += string(b)
	for {
		line, rest, ok := strings.Cut(l.rest, "\n")
		if !ok {
			return len(b), nil
		}
		l.rest = rest
		select {
		case l.c <- line:
		default:
		}
	}
}

// running starts `run` in this process, and stops it, checking that nothing is left.
func running(t *testing.T, home string, args ...string) (stop func()) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{c: make(chan string, 1000)}
	code := make(chan int, 1)
	go func() { code <- execute(ctx, append([]string{"run", "--home", home}, args...), out, out) }()
	for line := range out.c {
		if strings.Contains(line, "SOCKS5") {
			break
		}
		require.NotContains(t, line, "See '", "it did not start")
	}
	return func() {
		cancel()
		assert.Zero(t, <-code)
		// lumberjack never ends the goroutine that removes old files; there is one for each log file, so one for each start.
		goleak.VerifyNone(t, before, goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
			goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait")) // for half a second, after a refusal
		left, err := filepath.Glob(filepath.Join(home, "*.sock"))
		assert.NoError(t, err)
		assert.Empty(t, left, "sockets")
	}
}

func TestRunLeavesNothing(t *testing.T) {
	home := t.TempDir()
	stop := running(t, home)
	out, code := call(t, "connect", "--home", home, "germany")
	require.Zero(t, code, out)
	assert.Contains(t, out, "Germany")

	out, code = call(t, "status", "--home", home, "--json")
	require.Zero(t, code)
	var s control.StatusDoc
	require.NoError(t, json.Unmarshal([]byte(out), &s), out)
	assert.Equal(t, vpn.Up, s.Phase)
	assert.NotNil(t, s.LastHandshake, "who hears of up finds its counters too")
	for _, args := range [][]string{{"status"}, {"countries"}, {"countries", "--json"}, {"proposals", "--country", "NL"}, {"logs", "--tail", "3"}, {"logs", "--source", "node", "--json"}} {
		out, code := call(t, append(args, "--home", home)...)
		assert.Zero(t, code, "%v: %s", args, out)
		assert.NotEmpty(t, out, args)
	}
	out, code = call(t, "connect", "--home", home, "fiji")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "Fiji")
	out, code = call(t, "status", "--home", home)
	assert.Zero(t, code)
	assert.Contains(t, out, "Germany", "what was connected still is")
	out, code = call(t, "connect", "--home", home, "atlantis")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "atlantis")
	out, code = call(t, "run", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "runs already")
	stop()
}

func TestTheProxyKeepsItsAddressAndSaysWhenItIsTaken(t *testing.T) {
	home := t.TempDir()
	running(t, home)()
	var s vpn.Settings
	b, err := os.ReadFile(filepath.Join(home, "settings.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &s))
	require.NotEmpty(t, s.Proxy)

	l, err := net.Listen("tcp", s.Proxy)
	require.NoError(t, err)
	out, code := call(t, "run", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, s.Proxy)
	assert.Contains(t, out, "--proxy")
	require.NoError(t, l.Close())

	running(t, home)()
	after, err := os.ReadFile(filepath.Join(home, "settings.json"))
	require.NoError(t, err)
	assert.Contains(t, string(after), s.Proxy)
}

func TestBrokenSettingsAreKeptAside(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "settings.json"), []byte(`{"proxy": tru`), 0o600))
	running(t, home)()
	kept, err := filepath.Glob(filepath.Join(home, "settings.json.bad-*"))
	require.NoError(t, err)
	assert.Len(t, kept, 1, "nothing is lost")
}

func TestHelpAndCompletions(t *testing.T) {
	out, code := call(t, "--help")
	assert.Zero(t, code)
	for _, name := range []string{"connect", "disconnect", "status", "countries", "proposals", "logs", "run", "node", "quit", "--home", "--proxy-expose"} {
		assert.Contains(t, out, name)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out, code := call(t, "completion", shell)
		assert.Zero(t, code)
		assert.Contains(t, out, "mysteriumvpn")
	}
}

func TestWrongWordsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"conect"}, "did you mean 'connect'?"},
		{[]string{"connect", "united", "kingdom"}, `connect "united kingdom"`},
		{[]string{"status", "--home", ""}, "--home needs a folder"},
		{[]string{"logs", "--tail", "x"}, `--tail cannot be "x"`},
		{[]string{"run", "--proxy-expose=maybe"}, `--proxy-expose cannot be "maybe"`},
		{[]string{"run", "--exit.dns", "192.0.2.1:0"}, "--exit.dns '192.0.2.1:0' is no address"},
		{[]string{"run", "--proxy", "127.0.0.1:4050", "--tequilapi.port", "4050"}, "different ports"},
		{[]string{"help", "conect"}, "no command 'conect'"},
		{[]string{"completion", "csh"}, "unexpected 'csh'"},
	} {
		out, code := call(t, c.args...)
		assert.Equal(t, exitUsage, code, "%v: %s", c.args, out)
		assert.Contains(t, strings.ToLower(out), strings.ToLower(c.says), "%v", c.args)
		assert.NotContains(t, out, "strconv", "%v", c.args)
	}
}

func TestHelpFitsATerminal(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if c.Name() == "completion" { // cobra's words
			continue
		}
		out, code := call(t, "help", c.Name())
		assert.Zero(t, code, c.Name())
		for line := range strings.Lines(out) {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 121, "%s: %s", c.Name(), line)
		}
		assert.NotContains(t, out, " string ", "%s: a flag's value has no name", c.Name())
		assert.NotContains(t, out, " int ", "%s: a flag's value has no name", c.Name())
	}
}

func TestSettingsThatCannotBeUsedAreSaid(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "settings.json"), []byte(`{"proxy": "192.0.2.1:1080"}`), 0o600))
	out, code := call(t, "run", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "--proxy", "what to do")
}

func TestWithoutHOMENothingIsKeptWhereOthersCouldLayItOut(t *testing.T) {
	for _, v := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(v, "")
	}
	f := foldersAt("")
	for _, dir := range []string{f.config, f.data, f.state} { // the sockets' own is checked
		assert.True(t, filepath.IsAbs(dir), dir)
		assert.NotEqual(t, os.TempDir(), filepath.Dir(filepath.Dir(dir)), dir)
	}
}

func TestSentences(t *testing.T) {
	assert.Equal(t, "Read the file: no.", sentence(errors.New("read the file: no")))
	assert.Equal(t, "Already one.", sentence(errors.New("Already one."))) //nolint:staticcheck // that is the point
}

func TestFoldersFollowXDG(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(v, filepath.Join(dir, v))
	}
	f := foldersAt("")
	assert.Equal(t, filepath.Join(dir, "XDG_RUNTIME_DIR", "mysteriumvpn", "control.sock"), f.control())
	assert.Equal(t, filepath.Join(dir, "XDG_CONFIG_HOME", "mysteriumvpn", "settings.json"), f.settings())
	t.Setenv("XDG_RUNTIME_DIR", "relative")
	assert.True(t, filepath.IsAbs(foldersAt("").control()), "an unset or relative variable is no error")
	all := foldersAt(dir)
	assert.Equal(t, filepath.Join(dir, "control.sock"), all.control())
}
