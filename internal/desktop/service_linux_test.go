package desktop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// systemd is a stand-in for the user's own, as a real child process.
type systemd struct {
	t      *testing.T
	folder string // its memory
	config string // XDG_CONFIG_HOME
}

func newSystemd(t *testing.T) *systemd {
	t.Helper()
	bin, err := filepath.Abs("testdata/bin-systemd")
	require.NoError(t, err)
	s := &systemd{t: t, folder: t.TempDir(), config: filepath.Join(t.TempDir(), "my config")}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	t.Setenv("STANDIN", s.folder)
	t.Setenv("XDG_CONFIG_HOME", s.config)
	return s
}

func (s *systemd) unit() string {
	return filepath.Join(s.config, "systemd", "user", "mysteriumvpn.service")
}

// mark makes the stand-in behave otherwise.
func (s *systemd) mark(name string) {
	require.NoError(s.t, os.WriteFile(filepath.Join(s.folder, name), nil, 0o600))
}

// asked is what it was told since the last time.
func (s *systemd) asked() []string {
	s.t.Helper()
	file := filepath.Join(s.folder, "asked")
	b, err := os.ReadFile(file)
	require.NoError(s.t, err)
	require.NoError(s.t, os.Remove(file))
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func testService() *Service {
	return &Service{
		Program: "/bin/true", Args: []string{"run", "--proxy", "127.0.0.1:1080", "--home", `/home/ann "q"/100% $HOME\x`},
		Env: []string{"XDG_DATA_HOME=/a b"}, Home: `/home/ann "q"/100% $HOME\x`,
	}
}

func TestTheUnitIsOneThatSystemdTakes(t *testing.T) {
	text, err := testService().unit()
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/mysteriumvpn.service")
	require.NoError(t, err)
	assert.Equal(t, string(want), text)

	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the file is as it was written; whether systemd takes it needs systemd-analyze")
	}
	file := filepath.Join(t.TempDir(), "mysteriumvpn.service")
	run := t.TempDir()
	verify := func(text string) string {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		cmd := exec.CommandContext(t.Context(), analyze, "--user", "--man=no", "verify", file)
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+run, "HOME="+run)
		out, _ := cmd.CombinedOutput()
		return string(out)
	}
	if out := verify(strings.Replace(text, "Type=notify", "Type=nonsense", 1)); !strings.Contains(out, "nonsense") {
		t.Skipf("systemd-analyze sees no mistakes here: %q", out)
	}
	assert.Empty(t, verify(text))
}

func TestAServiceIsInstalledOnceAndRemovedWhole(t *testing.T) {
	d, s, ctx := newSystemd(t), testService(), t.Context()
	st, err := s.State(ctx)
	require.NoError(t, err)
	assert.Equal(t, ServiceState{File: d.unit()}, st)
	was, err := s.Remove(ctx)
	require.NoError(t, err)
	assert.False(t, was)
	assert.NoFileExists(t, filepath.Join(d.folder, "asked"), "nobody is asked about what is not there")

	done, err := s.Install(ctx, true)
	require.NoError(t, err)
	assert.Equal(t, ServiceInstalled{File: d.unit(), Written: true, Started: true}, done)
	assert.Equal(t, []string{"--user show --property=Version", "--user daemon-reload", "--user enable --now mysteriumvpn.service"}, d.asked())
	info, err := os.Stat(d.unit())
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())
	st, err = s.State(ctx)
	require.NoError(t, err)
	assert.Equal(t, ServiceState{File: d.unit(), Installed: true, Home: s.Home, AtLogin: true, Running: true, PID: 4711}, st)

	done, err = s.Install(ctx, true)
	require.NoError(t, err)
	assert.Equal(t, ServiceInstalled{File: d.unit(), Started: true}, done)
	again, err := os.Stat(d.unit())
	require.NoError(t, err)
	assert.True(t, os.SameFile(info, again), "what is right is not written again")
	s.Args = []string{"run"}
	done, err = s.Install(ctx, true)
	require.NoError(t, err)
	assert.True(t, done.Written)

	was, err = s.Remove(ctx)
	require.NoError(t, err)
	assert.True(t, was)
	assert.NoFileExists(t, d.unit())
	assert.NoFileExists(t, filepath.Join(d.folder, "pid"), "it was ended")
	left, err := os.ReadDir(filepath.Join(d.config, "systemd", "user", "default.target.wants"))
	require.NoError(t, err)
	assert.Empty(t, left)
	assert.NoFileExists(t, filepath.Join(d.folder, "loaded"), "systemd has been told")
	was, err = s.Remove(ctx)
	require.NoError(t, err)
	assert.False(t, was)
}

func TestAServiceThatIsNotToStartNow(t *testing.T) {
	d, s, ctx := newSystemd(t), testService(), t.Context()
	done, err := s.Install(ctx, false)
	require.NoError(t, err)
	assert.False(t, done.Started)
	st, err := s.State(ctx)
	require.NoError(t, err)
	assert.True(t, st.AtLogin)
	assert.False(t, st.Running)
	assert.NotEmpty(t, st.Why)
	require.NoError(t, s.Start(ctx))
	st, err = s.State(ctx)
	require.NoError(t, err)
	assert.True(t, st.Running)
	d.mark("fails")
	require.ErrorContains(t, s.Start(ctx), "Job for mysteriumvpn.service failed.")
	_, err = s.Install(ctx, true)
	require.ErrorContains(t, err, "journalctl --user -u mysteriumvpn.service")
}

