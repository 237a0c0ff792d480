//go:build unix

package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ourAddr = "127.0.0.1:41871"

// corporate is a desktop that has a proxy of its own.
const corporate = `org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy ignore-hosts ['localhost', '*.example.com']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy.http host 'proxy.example.com'
org.gnome.system.proxy.http port 3128
org.gnome.system.proxy.https host 'proxy.example.com'
org.gnome.system.proxy.https port 3128
org.gnome.system.proxy.socks host ''
org.gnome.system.proxy.socks port 0
`

// plain is a desktop as it is installed.
var plain = strings.NewReplacer("'proxy.example.com'", "''", "3128", "8080", "'manual'", "'none'", "*.example.com", "::1").Replace(corporate)

// fakeDesktop puts stand-ins for the desktop's programs first in PATH, and gives the file that has their state.
func fakeDesktop(t *testing.T, name, state string) string {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join("testdata", "bin-"+name))
	require.NoError(t, err)
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	file := filepath.Join(t.TempDir(), "state")
	t.Setenv("STATE", file)
	require.NoError(t, os.WriteFile(file, []byte(state), 0o600))
	return file
}

func newTestProxy(t *testing.T, current string) *Proxy {
	t.Helper()
	return NewProxy(ProxyOptions{File: filepath.Join(t.TempDir(), "kept", "proxy.json"), Current: current, KDEVersion: "6"})
}

// lines are a file's lines, sorted: the stand-ins change their order.
func lines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	l := strings.Split(strings.TrimSpace(string(b)), "\n")
	slices.Sort(l)
	return l
}

func sorted(text string) []string {
	l := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(l)
	return l
}

func TestWhatWasThereIsPutBack(t *testing.T) {
	for name, before := range map[string]string{"plain": plain, "corporate": corporate} {
		t.Run(name, func(t *testing.T) {
			file := fakeDesktop(t, "gnome", before)
			p := newTestProxy(t, "ubuntu:GNOME")
			require.NoError(t, p.Usable())
			require.NoError(t, p.Set(t.Context(), ourAddr))
			assert.True(t, p.Kept())
			info, err := os.Stat(p.o.File)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			now := lines(t, file)
			assert.Contains(t, now, "org.gnome.system.proxy mode 'manual'")
			for _, unit := range []string{"http", "https", "socks"} {
				assert.Contains(t, now, "org.gnome.system.proxy."+unit+" host '127.0.0.1'")
				assert.Contains(t, now, "org.gnome.system.proxy."+unit+" port 41871")
			}
			theirs, err := p.Restore(t.Context())
			require.NoError(t, err)
			assert.Empty(t, theirs)
			assert.Equal(t, sorted(before), lines(t, file))
			assert.False(t, p.Kept())
			calls, err := os.ReadFile(file + ".log")
			require.NoError(t, err)
			_, err = p.Restore(t.Context())
			require.NoError(t, err)
			again, err := os.ReadFile(file + ".log")
			require.NoError(t, err)
			assert.Equal(t, string(calls), string(again), "with nothing kept nobody is asked")
		})
	}
}

func TestTheSwitchIsThrownLastAndFirst(t *testing.T) {
	file := fakeDesktop(t, "gnome", plain)
	p := newTestProxy(t, "GNOME")
	require.NoError(t, p.Set(t.Context(), ourAddr))
	_, err := p.Restore(t.Context())
	require.NoError(t, err)
	log, err := os.ReadFile(file + ".log")
	require.NoError(t, err)
	var sets []string
	for line := range strings.Lines(string(log)) {
		if strings.HasPrefix(line, "set ") {
			sets = append(sets, strings.TrimSpace(line))
		}
	}
	half := slices.Index(sets, "set org.gnome.system.proxy mode 'none'")
	require.Positive(t, half)
	assert.Equal(t, "set org.gnome.system.proxy mode 'manual'", sets[half-1], "on when the addresses are there, off before they go: %v", sets)
}

