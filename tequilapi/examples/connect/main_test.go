package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"testing"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test binary is the program too, so that the test runs it as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("CONNECT_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), "CONNECT_MAIN=1")
	return cmd
}

func TestAStrangersProgramConnects(t *testing.T) {
	const me, provider = "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0x1111111111111111111111111111111111111111"
	node := tequilatest.NewNode(t)
	node.AddIdentity(me, "", tequilapi.Wei(5e18))
	node.SetProposals(tequilapi.Proposal{ProviderID: provider, ServiceType: "wireguard", Location: tequilapi.ProposalLocation{Country: "DE"}})
	c := node.Client()

	cmd := program(t, node.URL(), "DE")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "Connected to "+provider+" and seen at 192.0.2.7\n", line)
	k, err := c.Connection(t.Context(), 0)
	require.NoError(t, err)
	assert.Equal(t, tequilapi.Connected, k.Status)

	_, err = in.Write([]byte("\n"))
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())
	k, err = c.Connection(t.Context(), 0)
	require.NoError(t, err)
	assert.Equal(t, tequilapi.NotConnected, k.Status)
}

func TestItSaysWhyItDidNotConnect(t *testing.T) {
	node := tequilatest.NewNode(t)
	node.AddIdentity("0xaa", "", tequilapi.Wei(5e18))
	out, err := program(t, node.URL(), "DE").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "no providers available for the filter")
}

func TestItHasThirtyLinesAtMost(t *testing.T) {
	b, err := os.ReadFile("main.go")
	require.NoError(t, err)
	assert.LessOrEqual(t, bytes.Count(b, []byte("\n")), 30)
}
