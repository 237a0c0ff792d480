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

// TestTheCommandLineObeysTheFilters: a preset is known to the node alone, and it holds from the first connection on.
func TestTheCommandLineObeysTheFilters(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "settings.json"), []byte(`{"filter_preset": 1, "filter_ip_type": "residential"}`), 0o600))
	stop := running(t, home)
	defer stop()
	out, code := call(t, "connect", "--home", home)
	require.Zero(t, code, out)
	out, code = call(t, "status", "--json", "--home", home)
	require.Zero(t, code, out)
	var s control.StatusDoc
	require.NoError(t, json.Unmarshal([]byte(out), &s), out)
	require.NotNil(t, s.Exit)
	assert.Equal(t, "residential", s.Exit.IPType)
	assert.GreaterOrEqual(t, s.Exit.Quality, 2.0, "the sandbox's first preset asks for that")
	assert.Equal(t, 1420, s.MTU)
}