func TestWhatOthersSetMeanwhileIsTheirs(t *testing.T) {
	file := fakeDesktop(t, "gnome", plain)
	change := func(args ...string) {
		t.Helper()
		require.NoError(t, exec.CommandContext(t.Context(), "gsettings", append([]string{"set"}, args...)...).Run())
	}
	p := newTestProxy(t, "GNOME")
	for _, x := range []struct {
		name   string
		key    []string
		theirs string
		left   []string // of the state, beside what was there
	}{
		{"switched off", []string{"org.gnome.system.proxy", "mode", "'auto'"}, "org.gnome.system.proxy mode", []string{"org.gnome.system.proxy mode 'auto'"}},
		{
			"another proxy",
			[]string{"org.gnome.system.proxy.http", "host", "'10.0.0.1'"},
			"org.gnome.system.proxy.http host",
			[]string{"org.gnome.system.proxy mode 'manual'", "org.gnome.system.proxy.http host '10.0.0.1'", "org.gnome.system.proxy.http port 41871"},
		},
		{"an exception more", []string{"org.gnome.system.proxy", "ignore-hosts", "['printer']"}, "org.gnome.system.proxy ignore-hosts", []string{"org.gnome.system.proxy ignore-hosts ['printer']"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(file, []byte(plain), 0o600))
			require.NoError(t, p.Set(t.Context(), ourAddr))
			change(x.key...)
			theirs, err := p.Restore(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{x.theirs}, theirs)
			assert.False(t, p.Kept())
			var diff []string
			for _, l := range lines(t, file) {
				if !slices.Contains(sorted(plain), l) {
					diff = append(diff, l)
				}
			}
			assert.Equal(t, x.left, diff)
		})
	}
}

// TestACrashAnywhereIsMended: the program is killed before and after each single change; the next start puts back what
// was there.
func TestACrashAnywhereIsMended(t *testing.T) {
	for _, before := range []string{plain, corporate} {
		for at := 1; at <= 10; at++ {
			for _, when := range []string{"before", "after"} {
				t.Run(fmt.Sprint(at, when), func(t *testing.T) {
					file := fakeDesktop(t, "gnome", before)
					p := newTestProxy(t, "GNOME")
					cmd := exec.CommandContext(t.Context(), os.Args[0])
					cmd.Env = append(os.Environ(), "DESKTOP_TEST_SETS="+p.o.File, "KILL_AT="+strconv.Itoa(at), "KILL_WHEN="+when)
					err := cmd.Run()
					died := (*exec.ExitError)(nil)
					require.ErrorAs(t, err, &died)
					require.Equal(t, syscall.SIGKILL, died.Sys().(syscall.WaitStatus).Signal())
					require.True(t, p.Kept())
					theirs, err := p.Restore(t.Context())
					require.NoError(t, err)
					assert.Empty(t, theirs)
					assert.Equal(t, sorted(before), lines(t, file))
					assert.False(t, p.Kept())
				})
			}
		}
	}
}

func init() { child = setAndDie }

