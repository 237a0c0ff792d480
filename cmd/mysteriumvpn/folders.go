package main

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
)

// folders say where things are kept. On Linux they follow the XDG Base Directory Specification, elsewhere the
// platform's own custom.
type folders struct {
	config  string // settings.json
	data    string // the node's home
	state   string // logs, history
	runtime string // sockets
}

// foldersAt puts everything under home, or in the usual places if home is "".
func foldersAt(home string) folders {
	if home != "" {
		if abs, err := filepath.Abs(home); err == nil {
			home = abs
		}
		return folders{config: home, data: home, state: home, runtime: home}
	}
	const name = "mysteriumvpn"
	base := userHome()
	switch runtime.GOOS {
	case "windows":
		dir := filepath.Join(either("LOCALAPPDATA", filepath.Join(base, "AppData", "Local")), "MysteriumVPN")
		return folders{config: dir, data: dir, state: dir, runtime: dir}
	case "darwin":
		dir := filepath.Join(base, "Library", "Application Support", "MysteriumVPN")
		return folders{config: dir, data: dir, state: filepath.Join(base, "Library", "Logs", "MysteriumVPN"), runtime: dir}
	default:
		return folders{
			config:  filepath.Join(either("XDG_CONFIG_HOME", filepath.Join(base, ".config")), name),
			data:    filepath.Join(either("XDG_DATA_HOME", filepath.Join(base, ".local", "share")), name),
			state:   filepath.Join(either("XDG_STATE_HOME", filepath.Join(base, ".local", "state")), name),
			runtime: filepath.Join(either("XDG_RUNTIME_DIR", fallbackRuntime()), name),
		}
	}
}

// userHome is where the user's own folders are. Without HOME, as in services, the user database knows. The temporary
// folder itself is never taken: there anybody could have laid settings out for us.
func userHome() string {
	if dir, err := os.UserHomeDir(); err == nil && filepath.IsAbs(dir) {
		return dir
	}
	if u, err := user.Current(); err == nil && filepath.IsAbs(u.HomeDir) {
		return u.HomeDir
	}
	return filepath.Join(either("XDG_RUNTIME_DIR", fallbackRuntime()), "mysteriumvpn") // checked before a socket is put into it
}

// either is the folder that an environment variable names, or other. The specification asks to ignore relative ones.
func either(variable, other string) string {
	if v := os.Getenv(variable); filepath.IsAbs(v) {
		return v
	}
	return other
}

// fallbackRuntime is for systems without XDG_RUNTIME_DIR: /run/user/UID if it is there, else a folder per user under
// the temporary folder, whose owner and mode are checked before a socket is put into it.
func fallbackRuntime() string {
	uid := strconv.Itoa(os.Getuid())
	if dir := "/run/user/" + uid; owned(dir) {
		return dir
	}
	return filepath.Join(os.TempDir(), "mysteriumvpn-"+uid)
}

func (f folders) settings() string   { return filepath.Join(f.config, "settings.json") }
func (f folders) logFile() string    { return filepath.Join(f.state, "logs", "mysteriumvpn.log") }
func (f folders) history() string    { return filepath.Join(f.state, "history.jsonl") }
func (f folders) control() string    { return filepath.Join(f.runtime, "control.sock") }
func (f folders) supervisor() string { return filepath.Join(f.runtime, "supervisor.sock") }
func (f folders) node(network string) string {
	return filepath.Join(f.data, "node-"+network)
}
