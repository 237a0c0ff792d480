package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// folders say where things are kept. On Linux they follow the XDG Base Directory Specification, elsewhere the
// platform's own custom.
type folders struct {
	config  string // settings.json
	data    string // the node's home
	state   string // logs
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
	user, err := os.UserHomeDir()
	if err != nil {
		user = os.TempDir()
	}
	switch runtime.GOOS {
	case "windows":
		base := either("LOCALAPPDATA", filepath.Join(user, "AppData", "Local"))
		dir := filepath.Join(base, "MysteriumVPN")
		return folders{config: dir, data: dir, state: dir, runtime: dir}
	case "darwin":
		dir := filepath.Join(user, "Library", "Application Support", "MysteriumVPN")
		return folders{config: dir, data: dir, state: filepath.Join(user, "Library", "Logs", "MysteriumVPN"), runtime: dir}
	default:
		return folders{
			config:  filepath.Join(either("XDG_CONFIG_HOME", filepath.Join(user, ".config")), name),
			data:    filepath.Join(either("XDG_DATA_HOME", filepath.Join(user, ".local", "share")), name),
			state:   filepath.Join(either("XDG_STATE_HOME", filepath.Join(user, ".local", "state")), name),
			runtime: filepath.Join(either("XDG_RUNTIME_DIR", fallbackRuntime()), name),
		}
	}
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
func (f folders) control() string    { return filepath.Join(f.runtime, "control.sock") }
func (f folders) supervisor() string { return filepath.Join(f.runtime, "supervisor.sock") }
func (f folders) node(network string) string {
	return filepath.Join(f.data, "node-"+network)
}
