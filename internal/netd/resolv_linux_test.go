package netd

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestResolvConfComesBackAsItWas: a file, a link, or nothing at all, with its mode.
func TestResolvConfComesBackAsItWas(t *testing.T) {
	ours := []netip.Addr{netip.MustParseAddr("10.88.0.1"), netip.MustParseAddr("fd88::1")}
	for name, make := range map[string]func(path string) error{
		"file":        func(p string) error { return os.WriteFile(p, []byte("nameserver 192.0.2.1\n"), 0o644) },
		"closed file": func(p string) error { return os.WriteFile(p, []byte("nameserver 192.0.2.1"), 0o600) },
		"empty file":  func(p string) error { return os.WriteFile(p, nil, 0o644) },
		"link":        func(p string) error { return os.Symlink("../run/systemd/resolve/stub-resolv.conf", p) },
		"nothing":     func(string) error { return nil },
	} {
		p := testPaths(t)
		require.NoError(t, make(p.Resolv), name)
		was, err := look(p.Resolv)
		require.NoError(t, err)
		for range 2 {
			r := newResolvConf(p)
			require.NoError(t, r.set(ours))
			b, err := os.ReadFile(p.Resolv)
			require.NoError(t, err)
			assert.Equal(t, resolvHead+"nameserver 10.88.0.1\nnameserver fd88::1\n", string(b))
			require.NoError(t, r.set(ours[:1]))
			require.NoError(t, newResolvConf(p).restore(), "another one does it, as after a crash")
			now, err := look(p.Resolv)
			require.NoError(t, err)
			assert.Equal(t, was, now, name)
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(p.Resolv), ".*"))
		require.NoError(t, err)
		assert.Empty(t, left, "no temporary file stays")
		assert.NoFileExists(t, newResolvConf(p).backup)
	}
}

// TestWhatOthersWriteMeanwhileIsKept: a DHCP client writes its servers while ours hold. Ours hold on, and at the end
// the newest of the others' comes back, since the network may be another one by then.
func TestWhatOthersWriteMeanwhileIsKept(t *testing.T) {
	p := testPaths(t)
	require.NoError(t, os.WriteFile(p.Resolv, []byte("nameserver 192.0.2.1\n"), 0o644))
	r := newResolvConf(p)
	require.NoError(t, r.set([]netip.Addr{netip.MustParseAddr("10.88.0.1")}))
	told := make(chan struct{}, 100)
	stop, err := watchFolder(filepath.Dir(p.Resolv), func() { told <- struct{}{} })
	require.NoError(t, err)
	t.Cleanup(stop)

	require.NoError(t, os.WriteFile(p.Resolv+".new", []byte("nameserver 192.0.2.2\n"), 0o644))
	require.NoError(t, os.Rename(p.Resolv+".new", p.Resolv))
	<-told
	require.NoError(t, r.hold())
	b, err := os.ReadFile(p.Resolv)
	require.NoError(t, err)
	assert.Contains(t, string(b), "10.88.0.1")
	require.NoError(t, r.restore())
	b, err = os.ReadFile(p.Resolv)
	require.NoError(t, err)
	assert.Equal(t, "nameserver 192.0.2.2\n", string(b))
}

// TestAFileThatIsNotOursStays: after a crash somebody else has written the file. It is left alone.
func TestAFileThatIsNotOursStays(t *testing.T) {
	p := testPaths(t)
	require.NoError(t, os.WriteFile(p.Resolv, []byte("nameserver 192.0.2.1\n"), 0o644))
	require.NoError(t, newResolvConf(p).set([]netip.Addr{netip.MustParseAddr("10.88.0.1")}))
	require.NoError(t, os.WriteFile(p.Resolv, []byte("nameserver 192.0.2.3\n"), 0o644))
	require.NoError(t, newResolvConf(p).restore())
	b, err := os.ReadFile(p.Resolv)
	require.NoError(t, err)
	assert.Equal(t, "nameserver 192.0.2.3\n", string(b))
}

func FuzzBackup(f *testing.F) {
	f.Add("file 644 0 0\nnameserver 192.0.2.1\n")
	f.Add("link 777 0 0\n../run/resolv.conf")
	f.Add("absent 0 0 0\n")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := parseKept(s)
		if err != nil {
			return
		}
		again, err := parseKept(k.String())
		require.NoError(t, err)
		assert.Equal(t, k, again)
	})
}
