package own

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgconf"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// conf is a file of a server that differs by where it listens.
func conf(t *testing.T, endpoint string) string {
	t.Helper()
	public, err := wgnet.Key{1}.PublicKey()
	require.NoError(t, err)
	return "[Interface]\nPrivateKey = " + wgnet.NewPrivateKey().Base64() + "\nAddress = 10.2.0.2/32\nDNS = 10.2.0.1\n[Peer]\nPublicKey = " +
		public.Base64() + "\nEndpoint = " + endpoint + "\nAllowedIPs = 0.0.0.0/0\n"
}

func TestAServerIsKeptPrivatelyAndListed(t *testing.T) {
	f := Folder{filepath.Join(t.TempDir(), "data", "own")}
	none, err := f.List()
	require.NoError(t, err)
	assert.Empty(t, none)

	s, err := f.Add("/home/u/My server.conf", []byte(conf(t, "192.0.2.1:51820")), Place{Country: "CH", City: "Zürich"})
	require.NoError(t, err)
	assert.Equal(t, "My-server", s.Name)
	assert.Regexp(t, regexp.MustCompile(`^0x[0-9a-f]{40}$`), s.ID)
	all, err := f.List()
	require.NoError(t, err)
	assert.Equal(t, []Server{s}, all)
	assert.Equal(t, "CH", all[0].Config.Country)
	assert.Equal(t, "Zürich", all[0].Config.City)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", all, *all[0].Config), all[0].Config.PrivateKey.Base64()[:10])

	if runtime.GOOS != "windows" {
		for path, mode := range map[string]fs.FileMode{f.Path: 0o700, filepath.Join(f.Path, "My-server.conf"): 0o600} {
			fi, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, mode, fi.Mode().Perm(), path)
		}
	}
	require.NoError(t, f.Remove("My-server"))
	require.ErrorIs(t, f.Remove("My-server"), fs.ErrNotExist)
	all, err = f.List()
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestAServerIsThereOnce(t *testing.T) {
	f := Folder{t.TempDir()}
	_, err := f.Add("a", []byte(conf(t, "192.0.2.1:1")), Place{})
	require.NoError(t, err)
	_, err = f.Add("A", []byte(conf(t, "192.0.2.2:1")), Place{})
	assert.Equal(t, &ExistsError{Name: "a"}, err)
	_, err = f.Add("b", []byte(conf(t, "192.0.2.1:1")), Place{})
	assert.Equal(t, &ExistsError{Name: "a", Same: true}, err)
}

func TestWhatCannotBeUsedIsNotKept(t *testing.T) {
	f := Folder{t.TempDir()}
	_, err := f.Add("a", []byte(conf(t, "192.0.2.1:1")+"PostUp = x\n"), Place{Country: "CH"})
	var bad *wgconf.Error
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, []wgconf.Problem{{Line: 9, Code: wgconf.RunsCommand, Key: "PostUp"}}, bad.Problems, "the line of the user's file")
	all, err := f.List()
	require.NoError(t, err)
	assert.Empty(t, all)
}

// TestAFileThatSomebodyLaidThereIsListedWithItsProblems, and what is no file of a server is not.
func TestAFileThatSomebodyLaidThereIsListedWithItsProblems(t *testing.T) {
	dir := t.TempDir()
	f := Folder{dir}
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("good.conf", conf(t, "192.0.2.1:1"))
	write("bad.conf", conf(t, "192.0.2.1:1")+"PostDown = x\n")
	write("big.conf", strings.Repeat("#", wgconf.MaxSize+1))
	write("notes.txt", "x")
	write(".good.conf.new-1", "x")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.conf"), 0o700))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "link.conf")))
	}
	all, err := f.List()
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, "bad", all[0].Name)
	assert.Nil(t, all[0].Config)
	assert.Empty(t, all[0].ID)
	assert.Equal(t, wgconf.RunsCommand, all[0].Problems[0].Code)
	assert.Equal(t, wgconf.TooBig, all[1].Problems[0].Code)
	assert.NotNil(t, all[2].Config)
	write("My VPN.conf.conf", "x")
	require.NoError(t, f.Remove("My VPN.conf"), "by the name that is listed")
	for _, name := range []string{"folder", "notes.txt", "../" + filepath.Base(dir) + "/good", ""} {
		require.ErrorIs(t, f.Remove(name), fs.ErrNotExist, name)
	}
}

