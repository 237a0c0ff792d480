package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/desktop"
)

// standIn puts a stand-in for systemctl on the path; it gives the folder of its memory and that of the units.
func standIn(t *testing.T) (memory, units string) {
	t.Helper()
	bin, err := filepath.Abs("../../internal/desktop/testdata/bin-systemd")
	require.NoError(t, err)
	config := t.TempDir()
	memory = t.TempDir()
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	t.Setenv("STANDIN", memory)
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("XDG_DATA_HOME", "/some data")
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	return memory, filepath.Join(config, "systemd", "user")
}

func serviceStatus(t *testing.T, args ...string) serviceDoc {
	t.Helper()
	out, code := call(t, append([]string{"service", "status", "--json"}, args...)...)
	require.Zero(t, code, out)
	var d serviceDoc
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	return d
}

func TestTheServiceFromInstallToRemove(t *testing.T) {
	_, units := standIn(t)
	file := filepath.Join(units, "mysteriumvpn.service")
	out, code := call(t, "service", "status")
	assert.Zero(t, code)
	assert.Contains(t, out, "Not installed.")
	assert.Equal(t, serviceDoc{File: file}, serviceStatus(t))

	out, code = call(t, "service", "install", "--network", "sandbox", "--proxy", "127.0.0.1:1080")
	require.Zero(t, code, out)
	assert.Equal(t, "Written: "+file+"\nIt runs, and starts at each login.\n", out)
	unit, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(unit), `ExecStart=:"`+ownProgram()+`" "run" "--network" "sandbox" "--proxy" "127.0.0.1:1080"`)
	assert.Contains(t, string(unit), `Environment="XDG_DATA_HOME=/some data"`)
	assert.NotContains(t, string(unit), "XDG_STATE_HOME")
	assert.Equal(t, serviceDoc{Installed: true, AtLogin: true, Running: true, PID: 4711, File: file}, serviceStatus(t))
	out, _ = call(t, "service", "status")
	assert.Equal(t, "Installed: "+file+"\nStarts at login.\nRuns, process 4711.\n", out)

	out, code = call(t, "service", "install", "--network", "sandbox", "--proxy", "127.0.0.1:1080")
	assert.Zero(t, code)
	assert.Equal(t, "It runs, and starts at each login.\n", out, "doing so twice changes nothing")
	out, code = call(t, "service", "install")
	assert.Zero(t, code)
	assert.Contains(t, out, "What was changed counts when it starts next.")

	out, code = call(t, "service", "remove")
	assert.Zero(t, code)
	assert.Contains(t, out, "Removed.")
	assert.NoFileExists(t, file)
	out, code = call(t, "service", "remove")
	assert.Zero(t, code)
	assert.Equal(t, "There was none.\n", out)
}

func TestTheServiceDoesNotStartBesideAProgramThatRuns(t *testing.T) {
	standIn(t)
	home := t.TempDir()
	stop := running(t, home)
	defer stop()
	out, code := call(t, "service", "install", "--home", home)
	require.Zero(t, code, out)
	assert.Contains(t, out, "MysteriumVPN runs already, so it was not started now.")
	d := serviceStatus(t, "--home", home)
	assert.True(t, d.AtLogin)
	assert.False(t, d.Running)
	assert.Equal(t, home, d.Home)
	require.NotNil(t, d.Reason)
	out, _ = call(t, "service", "status")
	assert.Contains(t, out, "Does not run: it was ended")
}

func TestAWindowStartsTheServiceThatIsIts(t *testing.T) {
	memory, _ := standIn(t)
	asked := func() string {
		b, _ := os.ReadFile(filepath.Join(memory, "asked"))
		return string(b)
	}
	assert.Empty(t, startService(t.Context(), ""))
	assert.Empty(t, asked(), "nothing is asked where none is installed")
	_, err := serviceOf("").Install(t.Context(), false)
	require.NoError(t, err)
	assert.Empty(t, startService(t.Context(), "/another"))
	assert.NotContains(t, asked(), "--user start", "another folder is another program")
	assert.Empty(t, startService(t.Context(), ""))
	assert.Contains(t, asked(), "--user start mysteriumvpn.service")
	before := strings.Count(asked(), "--user start")
	assert.Empty(t, startService(t.Context(), ""))
	assert.Equal(t, before, strings.Count(asked(), "--user start"), "it runs")

	require.NoError(t, os.Remove(filepath.Join(memory, "pid")))
	require.NoError(t, os.WriteFile(filepath.Join(memory, "fails"), nil, 0o600))
	assert.Equal(t, "Start the service: systemctl: Job for mysteriumvpn.service failed. This window starts a core of its own.", startService(t.Context(), ""))
}

func TestTheServiceSaysWhatIsWrong(t *testing.T) {
	memory, units := standIn(t)
	for _, args := range [][]string{
		{"service", "install", "--network", "moon"},
		{"service", "install", "--proxy", "0.0.0.0:1080"},
		{"service", "instal"},
		{"service", "remove", "now"},
	} {
		out, code := call(t, args...)
		assert.Equal(t, exitUsage, code, "%v: %s", args, out)
	}
	require.NoError(t, os.WriteFile(filepath.Join(memory, "nobody"), nil, 0o600))
	out, code := call(t, "service", "install")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, filepath.Join(units, "mysteriumvpn.service")+" is written, but nothing starts it")
	assert.Contains(t, out, "systemctl --user enable --now mysteriumvpn.service")
	out, code = call(t, "service", "status")
	assert.Zero(t, code)
	assert.Contains(t, out, "Does not start at login.\nDoes not run: systemctl: Failed to connect to bus")
	out, code = call(t, "service", "remove")
	assert.Zero(t, code, out)
	assert.NotEmpty(t, serviceWords(desktop.ServiceState{Installed: true, Running: true}))
}
