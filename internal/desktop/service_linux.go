package desktop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// unitName is the service's name for systemd.
const unitName = "mysteriumvpn.service"

// file is where a user's own units are.
func (s *Service) file() (string, error) {
	folder := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the folder of your services: %w", err)
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "systemd", "user", unitName), nil
}

// Install writes the service down and has it started at each login; now: and at once. Doing so twice changes nothing.
// A NoManagerError says that it is written, and that nobody starts it.
func (s *Service) Install(ctx context.Context, now bool) (done ServiceInstalled, err error) {
	if done.File, err = s.file(); err != nil {
		return done, err
	}
	text, err := s.unit()
	if err != nil {
		return done, err
	}
	if done.Written, err = writeService(done.File, text); err != nil {
		return done, err
	}
	if err := manager(ctx); err != nil {
		return done, &NoManagerError{File: done.File, Why: err.Error(), Do: []string{"systemctl --user daemon-reload", "systemctl --user enable --now " + unitName}}
	}
	steps := [][]string{{"daemon-reload"}, {"enable", unitName}}
	if now {
		steps[1] = []string{"enable", "--now", unitName}
	}
	for _, step := range steps {
		if _, err := asked(ctx, "systemctl", append([]string{"--user"}, step...)...); err != nil {
			return done, fmt.Errorf("%s is written, but it could not be started: %w. 'journalctl --user -u %s' may say why", done.File, err, unitName)
		}
	}
	done.Started = now
	return done, nil
}

// Remove ends the service and takes it away; false = there was none.
func (s *Service) Remove(ctx context.Context) (was bool, err error) {
	file, st, err := installed(s.file)
	if err != nil || !st.Installed {
		return false, err
	}
	none := manager(ctx)
	if none == nil {
		if _, err := asked(ctx, "systemctl", "--user", "disable", "--now", unitName); err != nil {
			return true, fmt.Errorf("end the service: %w", err)
		}
	}
	if was, err = removeService(file); err != nil {
		return was, err
	}
	// What enabled it; without a manager nobody else removes that.
	if err := os.Remove(filepath.Join(filepath.Dir(file), "default.target.wants", unitName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return was, fmt.Errorf("remove the service: %w", err)
	}
	if none == nil {
		if _, err := asked(ctx, "systemctl", "--user", "daemon-reload"); err != nil {
			return was, fmt.Errorf("the service is removed, but systemd has not noticed: %w", err)
		}
	}
	return was, nil
}

// Start has an installed service run, and returns when it is ready.
func (s *Service) Start(ctx context.Context) error {
	if _, err := asked(ctx, "systemctl", "--user", "start", unitName); err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	return nil
}

// State tells what is known of the service.
func (s *Service) State(ctx context.Context) (ServiceState, error) {
	_, st, err := installed(s.file)
	if err != nil || !st.Installed {
		return st, err
	}
	out, err := asked(ctx, "systemctl", "--user", "show", unitName, "--property=UnitFileState,ActiveState,Result,ExecMainStatus,MainPID")
	if err != nil {
		st.Why = err.Error()
		return st, nil
	}
	p := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		p[key] = value
	}
	st.AtLogin = strings.HasPrefix(p["UnitFileState"], "enabled")
	st.Running = p["ActiveState"] == "active" || p["ActiveState"] == "reloading"
	st.PID, _ = strconv.Atoi(p["MainPID"])
	if !st.Running {
		st.PID, st.Why = 0, notRunning(p)
	}
	return st, nil
}

// notRunning says why a unit does not run, from its properties.
func notRunning(p map[string]string) string {
	switch {
	case p["ActiveState"] == "activating":
		return "it is being started, or waits before it is started again"
	case p["ActiveState"] == "deactivating":
		return "it is being ended"
	case p["Result"] == "exit-code":
		return "it ended with code " + p["ExecMainStatus"] + "; 'journalctl --user -u " + unitName + "' says more"
	case p["Result"] != "" && p["Result"] != "success":
		return "systemd says: " + p["Result"] + "; 'journalctl --user -u " + unitName + "' says more"
	case p["UnitFileState"] != "" && !strings.HasPrefix(p["UnitFileState"], "enabled"):
		return "systemd has it as " + p["UnitFileState"]
	}
	return "it was ended, or was not started since the login"
}

// manager reports why there is no systemd of this user; nil = there is.
func manager(ctx context.Context) error {
	_, err := asked(ctx, "systemctl", "--user", "show", "--property=Version")
	return err
}

// unit is the file's text. A user's systemd can set up neither namespaces of its own without putting the program into
// one, nor anything that needs root; the node needs to make a user and a mount namespace itself. So what is left are the
// kinds of restriction that a filter of system calls can enforce.
func (s *Service) unit() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	var b strings.Builder
	line := func(text ...string) { b.WriteString(strings.Join(text, "") + "\n") }
	line("# ", serviceMark, "; 'mysteriumvpn service remove' takes it away.")
	if home := s.homeLine(); home != "" {
		line("# ", home)
	}
	line("[Unit]")
	line("Description=MysteriumVPN without a window")
	line("Documentation=man:mysteriumvpn(1)")
	line("# Five failures in five minutes are no accident: then it waits for somebody to look.")
	line("StartLimitIntervalSec=300")
	line("StartLimitBurst=5")
	line("")
	line("[Service]")
	line("# It says so itself when a window or a command can reach it.")
	line("Type=notify")
	words := make([]string, 0, 1+len(s.Args))
	for _, a := range append([]string{s.Program}, s.Args...) {
		words = append(words, unitWord(a))
	}
	line("# The colon keeps dollar signs what they are.")
	line("ExecStart=:", strings.Join(words, " "))
	for _, e := range s.Env {
		line("Environment=", unitWord(e))
	}
	line("# Not after 'mysteriumvpn quit', which ends it well.")
	line("Restart=on-failure")
	line("RestartSec=5")
	line("# It ends its node itself, and takes up to 20 seconds; what is left then is killed.")
	line("KillMode=mixed")
	line("TimeoutStopSec=30")
	line("# Files for this user only, whatever the login has.")
	line("UMask=0077")
	line("# Nothing that it starts gains rights: the node makes its namespaces without any.")
	line("NoNewPrivileges=yes")
	line("# Sockets of these kinds alone: local ones, the internet, and the kernel's, which tells addresses and routes.")
	line("RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK")
	line("# Nothing here sets clocks, loads modules, restarts the computer or touches devices by their ports.")
	line("SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap")
	line("SystemCallErrorNumber=EPERM")
	line("SystemCallArchitectures=native")
	line("# Nothing needs another execution domain, a place before all other programs, or files that lend their owner's rights.")
	line("LockPersonality=yes")
	line("RestrictRealtime=yes")
	line("RestrictSUIDSGID=yes")
	line("# Not set, and why: RestrictNamespaces, because the node makes a user and a mount namespace. ProtectSystem, ProtectHome,")
	line("# PrivateTmp and their like, because for a user they mean a namespace in which the node may not mount, and because a")
	line("# backup goes wherever you say. MemoryDenyWriteExecute, because the node may be a program that was not tried with it.")
	line("")
	line("[Install]")
	line("WantedBy=default.target")
	return b.String(), nil
}

// unitWord quotes a word for a unit: C's escapes in double quotes, and percent signs doubled.
func unitWord(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "%", "%%").Replace(s) + `"`
}
