package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/mysteriumvpn/desktop/"

// allowed are the packages outside Go's own library that run as root with the helper.
var allowed = []string{
	"golang.org/x/sys/unix",
	module + "cmd/mysteriumvpn-netd", module + "internal/netd", module + "internal/netd/wire",
}

// banned are what a root helper has no business with: no HTTP, no JSON, no TLS, no plugins, no C.
var banned = []string{"net/http", "encoding/json", "encoding/gob", "encoding/xml", "crypto/tls", "html/template", "text/template", "plugin", "runtime/cgo", "reflect2"}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

// TestTheHelperIsSmall: what runs as root is these packages and no other, and fewer lines than one can read in a day.
func TestTheHelperIsSmall(t *testing.T) {
	deps := list(t, "-deps", ".")
	var ours []string
	for _, p := range deps {
		first, _, _ := strings.Cut(p, "/")
		if strings.Contains(first, ".") {
			ours = append(ours, p)
		}
		assert.NotContains(t, banned, p)
		assert.False(t, strings.HasPrefix(p, "crypto/"), p)
	}
	slices.Sort(ours)
	slices.Sort(allowed)
	assert.Equal(t, allowed, ours)

	lines := 0
	for _, dir := range list(t, "-f", "{{.Dir}}", module+"cmd/mysteriumvpn-netd", module+"internal/netd/...") {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				b, err := os.ReadFile(f)
				require.NoError(t, err)
				lines += strings.Count(string(b), "\n")
			}
		}
	}
	assert.Less(t, lines, 3000)
	t.Logf("%d lines", lines)
}

// TestWordsOfTheCommandLine: what is not understood is said, and nothing is done.
func TestWordsOfTheCommandLine(t *testing.T) {
	for args, want := range map[string]string{
		"sreve":                    "there is no",
		"status now":               "there is no",
		"--socket":                 "needs an argument",
		"serve --allow bob":        "invalid value",
		"--frob 1":                 "not defined: -frob",
		"status --socket /nowhere": "install the package",
		"lan off on":               "there is no",
	} {
		err := run(strings.Fields(args), new(strings.Builder))
		require.Error(t, err, args)
		assert.Contains(t, err.Error(), want, args)
	}
	var out strings.Builder
	require.NoError(t, run([]string{"help"}, &out))
	assert.Contains(t, out.String(), "unblock")
	out.Reset()
	require.NoError(t, run([]string{"version"}, &out))
	assert.Equal(t, "mysteriumvpn-netd version dev\n", out.String())
}

// TestRemovingKeepsWhatCouldNotBePutBack: the only copy of a resolv.conf goes when it is back in its place, not before.
func TestRemovingKeepsWhatCouldNotBePutBack(t *testing.T) {
	b, err := os.ReadFile("../../packaging/linux/netd/removing.sh")
	require.NoError(t, err)
	root := t.TempDir()
	script := strings.NewReplacer("/usr/sbin/", root+"/", "/run/", root+"/run/", "/var/lib/", root+"/lib/").Replace(string(b))
	backup := filepath.Join(root, "lib", "mysteriumvpn-netd", "resolv.backup")
	run := func(verb, reset string) string {
		require.NoError(t, os.MkdirAll(filepath.Dir(backup), 0o755))
		require.NoError(t, os.WriteFile(backup, nil, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(root, "mysteriumvpn-netd"), []byte("#!/bin/sh\n"+reset+"\n"), 0o700))
		out, err := exec.CommandContext(t.Context(), "sh", "-c", script, "prerm", verb).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	assert.Contains(t, run("remove", "exit 1"), backup, "it is told where")
	assert.FileExists(t, backup)
	assert.Empty(t, run("upgrade", "exit 1"))
	assert.FileExists(t, backup)
	assert.Empty(t, run("remove", "exit 0"))
	assert.NoDirExists(t, filepath.Dir(backup))
}

// TestTheBootUnitComesAfterWhoFlushes: Debian's nftables.service begins with `flush ruleset`.
func TestTheBootUnitComesAfterWhoFlushes(t *testing.T) {
	b, err := os.ReadFile("../../packaging/linux/netd/mysteriumvpn-netd-boot.service")
	require.NoError(t, err)
	for key, want := range map[string]string{
		"After=": "nftables.service", "Before=": "network-pre.target", "Wants=": "mysteriumvpn-netd.service", // which sets again what is flushed later
	} {
		assert.Regexp(t, "(?m)^"+key+".*\\b"+want+"\\b", string(b))
	}
}

// TestTheUnitsAreHardened: by systemd's own measure, of which 10 is a service without any restriction.
func TestTheUnitsAreHardened(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("needs systemd-analyze")
	}
	units, err := filepath.Glob("../../packaging/linux/netd/*.service")
	require.NoError(t, err)
	require.Len(t, units, 3)
	for _, u := range units {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=yes", "--threshold=24", u).CombinedOutput()
		require.NoError(t, err, "%s", out)
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Log(lines[len(lines)-1])
	}
}
