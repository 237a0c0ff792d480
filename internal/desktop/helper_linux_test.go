package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheHelperIsStartedAsThisComputerCan: by a password dialog, in a terminal, or by hand where there is no systemd.
func TestTheHelperIsStartedAsThisComputerCan(t *testing.T) {
	here, none := t.TempDir(), filepath.Join(t.TempDir(), "none")
	all := func(string) (string, error) { return "/usr/bin/x", nil }
	noPkexec := func(name string) (string, error) {
		if name == "pkexec" {
			return "", errors.New("not found")
		}
		return "/usr/bin/x", nil
	}
	const command = "systemctl enable --now mysteriumvpn-netd.socket"
	assert.Equal(t, Helper{Installed: true, Start: "pkexec " + command, Terminal: "sudo " + command}, findHelper(here, here, all))
	assert.Equal(t, Helper{Installed: true, Terminal: "sudo " + command}, findHelper(here, here, noPkexec))
	assert.Equal(t, Helper{Terminal: "sudo " + command}, findHelper(none, here, all), "nothing to start")
	h := findHelper(here, none, all)
	assert.Empty(t, h.Start)
	assert.Contains(t, h.Terminal, "sudo mysteriumvpn-netd serve --allow ")
}

// TestWhatPkexecSaysIsASentence: a child that is pkexec as far as its exit code and words go.
func TestWhatPkexecSaysIsASentence(t *testing.T) {
	for script, want := range map[string]string{
		"exit 0":   "",
		"exit 126": "no password was given, so nothing was started",
		"echo 'Error executing command as another user: Not authorized' >&2; exit 127":                                    "the system does not let you do that: Error executing command as another user: Not authorized",
		"printf 'Failed to enable unit:\\n  Unit file mysteriumvpn-netd.socket does not exist.\\n'; exit 1":               "systemd did not start the helper: Failed to enable unit: Unit file mysteriumvpn-netd.socket does not exist.",
		`[ "$*" = "systemctl enable --now mysteriumvpn-netd.socket" ] || { echo "asked for another thing: $*"; exit 1; }`: "",
	} {
		program := filepath.Join(t.TempDir(), "pkexec")
		require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o700)) //nolint:gosec // a program
		err := enableHelper(t.Context(), program)
		if want == "" {
			assert.NoError(t, err, script)
			continue
		}
		assert.EqualError(t, err, want, script)
	}
	assert.ErrorContains(t, enableHelper(t.Context(), filepath.Join(t.TempDir(), "none")), "run pkexec")
}
