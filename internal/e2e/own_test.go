//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOwnServer is the story of somebody with a machine elsewhere: an exit runs there, its file is added here, and
// traffic leaves from there.
func TestOwnServer(t *testing.T) {
	w := newWorld(t)
	w.startSite()
	url := "http://" + w.site + ":8080"
	at := farEnd + ":51820"
	if !w.split {
		at = w.site + ":51820"
	}
	folder := filepath.Join(t.TempDir(), "exit")
	args := []string{"exit", "--listen", at, "--out", folder, "--country", "ch", "--exit.allow", w.site + "/32", "--exit.dns", w.site + ":5353"}
	begin := func() *process {
		p := w.start("exit", w.command(w.far, w.bin, args...))
		assert.Contains(t, p.line(t, "", 10*time.Second), "The exit listens at "+at, "a pipe gets no QR code: the keys are in it")
		return p
	}
	exit := begin()
	file := filepath.Join(folder, "own-exit.conf")
	conf, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, name := range []string{"own-exit.conf", "own-exit.keys"} {
		fi, err := os.Stat(filepath.Join(folder, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), fi.Mode().Perm(), name)
	}

	t.Run("what cannot be used is said by line", func(t *testing.T) {
		bad := filepath.Join(t.TempDir(), "bad.conf")
		require.NoError(t, os.WriteFile(bad, append([]byte("#\n[Interface]\nPostUp = touch /tmp/x\nAddress = 10.0.0\n"), conf...), 0o600))
		out, code := w.ctl("own", "add", bad)
		assert.Equal(t, 1, code)
		assert.Contains(t, out, "Line 3: PostUp would run a command")
		assert.Contains(t, out, "Line 4: Address: 10.0.0 is no address")
		assert.NotContains(t, out, key(string(conf), "PrivateKey"))
		out, _ = w.ctl("own", "list", "--json")
		assert.Equal(t, "[]", out)
	})

	out, code := w.ctl("own", "add", file, "--name", "home", "--city", "Zürich")
	require.Zero(t, code, out)
	out, code = w.ctl("own", "add", file)
	assert.Equal(t, 1, code, "it is there")
	assert.Contains(t, out, "home")
	out, code = w.ctl("own", "list", "--json")
	require.Zero(t, code, out)
	var servers []struct{ Name, ID, Endpoint, Country, City string }
	require.NoError(t, json.Unmarshal([]byte(out), &servers), out)
	require.Len(t, servers, 1)
	assert.Equal(t, fmt.Sprint("home ", at, " CH Zürich"), fmt.Sprint(servers[0].Name, " ", servers[0].Endpoint, " ", servers[0].Country, " ", servers[0].City))
	out, code = w.ctl("own", "show", "home")
	require.Zero(t, code, out)
	assert.NotContains(t, out, key(string(conf), "PrivateKey"))

	w.runArgs = []string{"run", "--network", "own"}
	app := w.startApp()
	first := w.await(20*time.Second, func(s status) bool { return s.Node.State == "running" })
	assert.Equal(t, "own", first.Network)
	if w.split {
		out, err := w.client("direct", url+"/ip")
		require.Error(t, err, "only the tunnel may reach the site: %s", out)
	}
	out, code = w.ctl("connect", "switzerland")
	require.Zero(t, code, out)
	s := w.status()
	assert.Equal(t, "up", s.Phase)
	require.NotNil(t, s.Exit)
	assert.Equal(t, servers[0].ID, s.Exit.ProviderID)
	assert.Equal(t, "Zürich", s.Exit.City)

	out, err = w.client("socks5", s.Proxy.SOCKS5, url+"/file")
	require.NoError(t, err, out)
	assert.Equal(t, fmt.Sprint(fileHash(), " ", fileSize), strings.Join(strings.Fields(out)[:2], " "))
	out, err = w.client("socks5", s.Proxy.SOCKS5, url+"/ip")
	require.NoError(t, err, out)
	assert.Contains(t, out, w.site, "the site sees the exit's machine")
	out, err = w.client("socks5", s.Proxy.SOCKS5, "http://"+strings.TrimSuffix(farName, ".")+":8080/ip")
	require.NoError(t, err, "a name is looked up there: %s", out)

	t.Run("the exit is restarted", func(t *testing.T) {
		download := w.start("download", w.role(w.app, "client", "stream", s.Proxy.SOCKS5, url+"/endless"))
		download.line(t, "begun", 10*time.Second)
		require.NoError(t, exit.Process.Signal(os.Interrupt))
		<-exit.done
		assert.Zero(t, exit.ProcessState.ExitCode())
		exit = begin()
		again, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(conf), string(again), "who has the file goes on with it")
		// Either WireGuard shakes hands anew, or the stall is noticed first: both take about 15 s. What is under way is
		// broken by the second only, so it is not waited for.
		waitFor(t, "traffic passes again", 60*time.Second, func() bool {
			_, err := w.client("socks5", s.Proxy.SOCKS5, url+"/ip")
			return err == nil
		})
	})

	require.NoError(t, app.Process.Signal(os.Interrupt))
	<-app.done
	log, err := os.ReadFile(filepath.Join(w.home, "logs", "mysteriumvpn.log"))
	require.NoError(t, err)
	for _, name := range []string{"PrivateKey", "PresharedKey"} {
		assert.NotContains(t, string(log), key(string(conf), name)[:20], name)
	}
	out, code = w.ctl("own", "remove", "home")
	require.Zero(t, code, out)
	out, _ = w.ctl("own", "list")
	assert.Contains(t, out, "no own servers")
}

// key is the value of a key in a configuration.
func key(conf, name string) string {
	for line := range strings.Lines(conf) {
		if k, v, ok := strings.Cut(line, " = "); ok && k == name {
			return strings.TrimSpace(v)
		}
	}
	return "there is no " + name
}