// setAndDie is the program that is killed.
func setAndDie() {
	p := NewProxy(ProxyOptions{File: os.Getenv("DESKTOP_TEST_SETS"), Current: "GNOME"})
	if err := p.Set(context.Background(), ourAddr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

func TestADesktopThatRefusesIsLeftAsItWas(t *testing.T) {
	t.Run("a locked key", func(t *testing.T) {
		file := fakeDesktop(t, "gnome", plain)
		t.Setenv("LOCKED", "org.gnome.system.proxy.http host")
		p := newTestProxy(t, "GNOME")
		require.ErrorContains(t, p.Set(t.Context(), ourAddr), "The key is not writable")
		assert.Equal(t, sorted(plain), lines(t, file))
		assert.False(t, p.Kept())
	})
	t.Run("settings that nobody keeps", func(t *testing.T) {
		fakeDesktop(t, "gnome", plain)
		t.Setenv("FORGETS", "1")
		p := newTestProxy(t, "GNOME")
		require.ErrorContains(t, p.Set(t.Context(), ourAddr), "did not take")
		assert.False(t, p.Kept())
	})
	t.Run("out of time", func(t *testing.T) {
		file := fakeDesktop(t, "gnome", plain)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p := newTestProxy(t, "GNOME")
		require.ErrorIs(t, p.Set(ctx, ourAddr), context.Canceled)
		assert.Equal(t, sorted(plain), lines(t, file))
	})
	t.Run("no place to keep what was there", func(t *testing.T) {
		file := fakeDesktop(t, "gnome", plain)
		p := newTestProxy(t, "GNOME")
		p.o.File = "/dev/null/x/proxy.json"
		require.Error(t, p.Set(t.Context(), ourAddr))
		assert.Equal(t, sorted(plain), lines(t, file), "nothing is changed that could not be put back")
	})
}

func TestDesktopsThatCannotBeSet(t *testing.T) {
	unknown := (*UnknownDesktopError)(nil)
	require.ErrorAs(t, newTestProxy(t, "XFCE").Usable(), &unknown)
	assert.Equal(t, "XFCE", unknown.Desktop)
	assert.Contains(t, unknown.Error(), "XFCE")
	assert.Contains(t, (&UnknownDesktopError{}).Error(), "does not say")
	t.Setenv("PATH", t.TempDir())
	for _, current := range []string{"GNOME", "KDE"} {
		none := (*NoProgramError)(nil)
		require.ErrorAs(t, newTestProxy(t, current).Usable(), &none)
		require.ErrorIs(t, none, exec.ErrNotFound)
		require.ErrorAs(t, newTestProxy(t, current).Set(t.Context(), ourAddr), &none)
	}
}

func TestGSettingsWithoutTheSchemaIsAMissingProgram(t *testing.T) {
	fakeDesktop(t, "gnome", "org.gnome.other key 1\n")
	none := (*NoProgramError)(nil)
	require.ErrorAs(t, newTestProxy(t, "GNOME").Set(t.Context(), ourAddr), &none)
}

func TestPlasmaIsPutBackToo(t *testing.T) {
	startBus(t)
	before := "ProxyType=0\nhttpProxy=http://old.example.com 3128\nNoProxyFor=--odd\nother=stays"
	file := fakeDesktop(t, "kde", before)
	heard := listen(t, "org.kde.KIO.Scheduler", "reparseSlaveConfiguration")
	p := newTestProxy(t, "KDE")
	require.NoError(t, p.Set(t.Context(), "[::1]:1080"))
	assert.Equal(t, sorted(`NoProxyFor=localhost,127.0.0.0/8,::1
ProxyType=1
ReversedException=false
httpProxy=http://[::1] 1080
httpsProxy=http://[::1] 1080
other=stays
socksProxy=socks://[::1] 1080`), lines(t, file))
	s := heard()
	assert.EqualValues(t, "/KIO/Scheduler", s.Path)
	theirs, err := p.Restore(t.Context())
	require.NoError(t, err)
	assert.Empty(t, theirs)
	assert.Equal(t, sorted(before), lines(t, file), "keys that were not there are removed")
	heard()
}

func TestPlasmaWithoutABusIsLeftAsItWas(t *testing.T) {
	file := fakeDesktop(t, "kde", "ProxyType=0")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	p := newTestProxy(t, "KDE")
	require.Error(t, p.Set(t.Context(), ourAddr))
	assert.Equal(t, []string{"ProxyType=0"}, lines(t, file))
}

func TestRestoreSaysWhenTheKeptFileIsDamaged(t *testing.T) {
	fakeDesktop(t, "gnome", plain)
	p := newTestProxy(t, "GNOME")
	require.NoError(t, os.MkdirAll(filepath.Dir(p.o.File), 0o700))
	require.NoError(t, os.WriteFile(p.o.File, []byte("{"), 0o600))
	_, err := p.Restore(t.Context())
	require.ErrorContains(t, err, "damaged")
	require.NoError(t, p.Set(t.Context(), ourAddr), "it was moved aside")
}

func TestARealGSettingsIsPutBack(t *testing.T) {
	if _, err := exec.LookPath("gsettings"); err != nil {
		t.Skip("needs gsettings")
	}
	t.Setenv("GSETTINGS_BACKEND", "keyfile")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	p := newTestProxy(t, "GNOME")
	read := func() string {
		out, err := exec.CommandContext(t.Context(), "gsettings", "list-recursively", gnomeSchema).Output()
		if err != nil {
			t.Skip("needs the schema " + gnomeSchema)
		}
		return string(out)
	}
	before := read()
	require.NoError(t, p.Set(t.Context(), "0.0.0.0:1080"))
	assert.Contains(t, read(), "org.gnome.system.proxy.socks host '127.0.0.1'", "an address that can be dialed")
	_, err := p.Restore(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before, read())
}

func TestAnAddressMustBeOne(t *testing.T) {
	fakeDesktop(t, "gnome", plain)
	err := newTestProxy(t, "GNOME").Set(t.Context(), "nonsense")
	require.Error(t, err)
	assert.NotErrorIs(t, err, errors.ErrUnsupported)
}
