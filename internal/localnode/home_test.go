package localnode

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASandboxIsTheSameEachTimeInOneHomeAndAnotherInAnother(t *testing.T) {
	dir := t.TempDir()
	n, _ := open(t, dir)
	var id reference
	ask(t, n, "POST", "/identities", `{"passphrase":"x"}`, &id)
	assert.Regexp(t, regexp.MustCompile(`^0x[0-9a-f]{40}$`), id.ID)
	first := n.offers
	n.close()

	again := reopen(t, dir)
	assert.Equal(t, first, again.offers)
	assert.Equal(t, id.ID, again.home.account("identity 1"))
	other, _ := open(t, t.TempDir())
	for i := range first {
		assert.NotEqual(t, first[i].ProviderID, other.offers[i].ProviderID)
		assert.NotEqual(t, first[i].key, other.offers[i].key)
	}
}

// reopen opens a home once more, without closing it at the end of the test.
func reopen(t *testing.T, dir string) *Node {
	t.Helper()
	n, err := New(Options{Home: dir})
	require.NoError(t, err)
	n.exits = &far{}
	require.NoError(t, n.open())
	n.close()
	return n
}

func TestTheSandboxIsWideEnough(t *testing.T) {
	n, _ := open(t, t.TempDir())
	ids, keys, by := map[string]bool{}, map[wgnet.Key]bool{}, map[string]map[string]int{}
	for i, o := range n.offers {
		ids[o.ProviderID], keys[o.public] = true, true
		if by[o.Location.Country] == nil {
			by[o.Location.Country] = map[string]int{}
		}
		by[o.Location.Country][o.Location.City]++
		assert.Equal(t, i+1, o.number)
		assert.Regexp(t, `^0x[0-9a-f]{40}$`, o.ProviderID)
		assert.True(t, o.Quality.Quality > 0 && o.Quality.Quality <= 3, o.Quality)
		assert.True(t, o.Quality.Latency >= 14 && o.Quality.Latency < 400, o.Quality)
		assert.True(t, o.Quality.Bandwidth >= 15 && o.Quality.Bandwidth <= 400, o.Quality)
		assert.Contains(t, []string{"residential", "hosting"}, o.Location.IPType)
		assert.Equal(t, 1, o.Price.PerGiB.Cmp(tequilapi.Money{}))
		assert.Equal(t, "10.182."+strconv.Itoa(i+1)+".1", o.tunnel[0].String())
		assert.True(t, o.tunnel[1].IsPrivate(), o.tunnel[1])
	}
	assert.InDelta(t, 60, len(n.offers), 5)
	assert.Len(t, ids, len(n.offers))
	assert.Len(t, keys, len(n.offers))
	assert.GreaterOrEqual(t, len(by), 25)
	for _, c := range []string{"DE", "NL", "US"} {
		assert.GreaterOrEqual(t, len(by[c]), 3, "%s has several cities", c)
	}
}

func TestFilesAreForTheUserOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are guarded by their lists there, not by modes")
	}
	dir := filepath.Join(t.TempDir(), "deep", "home")
	n, _ := open(t, dir)
	_, _ = unlocked(t, n)
	n.configure(map[string]any{"a": 1})
	require.NoError(t, os.Chmod(filepath.Join(dir, seedFile), 0o644))
	n.close()
	reopen(t, dir)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, e.Name())
	}
	assert.Len(t, entries, 4, "no temporary file is left")
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077)
}

func TestDamagedFilesAreNotReplaced(t *testing.T) {
	for _, name := range []string{seedFile, identitiesFile, configFile, historyFile} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("{oh"), 0o600))
		n, err := New(Options{Home: dir})
		require.NoError(t, err)
		n.exits = &far{}
		err = n.open()
		require.ErrorContains(t, err, filepath.Join(dir, name))
		require.ErrorContains(t, err, "move it away")
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, "{oh", string(b))
	}
}

func TestAHomeHasOneNode(t *testing.T) {
	dir := t.TempDir()
	n, _ := open(t, dir)
	second, err := New(Options{Home: dir})
	require.NoError(t, err)
	require.ErrorIs(t, second.open(), ErrHomeInUse)
	n.close()
	reopen(t, dir)
}

