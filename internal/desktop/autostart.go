package desktop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// Autostart is the entry that has the desktop start the program at login: a file in the folder autostart, as the XDG
// Desktop Application Autostart Specification has it.
type Autostart struct {
	Folder  string   // the user's configuration; "" = XDG_CONFIG_HOME or ~/.config
	ID      string   // the app's; the file is called after it
	Name    string   // as the desktop shows it
	Program string   // absolute path
	Args    []string // for the program
	System  string   // "" = this one; as runtime.GOOS has it
}

// NoAutostartError says that starting at login cannot be switched here, and what to do instead.
type NoAutostartError struct{ System string }

// Error is a sentence.
func (e *NoAutostartError) Error() string {
	switch e.System {
	case "windows":
		return "starting at login is not switched from here on Windows yet: put a shortcut to the program into the folder that Win+R shell:startup opens"
	case "darwin":
		return "starting at login is not switched from here on macOS yet: add the program in System Settings, General, Login Items"
	default:
		return "starting at login is not switched from here on " + e.System
	}
}

// Set writes the entry, or removes it. Doing so twice changes nothing.
func (a *Autostart) Set(on bool) error {
	path, err := a.path()
	if err != nil {
		return err
	}
	if !on {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("stop starting at login: %w", err)
		}
		return nil
	}
	text, err := a.entry()
	if err != nil {
		return fmt.Errorf("start at login: %w", err)
	}
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	if err := store.WriteFile(path, []byte(text)); err != nil {
		return fmt.Errorf("start at login: %w", err)
	}
	return nil
}

// On reports whether the desktop would start the program: people also switch that off in the desktop's own settings,
// which removes the file or marks it.
func (a *Autostart) On() (bool, error) {
	path, err := a.path()
	if err != nil {
		return false, err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("start at login: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		key, val, _ := strings.Cut(line, "=")
		switch key, val = strings.TrimSpace(key), strings.TrimSpace(val); {
		case key == "Hidden" && val == "true", key == "X-GNOME-Autostart-enabled" && val == "false":
			return false, nil
		}
	}
	return true, nil
}

func (a *Autostart) path() (string, error) {
	system := a.System
	if system == "" {
		system = runtime.GOOS
	}
	switch system {
	case "linux", "freebsd", "openbsd", "netbsd", "dragonfly":
	default:
		return "", &NoAutostartError{system}
	}
	folder := a.Folder
	if folder == "" {
		folder = os.Getenv("XDG_CONFIG_HOME")
	}
	if !filepath.IsAbs(folder) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("start at login: %w", err)
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "autostart", a.ID+".desktop"), nil
}

// entry is the file's text.
func (a *Autostart) entry() (string, error) {
	if !filepath.IsAbs(a.Program) || strings.Contains(a.Program, "=") {
		return "", fmt.Errorf("the path %q cannot stand in a desktop entry", a.Program)
	}
	exec, err := execLine(append([]string{a.Program}, a.Args...))
	if err != nil {
		return "", err
	}
	return "[Desktop Entry]\n" +
		"Type=Application\n" +
		"Version=1.5\n" +
		"Name=" + escapeString(a.Name) + "\n" +
		"Exec=" + exec + "\n" +
		"TryExec=" + escapeString(a.Program) + "\n" +
		"Icon=" + escapeString(a.ID) + "\n" +
		"Terminal=false\n" +
		"StartupNotify=false\n" +
		"X-GNOME-Autostart-enabled=true\n", nil
}

// execLine quotes a command for the key Exec. Three layers, the innermost first: an argument stands in double quotes,
// within which the quote, the backtick, the dollar and the backslash have a backslash before them; a percent sign is
// doubled; and the whole is escaped as any string of a desktop entry is.
func execLine(args []string) (string, error) {
	quoted := make([]string, len(args))
	for i, arg := range args {
		if !utf8.ValidString(arg) || strings.ContainsRune(arg, 0) {
			return "", fmt.Errorf("%q cannot stand in a desktop entry", arg)
		}
		s := strings.ReplaceAll(arg, "%", "%%")
		if s == "" || strings.ContainsAny(s, " \t\r\n\"'\\><~|&;$*?#()`") {
			s = `"` + strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`).Replace(s) + `"`
		}
		quoted[i] = s
	}
	return escapeString(strings.Join(quoted, " ")), nil
}

// escapeString is for values of type string. A space needs it only where it would be trimmed.
func escapeString(s string) string {
	s = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s)
	if strings.HasPrefix(s, " ") {
		s = `\s` + s[1:]
	}
	return s
}
