package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// TestSettingsThatCannotBeKeptAreToldOnceAndTriedAgain: a folder stands where the file should be written, and goes.
func TestSettingsThatCannotBeKeptAreToldOnceAndTriedAgain(t *testing.T) {
	block := filepath.Join(t.TempDir(), "home")
	require.NoError(t, os.WriteFile(block, nil, 0o600)) // a file where the folder should be
	var told bustest.Sent[vpn.Notice]
	k := &shelf{path: filepath.Join(block, "settings.json"), log: zap.NewNop(), notices: &told}
	k.keep(vpn.Settings{Theme: "dark"})
	k.keep(vpn.Settings{Theme: "light"})
	require.Len(t, told.All(), 1)
	assert.Equal(t, vpn.Error, told.Last().Severity)
	assert.Equal(t, "The settings could not be kept: not a directory. The disk still has the old ones. Make room or mend the folder; it is tried again with the next change and at the end.",
		told.Last().Reason.Text())

	require.NoError(t, os.Remove(block))
	k.keep(vpn.Settings{Theme: "light"}) // the same again, as at the end
	b, err := os.ReadFile(k.path)
	require.NoError(t, err)
	var s vpn.Settings
	require.NoError(t, json.Unmarshal(b, &s))
	assert.Equal(t, vpn.Settings{Theme: "light"}, s)
	k.keep(vpn.Settings{Theme: "light"})
	assert.Len(t, told.All(), 1)
}