func TestIdentitiesAreLockedInEachNewProcess(t *testing.T) {
	dir := t.TempDir()
	n, _ := open(t, dir)
	var id reference
	ask(t, n, "PUT", "/identities/current", `{"passphrase":"s3cret"}`, &id)
	var i tequilapi.Identity
	ask(t, n, "GET", "/identities/"+id.ID+"/status", "", &i)
	assert.Equal(t, tequilapi.Wei(startBalance), i.Balance)
	assert.Equal(t, tequilapi.Registered, i.Registration)
	b, err := os.ReadFile(filepath.Join(dir, identitiesFile))
	require.NoError(t, err)
	assert.NotContains(t, string(b), "s3cret")
	n.close()

	n, _ = open(t, dir)
	ask(t, n, "GET", "/identities/"+id.ID, "", &i)
	assert.True(t, i.Balance.IsZero())
	body := `{"consumer_id":"` + id.ID + `","provider_id":"` + n.offers[0].ProviderID + `","service_type":"wireguard"}`
	_, code, message := refused(t, n, "PUT", "/connection", body)
	assert.Equal(t, "err_connect", code)
	assert.Equal(t, "Failed to connect: unlock required", message)
	for _, pass := range []string{"", "wrong"} {
		status, code, _ := refused(t, n, "PUT", "/identities/"+id.ID+"/unlock", `{"passphrase":"`+pass+`"}`)
		assert.Equal(t, 403, status)
		assert.Equal(t, "err_id_unlock", code)
		status, code, _ = refused(t, n, "PUT", "/identities/current", `{"passphrase":"`+pass+`"}`)
		assert.Equal(t, 500, status)
		assert.Equal(t, "err_to_id_use_or_create", code)
	}
	status, _, _ := refused(t, n, "PUT", "/identities/current", `{"id":"0x1","passphrase":""}`)
	assert.Equal(t, 500, status)
	var same reference
	ask(t, n, "PUT", "/identities/current", `{"passphrase":"s3cret"}`, &same)
	assert.Equal(t, id, same, "the remembered one")
	ask(t, n, "PUT", "/connection", body, nil)
}

func TestSettingsAndHistorySurvive(t *testing.T) {
	dir := t.TempDir()
	n, _ := open(t, dir)
	ask(t, n, "POST", "/config/user", `{"data":{"desktop":{"a":9007199254740993,"b":[1,"x"]},"keep":true,"gone":1}}`, nil)
	var got map[string]json.RawMessage
	ask(t, n, "POST", "/config/user", `{"data":{"desktop":{"b":null,"c":{"d":1}},"gone":null,"never":null}}`, &got)
	assert.JSONEq(t, `{"desktop":{"a":9007199254740993,"c":{"d":1}},"keep":true}`, string(got["data"]))
	assert.Contains(t, string(got["data"]), "9007199254740993")
	ask(t, n, "POST", "/terms", `{"agreed_consumer":true,"agreed_version":"0.0.53"}`, nil)
	_, put := unlocked(t, n)
	ask(t, n, "PUT", "/connection", put, nil)
	n.saveHistory()
	left, err := os.ReadFile(filepath.Join(dir, historyFile))
	require.NoError(t, err)
	n.close()
	require.NoError(t, os.WriteFile(filepath.Join(dir, historyFile), left, 0o600)) // as SIGKILL would have left it

	n, _ = open(t, dir)
	ask(t, n, "GET", "/config/user", "", &got)
	assert.Contains(t, string(got["data"]), `"a":9007199254740993`)
	var terms tequilapi.Terms
	ask(t, n, "GET", "/terms", "", &terms)
	assert.Equal(t, tequilapi.Terms{AgreedConsumer: true, AgreedVersion: "0.0.53", CurrentVersion: "0.0.53"}, terms)
	assert.Equal(t, tequilapi.Connection{Status: tequilapi.NotConnected}, state(t, n), "a new process has no connection")
	var page tequilapi.SessionPage
	ask(t, n, "GET", "/sessions", "", &page)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "New", page.Items[0].Status, "for ever, as in the real node")
}
