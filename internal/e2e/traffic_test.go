//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTraffic is the main job, from outside: pick a country, connect, and real traffic leaves through a real tunnel.
func TestTraffic(t *testing.T) {
	w := newWorld(t)
	w.startSite()
	url := "http://" + w.site + ":8080"

	out, code := w.ctl("status")
	assert.Equal(t, 1, code, "nothing runs yet")
	assert.Contains(t, out, "mysteriumvpn run", "it says what to start")

	w.env = append(os.Environ(), "TZ=Asia/Kathmandu") // the clocks of app and node agree, in any zone
	app := w.startApp()
	w.env = nil
	first := w.await(20*time.Second, func(s status) bool { return s.Node.State == "running" })
	assert.Equal(t, "down", first.Phase)
	assert.NotZero(t, first.Node.PID)
	socks, web := first.Proxy.SOCKS5, first.Proxy.HTTP

	if w.split {
		out, err := w.client("direct", url+"/ip")
		require.Error(t, err, "only the tunnel may reach the site: %s", out)
	}
	out, err := w.client("refused", socks, w.site+":8080")
	require.NoError(t, err, out)
	assert.Equal(t, "1 503", out, "while it is not up the proxy refuses")

	var last status
	for _, c := range []struct{ where, code string }{{"germany", "DE"}, {"NL", "NL"}} {
		out, code := w.ctl("connect", c.where)
		require.Zero(t, code, out)
		last = w.status()
		assert.Equal(t, "up", last.Phase)
		require.NotNil(t, last.Exit)
		assert.Equal(t, c.code, last.Exit.Country)
		assert.Equal(t, socks, last.Proxy.SOCKS5, "the proxy keeps its address")
		if !w.split {
			continue
		}
		out, err := w.client("direct", url+"/ip")
		require.Error(t, err, "the site is reached beside the tunnel: %s", out)
	}

	t.Run("a file by SOCKS5 and by HTTP CONNECT", func(t *testing.T) {
		for _, way := range [][2]string{{"socks5", socks}, {"connect", web}} {
			before := w.fresh()
			out, err := w.client(way[0], way[1], url+"/file")
			require.NoError(t, err, out)
			assert.Equal(t, fmt.Sprint(fileHash(), " ", fileSize), strings.Join(strings.Fields(out)[:2], " "))
			after := w.fresh()
			got := after.BytesReceived - before.BytesReceived
			assert.GreaterOrEqual(t, got, uint64(fileSize), "bytes counted for %s", way[0])
			assert.Less(t, got, uint64(fileSize*3/2), "TCP says some of it twice when the computer is busy")
			assert.Greater(t, after.BytesSent, before.BytesSent)
		}
	})
	t.Run("UDP", func(t *testing.T) {
		out, err := w.client("udp", socks, w.site+":7007", "there and back")
		require.NoError(t, err, out)
		assert.Equal(t, "there and back", out)
	})
	t.Run("IPv6", func(t *testing.T) {
		if w.site6 == "" {
			t.Skip("the site has no IPv6 address on this host")
		}
		for _, way := range [][2]string{{"socks5", socks}, {"connect", web}} {
			out, err := w.client(way[0], way[1], "http://["+w.site6+"]:8080/ip")
			require.NoError(t, err, out)
			assert.Contains(t, out, w.site6)
		}
	})
	t.Run("a name that exists only at the far end", func(t *testing.T) {
		out, err := w.client("socks5", socks, "http://"+strings.TrimSuffix(farName, ".")+":8080/ip")
		require.NoError(t, err, out)
		assert.Contains(t, out, w.site)
	})
	t.Run("the node is killed in the middle of a download", func(t *testing.T) {
		before := w.status()
		download := w.start("download", w.role(w.app, "client", "stream", socks, url+"/endless"))
		download.line(t, "begun", 10*time.Second)
		killed := time.Now()
		require.NoError(t, syscall.Kill(before.Node.PID, syscall.SIGKILL))
		download.line(t, "broken", 10*time.Second)
		after := w.await(15*time.Second, func(s status) bool {
			return s.Phase == "up" && s.Node.PID != before.Node.PID
		})
		assert.Equal(t, before.Exit.ProviderID, after.Exit.ProviderID, "back to the same exit")
		out, err := w.client("socks5", socks, url+"/file")
		require.NoError(t, err, out)
		assert.Contains(t, out, fileHash())
		took := time.Since(killed)
		t.Logf("up again and a new file fetched %s after SIGKILL", took.Round(10*time.Millisecond))
		assert.Less(t, took, 15*time.Second)
	})

	t.Run("one connection's story", func(t *testing.T) {
		out, code := w.ctl("logs", "--connection", "last", "--json")
		require.Zero(t, code, out)
		by := map[string]bool{}
		ids := map[string]bool{}
		for line := range strings.Lines(out) {
			var l struct {
				Source, Text, Fields, Connection string
				Time, Said                       time.Time
			}
			require.NoError(t, json.Unmarshal([]byte(line), &l), line)
			if !l.Said.IsZero() {
				assert.WithinDuration(t, l.Time, l.Said, 15*time.Minute, line)
			}
			by[l.Source], ids[l.Connection] = true, true
			if l.Text == "node request" && strings.Contains(l.Fields, "path=/connection") {
				by["request"] = true
			}
		}
		assert.Len(t, ids, 1, "and no other one's")
		assert.Equal(t, map[string]bool{"app": true, "node": true, "tunnel": true, "request": true}, by)

		out, code = w.ctl("timeline", "--json")
		require.Zero(t, code, out)
		var stories []struct {
			ID    string
			Over  bool
			Steps []struct {
				Phase   string
				Seconds float64
			}
		}
		require.NoError(t, json.Unmarshal([]byte(out), &stories), out)
		require.Len(t, stories, 2)
		assert.True(t, ids[stories[1].ID])
		assert.True(t, stories[0].Over, "the switch ended it")
		var phases []string
		for _, s := range stories[1].Steps {
			if n := len(phases); n == 0 || phases[n-1] != s.Phase {
				phases = append(phases, s.Phase)
			}
		}
		assert.Equal(t, []string{"dialing", "up", "reconnecting", "up"}, phases[len(phases)-4:])
		out, code = w.ctl("timeline")
		require.Zero(t, code, out)
		assert.Contains(t, out, "reconnecting")
		out, code = w.ctl("logs", "--connection", "nonsense")
		assert.Equal(t, 1, code)
		assert.Contains(t, out, "There is no connection")
	})

	last = w.status()
	out, code = w.ctl("disconnect")
	require.Zero(t, code, out)
	assert.Equal(t, "down", w.status().Phase)
	out, err = w.client("refused", socks, w.site+":8080")
	require.NoError(t, err, out)
	assert.Equal(t, "1 503", out)

	require.NoError(t, app.Process.Signal(syscall.SIGINT))
	select {
	case <-app.done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "Ctrl-C did not end it")
	}
	assert.Zero(t, app.ProcessState.ExitCode())
	assert.False(t, alive(last.Node.PID), "the node is gone")
	sockets, err := filepath.Glob(filepath.Join(w.home, "*.sock"))
	require.NoError(t, err)
	assert.Empty(t, sockets)
	if !w.split {
		assert.False(t, listening(socks))
	}
}

