//go:build unix

package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoFileSaysWhereYouWent: sites are reached by name and by address, and some cannot be; after the end no file of the
// program has any of them in it.
func TestNoFileSaysWhereYouWent(t *testing.T) {
	w := newWorld(t)
	w.startSite()
	app := w.startApp()
	w.await(20*time.Second, func(s status) bool { return s.Node.State == "running" })
	out, code := w.ctl("connect", "germany")
	require.Zero(t, code, out)
	socks, name := w.status().Proxy.SOCKS5, strings.TrimSuffix(farName, ".")
	for _, way := range []string{"socks5", "connect"} {
		out, err := w.client(way, socks, "http://"+name+":8080/ip")
		require.NoError(t, err, out)
		out, err = w.client(way, socks, "http://"+w.site+":8080/ip")
		require.NoError(t, err, out)
		for _, no := range []string{"nowhere.far.test:8080", w.site + ":8081", "192.0.2.77:80"} { // no name, no listener, not allowed
			_, err = w.client(way, socks, "http://"+no+"/secret-path")
			require.Error(t, err, no)
		}
	}
	out, err := w.client("udp", socks, w.site+":7007", "there and back")
	require.NoError(t, err, out)
	out, code = w.ctl("quit")
	require.Zero(t, code, out)
	app.endsWell(t, "it does not quit")

	read := 0
	require.NoError(t, filepath.WalkDir(w.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		for _, trace := range []string{name, "nowhere.far.test", w.site + ":8080", w.site + ":8081", w.site + ":7007", "192.0.2.77", "secret-path"} {
			assert.False(t, bytes.Contains(b, []byte(trace)), "%s is in %s", trace, path)
		}
		return nil
	}))
	assert.Greater(t, read, 3)
}
