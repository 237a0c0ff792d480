package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/control"
)

// account is what `account …  --json` prints.
func accountOf(t *testing.T, home string, args ...string) (d control.AccountDoc) {
	t.Helper()
	out, code := call(t, append(append([]string{"account"}, args...), "--json", "--home", home)...)
	require.Zero(t, code, out)
	require.NoError(t, json.Unmarshal([]byte(out), &d), out)
	return d
}

func TestTheAccountOnTheCommandLine(t *testing.T) {
	home := t.TempDir()
	stop := running(t, home)
	defer stop()
	out, code := call(t, "connect", "NL", "--home", home)
	require.Zero(t, code, out)
	first := accountOf(t, home, "refresh")
	require.NotNil(t, first.Identity, "the sandbox has one")
	assert.Equal(t, "registered", first.Registration)
	require.NotNil(t, first.Balance)
	assert.NotNil(t, first.BalanceAt)
	assert.Nil(t, first.Order)

	file := filepath.Join(home, "pass")
	require.NoError(t, os.WriteFile(file, []byte("correct horse\n"), 0o600))
	second := accountOf(t, home, "create", "--passphrase-file", file)
	assert.NotEqual(t, *first.Identity, *second.Identity)
	assert.Len(t, second.Identities, 2)
	assert.Equal(t, *first.Identity, *accountOf(t, home, "use", *first.Identity).Identity)
	out, code = call(t, "account", "use", *second.Identity, "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "passphrase is not the right one")
	assert.Equal(t, *second.Identity, *accountOf(t, home, "use", *second.Identity, "--passphrase-file", file).Identity)
	out, code = call(t, "account", "--home", home)
	assert.Zero(t, code)
	assert.Contains(t, out, *second.Identity)

	for _, wrong := range [][]string{
		{"use"},
		{"use", "a", "b"},
		{"backup"},
		{"backup", "f"},
		{"restore", "f"},
		{"order"},
		{"order", "--gateway", "g", "--currency", "BTC", "--country", "Germany", "--usd", "1"},
		{"order", "--gateway", "g", "--currency", "BTC", "--country", "DE"},
		{"spend"},
	} {
		out, code = call(t, append(append([]string{"account"}, wrong...), "--home", home)...)
		assert.Equal(t, exitUsage, code, "%v: %s", wrong, out)
	}
	for _, failing := range [][]string{
		{"unlock", "--passphrase-file", filepath.Join(home, "none")},
		{"restore", filepath.Join(home, "pass"), "--passphrase-file", file},
		{"order", "--gateway", "g", "--currency", "BTC", "--country", "DE", "--usd", "a lot"},
	} {
		out, code = call(t, append(append([]string{"account"}, failing...), "--home", home)...)
		assert.Equal(t, exitFailed, code, "%v: %s", failing, out)
		assert.NotContains(t, out, "correct horse")
	}
}

func TestTheSandboxHasNothingToBackUp(t *testing.T) {
	home := t.TempDir()
	stop := running(t, home)
	defer stop()
	pass := filepath.Join(home, "pass")
	require.NoError(t, os.WriteFile(pass, []byte("correct horse\n"), 0o600))
	out, code := call(t, "connect", "NL", "--home", home) // so that the node runs
	require.Zero(t, code, out)
	accountOf(t, home, "create")
	out, code = call(t, "account", "backup", filepath.Join(home, "b.json"), "--passphrase-file", pass, "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "nothing to back up")
	out, code = call(t, "account", "use", "0x1", "--home", home)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "no identity 0x1")
	out, code = call(t, "service", "install", "--proxy", "0.0.0.0:99", "--home", home)
	assert.Equal(t, exitUsage, code)
	assert.NotContains(t, out, "--proxy-expose")
}
