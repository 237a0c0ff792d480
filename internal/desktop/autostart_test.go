package desktop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testEntry(t *testing.T) *Autostart {
	t.Helper()
	return &Autostart{
		Folder: t.TempDir(), ID: "network.mysterium.vpn.desktop", Name: "MysteriumVPN", System: "linux",
		Program: "/opt/My VPN/bin/mysterium$vpn", Args: []string{"--hidden", "--home", `/home/ann "q"/100%\x`},
	}
}

func TestTheEntryIsAsTheSpecificationHasIt(t *testing.T) {
	a := testEntry(t)
	require.NoError(t, a.Set(true))
	path := filepath.Join(a.Folder, "autostart", "network.mysterium.vpn.desktop.desktop")
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/autostart.desktop")
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	on, err := a.On()
	require.NoError(t, err)
	assert.True(t, on)
	before, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, a.Set(true))
	after, err := os.Stat(path)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "an entry that is right is not written again")
	a.Program = "/usr/bin/mysteriumvpn"
	require.NoError(t, a.Set(true))
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(got), "Exec=/usr/bin/mysteriumvpn --hidden", "the program has moved")
	require.NoError(t, a.Set(false))
	require.NoError(t, a.Set(false))
	_, err = os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSwitchedOffInTheDesktopsOwnSettings(t *testing.T) {
	a := testEntry(t)
	on, err := a.On()
	require.NoError(t, err)
	assert.False(t, on)
	path, err := a.path()
	require.NoError(t, err)
	for _, mark := range []string{"Hidden=true", "X-GNOME-Autostart-enabled = false"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("[Desktop Entry]\nExec=x\n"+mark+"\n"), 0o600))
		on, err := a.On()
		require.NoError(t, err)
		assert.False(t, on, mark)
	}
}

func TestOtherSystemsGetASentence(t *testing.T) {
	for _, system := range []string{"windows", "darwin", "plan9"} {
		a := testEntry(t)
		a.System = system
		none := (*NoAutostartError)(nil)
		require.ErrorAs(t, a.Set(true), &none)
		assert.Equal(t, system, none.System)
		assert.Contains(t, none.Error(), "not switched from here")
		_, err := a.On()
		require.ErrorAs(t, err, &none)
	}
}

func TestProgramsThatNoEntryCanStart(t *testing.T) {
	for _, program := range []string{"mysteriumvpn", "/opt/a=b/x", "/opt/\xff"} {
		a := testEntry(t)
		a.Program = program
		require.Error(t, a.Set(true), program)
	}
}

// FuzzExecLine: a reader that goes by the specification gets the arguments that were meant.
func FuzzExecLine(f *testing.F) {
	for _, s := range []string{"/usr/bin/x", "/opt/a b", `q"u`, "$HOME", "`id`", `back\slash`, "100%", "%u", "", " lead", "a\nb\tc\rd", "ä", "a;b", `\`, `"\$`} {
		f.Add(s, "--hidden")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		line, err := execLine([]string{a, b})
		if err != nil {
			return
		}
		if strings.ContainsAny(line, "\n\r") {
			t.Fatalf("%q is more than a line", line)
		}
		got, err := readExec(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("%q and %q came back as %q from %s", a, b, got, line)
		}
	})
}

// readExec reads the key Exec as the Desktop Entry Specification describes it.
func readExec(line string) ([]string, error) {
	var s strings.Builder
	line = strings.TrimLeft(line, " ")
	for i := 0; i < len(line); i++ {
		if line[i] != '\\' {
			s.WriteByte(line[i])
			continue
		}
		i++
		if i == len(line) {
			return nil, fmt.Errorf("ends in a backslash")
		}
		c, ok := map[byte]byte{'s': ' ', 'n': '\n', 't': '\t', 'r': '\r', '\\': '\\'}[line[i]]
		if !ok {
			return nil, fmt.Errorf("no escape: %q", line[i])
		}
		s.WriteByte(c)
	}
	var args []string
	rest := s.String()
	for rest != "" {
		rest = strings.TrimLeft(rest, " ")
		var arg strings.Builder
		quoted := strings.HasPrefix(rest, `"`)
		i, closed := 0, false
		if quoted {
			i = 1
		}
		for ; i < len(rest); i++ {
			c := rest[i]
			switch {
			case quoted && c == '"':
				closed = true
			case quoted && c == '\\':
				i++
				if i == len(rest) || !strings.ContainsRune("\"`$\\", rune(rest[i])) {
					return nil, fmt.Errorf("no escape in quotes at %q", rest[i-1:])
				}
				arg.WriteByte(rest[i])
				continue
			case quoted && (c == '$' || c == '`'):
				return nil, fmt.Errorf("%q is bare in quotes", c)
			case !quoted && c == ' ':
				closed = true
			case !quoted && strings.ContainsRune("\t\n\"'\\><~|&;$*?#()`", rune(c)):
				return nil, fmt.Errorf("%q is reserved", c)
			case c == '%':
				i++
				if i == len(rest) || rest[i] != '%' {
					return nil, fmt.Errorf("a field code at %q", rest[i-1:])
				}
			}
			if closed {
				i++
				break
			}
			arg.WriteByte(c)
		}
		if quoted && !closed {
			return nil, fmt.Errorf("a quote is open")
		}
		args = append(args, arg.String())
		rest = rest[i:]
	}
	return args, nil
}
