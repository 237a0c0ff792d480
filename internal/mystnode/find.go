package mystnode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Program is a node's program.
type Program struct {
	Path    string
	Version string // as it says of itself
}

// NotFoundError says that there is no node on this computer, or none where the user has said that it is.
type NotFoundError struct {
	Chosen string // the path that the user has given; "" = none, so it was looked for
}

func (e *NotFoundError) Error() string {
	if e.Chosen != "" {
		return "there is no program " + e.Chosen
	}
	return "no Mysterium node is installed: there is no program " + name() + " in PATH or in the usual places"
}

// NotNodeError says that a program is there but is no node.
type NotNodeError struct {
	Path string
	Err  error // how that was noticed
}

func (e *NotNodeError) Error() string {
	return fmt.Sprintf("%s is no Mysterium node: %v", e.Path, e.Err)
}

// Unwrap gives Err.
func (e *NotNodeError) Unwrap() error { return e.Err }

// TooOldError says that a node is there but cannot be worked with.
type TooOldError struct {
	Path    string
	Version string
}

func (e *TooOldError) Error() string {
	return fmt.Sprintf("the node %s is version %s, and %s is the oldest that can be used", e.Path, e.Version, Oldest)
}

// Finder finds the node, and remembers what a program has said of itself for as long as its file stays the same.
type Finder struct {
	places func() []string // nil = usual

	said map[string]saying
}

type saying struct {
	size    int64
	changed time.Time
	version string
}

// versionLimit is how long a program may take to say its version. It is large, and the disk may be cold.
const versionLimit = 15 * time.Second

// Find looks for the node: chosen alone if the user has chosen one, else in PATH and in the usual places. Its error is a
// *NotFoundError, *NotNodeError or *TooOldError, or ctx's.
func (f *Finder) Find(ctx context.Context, chosen string) (Program, error) {
	path, err := f.locate(chosen)
	if err != nil {
		return Program{}, err
	}
	version, err := f.version(ctx, path)
	switch {
	case ctx.Err() != nil:
		return Program{}, context.Cause(ctx)
	case err != nil:
		return Program{}, &NotNodeError{Path: path, Err: err}
	case !Usable(version):
		return Program{}, &TooOldError{Path: path, Version: version}
	}
	return Program{Path: path, Version: version}, nil
}

func (f *Finder) locate(chosen string) (string, error) {
	if chosen != "" {
		path, err := exec.LookPath(chosen)
		if err != nil {
			return "", &NotFoundError{Chosen: chosen}
		}
		return filepath.Abs(path)
	}
	if path, err := exec.LookPath(name()); err == nil { // never one in the working directory: that is an error to LookPath
		return filepath.Abs(path)
	}
	places := f.places
	if places == nil {
		places = usual
	}
	for _, pattern := range places() {
		found, _ := filepath.Glob(pattern) // the only error is a bad pattern, and ours are not
		for _, p := range found {
			if path, err := exec.LookPath(p); err == nil {
				return path, nil
			}
		}
	}
	return "", &NotFoundError{}
}

func name() string {
	if runtime.GOOS == "windows" {
		return "myst.exe"
	}
	return "myst"
}

// usual are the places where packages and installers put the node, as patterns. A program started from a desktop's menu
// often has a shorter PATH than a terminal.
func usual() []string {
	home, _ := os.UserHomeDir()
	in := func(dirs ...string) []string {
		var out []string
		for _, d := range dirs {
			if filepath.IsAbs(d) {
				out = append(out, filepath.Join(d, name()))
			}
		}
		return out
	}
	switch runtime.GOOS {
	case "windows":
		programs := os.Getenv("ProgramFiles")
		return in(filepath.Join(programs, "MysteriumVPN", "resources", "*", "bin"), filepath.Join(programs, "MysteriumVPN", "resources", "*", "*", "bin"))
	case "darwin":
		app := "/Applications/MysteriumVPN.app/Contents/Resources"
		return in("/opt/homebrew/bin", "/usr/local/bin", filepath.Join(home, "bin"), app+"/*/bin", app+"/*/*/bin")
	default:
		return in("/usr/bin", "/usr/local/bin", filepath.Join(home, ".local", "bin"), filepath.Join(home, "bin"), "/opt/myst", "/opt/myst/bin",
			"/opt/MysteriumVPN/resources/*/bin", "/opt/MysteriumVPN/resources/*/*/bin")
	}
}

// version asks the program for its version.
func (f *Finder) version(ctx context.Context, path string) (string, error) {
	file, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if was, ok := f.said[path]; ok && was.size == file.Size() && was.changed.Equal(file.ModTime()) {
		return was.version, nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", fmt.Errorf("it did not say its version within %s", versionLimit)
	}
	if err != nil {
		return "", fmt.Errorf("ask for its version: %w", err)
	}
	version, ok := parseVersion(string(out))
	if !ok {
		return "", errors.New("its answer to --version names none")
	}
	if f.said == nil {
		f.said = map[string]saying{}
	}
	f.said[path] = saying{file.Size(), file.ModTime(), version}
	return version, nil
}

// parseVersion reads what a node prints for --version: its name on one line, "Version: 1.2.3" on another.
func parseVersion(out string) (string, bool) {
	if !strings.Contains(out, "Mysterium Node") {
		return "", false
	}
	for line := range strings.Lines(out) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "Version:"); ok {
			if f := strings.Fields(v); len(f) > 0 {
				return f[0], true
			}
		}
	}
	return "", false
}