// fresh is a status whose counters are newer than this moment: they are read once a second, and watchers hear only of
// changes, so there is nothing to wait for but time.
func (w *world) fresh() status {
	w.t.Helper()
	<-time.After(3 * time.Second)
	return w.status()
}

// TestKillWhileUpLeavesNothing: the app itself is killed; its node ends with it and the next start works.
func TestKillWhileUpLeavesNothing(t *testing.T) {
	w := newWorld(t)
	app := w.startApp()
	out, code := w.ctl("connect", "DE")
	require.Zero(t, code, out)
	node := w.status().Node.PID
	require.NoError(t, app.Process.Kill())
	<-app.done
	gone := w.command(nil, "tail", "--pid", fmt.Sprint(node), "-f", os.DevNull)
	require.NoError(t, gone.Run())
	w.startApp()
	out, code = w.ctl("connect", "NL")
	require.Zero(t, code, out)
}

// TestWrongWords: what cannot be understood ends with 2 and a sentence; what cannot be done with 1 and a sentence.
func TestWrongWords(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"nonsense"}, 2, "nonsense"},
		{[]string{"status", "--nonsense"}, 2, "nonsense"},
		{[]string{"status", "extra"}, 2, "extra"},
		{[]string{"connect", "a", "b"}, 2, "unexpected"},
		{[]string{"logs", "--source", "fridge"}, 2, "fridge"},
		{[]string{"run", "--proxy", "nonsense"}, 2, "host:port"},
		{[]string{"run", "--proxy", "0.0.0.0:1080"}, 2, "--proxy-expose"},
		{[]string{"run", "--network", "moon"}, 2, "sandbox"},
		{[]string{"run", "--exit.allow", "nonsense"}, 2, "prefix"},
		{[]string{"disconnect"}, 1, "mysteriumvpn run"},
		{[]string{"countries"}, 1, "mysteriumvpn run"},
	} {
		out, code := w.ctl(c.args...)
		assert.Equal(t, c.code, code, "%v: %s", c.args, out)
		assert.Contains(t, strings.ToLower(out), strings.ToLower(c.says), "%v", c.args)
	}
}
