package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Where the packages put the helper, and the units that start it.
const (
	helperProgram = "/usr/sbin/mysteriumvpn-netd"
	systemdRuns   = "/run/systemd/system" // is there exactly if systemd is the init system, sd_booted(3)
)

// enable is all that is ever run with another user's rights, and none of it comes from outside.
var enable = []string{"systemctl", "enable", "--now", "mysteriumvpn-netd.socket"}

// passwordLimit is how long the user may think about a password.
const passwordLimit = 5 * time.Minute

// FindHelper looks what is here. It reads a few names of files.
func FindHelper() Helper { return findHelper(helperProgram, systemdRuns, exec.LookPath) }

func findHelper(program, systemd string, look func(string) (string, error)) Helper {
	h := Helper{Installed: there(program), Terminal: "sudo " + strings.Join(enable, " ")}
	if !there(systemd) {
		h.Terminal = "sudo mysteriumvpn-netd serve --allow " + fmt.Sprint(os.Getuid())
		return h
	}
	_, noPkexec := look("pkexec")
	_, noSystemctl := look(enable[0])
	if h.Installed && noPkexec == nil && noSystemctl == nil {
		h.Start = "pkexec " + strings.Join(enable, " ")
	}
	return h
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// EnableHelper has systemd start the helper's socket, now and at each start of the computer. The desktop asks for an
// administrator's password. What goes wrong is a sentence, with what the programs have said.
func EnableHelper(ctx context.Context) error { return enableHelper(ctx, "pkexec") }

func enableHelper(ctx context.Context, pkexec string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, passwordLimit, errors.New("nobody typed a password"))
	defer cancel()
	cmd := exec.CommandContext(ctx, pkexec, enable...)
	cmd.WaitDelay = time.Second
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	exit, ran := errors.AsType[*exec.ExitError](err)
	if !ran {
		return fmt.Errorf("run pkexec: %w", err)
	}
	switch exit.ExitCode() { // pkexec(1)
	case 126:
		return errors.New("no password was given, so nothing was started")
	case 127:
		return fmt.Errorf("the system does not let you do that: %s", words(said, "it did not say why"))
	}
	return fmt.Errorf("systemd did not start the helper: %s", words(said, err.Error()))
}

// words is what programs said, on one line; or what is said in its place.
func words(said []byte, instead string) string {
	const most = 400
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(said), "?")), " ")
	if text == "" {
		return instead
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