// TestAFileThatCannotBeReadHidesNoOther: it is listed as one that cannot be used, and can be removed.
func TestAFileThatCannotBeReadHidesNoOther(t *testing.T) {
	f := Folder{t.TempDir()}
	for i, name := range []string{"a", "b", "c"} {
		_, err := f.Add(name, []byte(conf(t, fmt.Sprintf("192.0.2.%d:1", i+1))), Place{})
		require.NoError(t, err)
	}
	all, err := f.list(func(path string) ([]byte, error) { // root may read what chmod forbids
		if filepath.Base(path) == "b.conf" {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
		}
		return read(path)
	})
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, Server{Name: "b", Problems: []wgconf.Problem{{Code: wgconf.Unreadable}}}, all[1])
	assert.NotContains(t, all[1].Problems[0].String(), "b.conf")
	assert.NotNil(t, all[0].Config)
	assert.NotNil(t, all[2].Config)
	require.NoError(t, f.Remove("b"))
}

func TestNamesAreNamesOfFiles(t *testing.T) {
	for in, want := range map[string]string{
		"": "server", "home.conf": "home", "../../etc/x": "x", `C:\a\b.CONF`: "b", "Zürich 1": "Zürich-1", ".hidden": "hidden",
		"a\x00b/": "server", "con": "server-con", "nul.x": "server-nul.x", "a  b": "a-b", strings.Repeat("ä", 100): strings.Repeat("ä", 60), "-": "server",
	} {
		assert.Equal(t, want, CleanName(in), "%q", in)
	}
	assert.ErrorIs(t, Folder{t.TempDir()}.Remove("../x"), fs.ErrNotExist)
}

// FuzzCleanName: whatever the text, the name is one of a file in the folder, and cleaning it again changes nothing.
func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"", "../x", "con.conf", "a.conf.conf", ".", "-.-", "Zürich"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := CleanName(s)
		if name == "" || name != filepath.Base(name) || strings.ContainsAny(name, "/\\:\x00 ") || name[0] == '.' || len(name) > 255-len(ending) {
			t.Fatalf("%q", name)
		}
		if again := CleanName(name); again != name {
			t.Fatalf("%q, then %q", name, again)
		}
	})
}

// TestWhereAServerIsCanBeSaidLater, again and again, and taken back; nothing else of the file changes.
func TestWhereAServerIsCanBeSaidLater(t *testing.T) {
	f := Folder{t.TempDir()}
	text := "# of my provider\n#Country : SE\n" + conf(t, "192.0.2.1:1") + "# city: Malmö\nJc = 4\n"
	s, err := f.Add("a", []byte(text), Place{})
	require.NoError(t, err)
	assert.Equal(t, "SE", s.Config.Country)
	at := filepath.Join(f.Path, "a.conf")
	for _, c := range []struct {
		place Place
		head  string
	}{
		{Place{"CH", "Zürich"}, "# country: CH\n# city: Zürich\n"},
		{Place{"DE", ""}, "# country: DE\n"},
		{Place{"", "Home"}, "# city: Home\n"},
		{Place{}, ""},
	} {
		require.NoError(t, f.Locate("a", c.place))
		b, err := os.ReadFile(at)
		require.NoError(t, err)
		assert.Equal(t, c.head+strings.NewReplacer("#Country : SE\n", "", "# city: Malmö\n", "").Replace(text), string(b))
		all, err := f.List()
		require.NoError(t, err)
		assert.Equal(t, c.place, Place{all[0].Config.Country, all[0].Config.City})
		assert.Equal(t, s.ID, all[0].ID)
	}
	require.ErrorIs(t, f.Locate("../"+filepath.Base(f.Path)+"/a", Place{}), fs.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "bad.conf"), []byte("x"), 0o600))
	var bad *wgconf.Error
	require.ErrorAs(t, f.Locate("bad", Place{Country: "CH"}), &bad)
	b, err := os.ReadFile(filepath.Join(f.Path, "bad.conf"))
	require.NoError(t, err)
	assert.Equal(t, "x", string(b), "what cannot be used is left as it is")
}
