package mystnode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mysteriumvpn/desktop/internal/nodeproc"
)

// partVar makes the test binary play a part: the program that starts the node, or the node.
const partVar = "MYSTNODE_TEST_PART"

func TestMain(m *testing.M) {
	if part := os.Getenv(partVar); part != "" {
		os.Exit(play(part, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

func TestTheNodeIsStartedAsAConsumerWithoutPrivileges(t *testing.T) {
	args := Start{API: "127.0.0.1:40123", Way: Isolated}.Args()
	for _, a := range []string{"--usermode", "--consumer", "--ui.enable=false", "--discovery.type=api", "--tequilapi.port=40123", "--tequilapi.address=127.0.0.1"} {
		assert.Contains(t, args, a)
	}
	assert.Equal(t, "daemon", args[len(args)-1], "the command comes after its flags")
	assert.Equal(t, args, Start{API: "127.0.0.1:40123", Way: Shared}.Args())
	for _, a := range args {
		assert.NotContains(t, a, "-dir=", "its folders are its own business: there the user's identities are")
	}

	home := filepath.Join(t.TempDir(), "node")
	args = Start{API: "[::1]:1", Home: home, Way: Carrying}.Args()
	assert.Contains(t, args, "--proxymode")
	assert.Contains(t, args, "--proxy.bind.address=127.0.0.1", "else its proxy is open to everybody")
	assert.NotContains(t, args, "--usermode", "such a node would ask a supervisor for routes, for ever")
	assert.Contains(t, args, "--tequilapi.address=::1")
	assert.Contains(t, args, "--data-dir="+home)
	assert.Contains(t, args, "--config-dir="+home)
}

// TestLastWordsOfANodeAreUnderstood: the lines are those of node 1.38.3.
func TestLastWordsOfANodeAreUnderstood(t *testing.T) {
	const at = "2026-11-26T13:32:19.546 ERR ../../cmd/mysterium_node/mysterium_node.go:68 > Failed to execute command: error="
	for line, cause := range map[string]error{
		at + `"could not get hermes URL: Get \"http://10.99.9.1:9100/api/v1/observed/hermes\": dial tcp 10.99.9.1:9100: connect: network is unreachable"`: nodeproc.ErrNoNetwork,
		at + `"failed to open boltDB: timeout"`: nodeproc.ErrDataLocked,
		at + `"the port 4778 seems to be taken. Either you're already running a node or it is already used by another application: listen tcp 127.0.0.1:4778: bind: address already in use"`: nodeproc.ErrPortTaken,
		at + `"accept tcp 127.0.0.1:44393: use of closed network connection"`: nil,
		"": nil,
	} {
		assert.Equal(t, cause, Cause([]string{"something before", line, "Rules reset was requested"}), line)
	}
	assert.NoError(t, Cause(nil))
}

func TestWaysHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for w := NoWay; w <= Carrying; w++ {
		assert.False(t, seen[w.String()])
		seen[w.String()] = true
	}
	assert.Equal(t, "unknown", Way(99).String())
}

// play is what the test binary does in another part.
func play(part string, args []string) int {
	switch part {
	case "enter": // SOCKET [PROGRAM ARGS...]: what Isolate's child does
		err := Enter(args[0], args[1:])
		if err == nil {
			return 0
		}
		fmt.Fprintln(os.Stderr, err)
		return 1
	case "node": // says what it finds, as a node would find it; then stays until its standard input ends
		c, err := net.Dial("unix", SocketPath)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		_, _ = fmt.Fprintln(c, "ping")
		answer := make([]byte, 64)
		n, _ := c.Read(answer)
		fmt.Printf("%s\nuid %d gid %d\n", bytes.TrimSpace(answer[:n]), os.Getuid(), os.Getgid())
		status, _ := os.ReadFile("/proc/self/status")
		for line := range bytes.Lines(status) {
			if bytes.HasPrefix(line, []byte("Cap")) {
				fmt.Printf("%s", line)
			}
		}
		fmt.Println("that is all")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	case "middle":
		return playMiddle(args)
	}
	return 99
}

// isolatedHere ends the test where no program may have a namespace.
func isolatedHere(t *testing.T, socket string) {
	t.Helper()
	t.Setenv(partVar, "enter")
	err := TryIsolated(t.Context(), []string{os.Args[0], socket})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Skipf("no namespaces here: %v", err)
	}
}

// socketThatAnswers is a supervisor socket that says "pong" to everything.
func socketThatAnswers(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.sock")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 64)
			if n, _ := c.Read(b); n > 0 {
				_, _ = c.Write([]byte("pong\n"))
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return path
}