func TestWhereNobodyStartsServicesItSaysWhatIsWrittenAndWhatToDo(t *testing.T) {
	d, s, ctx := newSystemd(t), testService(), t.Context()
	d.mark("nobody")
	done, err := s.Install(ctx, true)
	none := (*NoManagerError)(nil)
	require.ErrorAs(t, err, &none)
	assert.True(t, done.Written)
	assert.Equal(t, d.unit()+" is written, but nothing starts it: systemctl: Failed to connect to bus: No medium found. Once you are logged in where there is one: "+
		"systemctl --user daemon-reload && systemctl --user enable --now mysteriumvpn.service", none.Error())
	assert.FileExists(t, d.unit())
	st, err := s.State(ctx)
	require.NoError(t, err)
	assert.True(t, st.Installed)
	assert.False(t, st.AtLogin || st.Running)
	assert.Contains(t, st.Why, "Failed to connect to bus")

	link := filepath.Join(filepath.Dir(d.unit()), "default.target.wants", "mysteriumvpn.service") // of a time when there was one
	require.NoError(t, os.MkdirAll(filepath.Dir(link), 0o700))
	require.NoError(t, os.Symlink(d.unit(), link))
	was, err := s.Remove(ctx)
	require.NoError(t, err)
	assert.True(t, was)
	assert.NoFileExists(t, d.unit())
	_, err = os.Lstat(link)
	require.ErrorIs(t, err, os.ErrNotExist)

	t.Setenv("PATH", t.TempDir())
	_, err = s.Install(ctx, true)
	require.ErrorAs(t, err, &none)
	assert.Contains(t, none.Error(), "executable file not found")
}

func TestAUnitOfSomebodyElseIsLeftAlone(t *testing.T) {
	d, s, ctx := newSystemd(t), testService(), t.Context()
	require.NoError(t, os.MkdirAll(filepath.Dir(d.unit()), 0o700))
	require.NoError(t, os.WriteFile(d.unit(), []byte("[Service]\nExecStart=/theirs\n"), 0o600))
	theirs := (*NotOursError)(nil)
	_, err := s.Install(ctx, true)
	require.ErrorAs(t, err, &theirs)
	_, err = s.Remove(ctx)
	require.ErrorAs(t, err, &theirs)
	_, err = s.State(ctx)
	require.ErrorAs(t, err, &theirs)
	b, err := os.ReadFile(d.unit())
	require.NoError(t, err)
	assert.Contains(t, string(b), "/theirs")
}

func TestWhatNoUnitCanStart(t *testing.T) {
	for _, s := range []*Service{{Program: "mysteriumvpn"}, {Program: "/a\nb"}, {Program: "/a", Args: []string{"\xff"}}, {Program: "/a", Env: []string{"A=\x00"}}} {
		_, err := s.unit()
		require.Error(t, err, s.Program)
	}
}

func TestWhyAUnitDoesNotRun(t *testing.T) {
	for want, p := range map[string]map[string]string{
		"ended with code 2": {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "2"},
		"start-limit-hit":   {"ActiveState": "failed", "Result": "start-limit-hit"},
		"is being started":  {"ActiveState": "activating", "Result": "exit-code"},
		"is being ended":    {"ActiveState": "deactivating"},
		"as masked":         {"ActiveState": "inactive", "Result": "success", "UnitFileState": "masked"},
		"it was ended":      {"ActiveState": "inactive", "Result": "success", "UnitFileState": "enabled"},
		"was not started":   {},
	} {
		assert.Contains(t, notRunning(p), want)
	}
}

func TestReadyIsToldOnce(t *testing.T) {
	require.NoError(t, Ready(), "nobody waits")
	path := filepath.Join(t.TempDir(), "n")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	t.Setenv("NOTIFY_SOCKET", path)
	require.NoError(t, Ready())
	b := make([]byte, 64)
	n, err := l.Read(b)
	require.NoError(t, err)
	assert.Equal(t, "READY=1", string(b[:n]))
	assert.Empty(t, os.Getenv("NOTIFY_SOCKET"), "children do not speak for us")
	t.Setenv("NOTIFY_SOCKET", path+"/none")
	require.Error(t, Ready())
}

// FuzzUnitWord: a reader that goes by systemd.syntax and systemd.unit gets the words that were meant.
func FuzzUnitWord(f *testing.F) {
	for _, s := range []string{"/usr/bin/x", "a b", `q"u`, "$HOME ${X}", `back\slash\`, "100%", "%h", "", "tab\t", "ä", "a;b", "'", "{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if (&Service{Program: "/x", Args: []string{s}}).check() != nil {
			return
		}
		word := unitWord(s)
		if strings.ContainsAny(word, "\n\r") {
			t.Fatalf("%q is more than a line", word)
		}
		got, err := readUnitWord(word)
		if err != nil || got != s {
			t.Fatalf("%q came back as %q from %s: %v", s, got, word, err)
		}
	})
}

// readUnitWord reads one word in double quotes: C's escapes, then specifiers.
func readUnitWord(w string) (string, error) {
	if len(w) < 2 || w[0] != '"' || w[len(w)-1] != '"' {
		return "", fmt.Errorf("not in quotes")
	}
	w = w[1 : len(w)-1]
	var plain strings.Builder
	for i := 0; i < len(w); i++ {
		switch {
		case w[i] == '"':
			return "", fmt.Errorf("a bare quote")
		case w[i] == '\\':
			i++
			c, ok := map[byte]byte{'\\': '\\', '"': '"', 't': '\t'}[append([]byte(w), 0)[i]]
			if !ok {
				return "", fmt.Errorf("no escape at %q", w[i-1:])
			}
			plain.WriteByte(c)
		default:
			plain.WriteByte(w[i])
		}
	}
	out := strings.ReplaceAll(plain.String(), "%%", "\x00")
	if strings.Contains(out, "%") {
		return "", fmt.Errorf("a specifier")
	}
	return strings.ReplaceAll(out, "\x00", "%"), nil
}
