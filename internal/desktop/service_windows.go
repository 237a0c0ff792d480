package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
)

// Untested: all of this file follows the documentation of schtasks and of the Task Scheduler's schema, and was never run.

// taskName is the service's name for the Task Scheduler.
const taskName = "MysteriumVPN"

// file keeps the task as it was handed over, so that it is known as ours.
func (s *Service) file() (string, error) {
	dir := os.Getenv("LOCALAPPDATA")
	if !filepath.IsAbs(dir) {
		return "", errors.New("LOCALAPPDATA names no folder, so there is no place for the service")
	}
	return filepath.Join(dir, "MysteriumVPN", "service.xml"), nil
}

// Install registers a task that runs at logon, with no more rights than the user has; now: and runs it at once. Untested.
func (s *Service) Install(ctx context.Context, now bool) (done ServiceInstalled, err error) {
	if done.File, err = s.file(); err != nil {
		return done, err
	}
	if len(s.Env) > 0 {
		return done, errors.New("a task has no environment of its own")
	}
	text, err := s.task()
	if err != nil {
		return done, err
	}
	if done.Written, err = writeService(done.File, text); err != nil {
		return done, err
	}
	if _, err := asked(ctx, "schtasks", "/Create", "/TN", taskName, "/XML", done.File, "/F"); err != nil {
		return done, fmt.Errorf("%s is written, but the task could not be made: %w", done.File, err)
	}
	if now {
		if err := s.Start(ctx); err != nil {
			return done, err
		}
		done.Started = true
	}
	return done, nil
}

// Remove ends the task and takes it away; false = there was none. Untested.
func (s *Service) Remove(ctx context.Context) (was bool, err error) {
	file, st, err := installed(s.file)
	if err != nil || !st.Installed {
		return false, err
	}
	_, _ = asked(ctx, "schtasks", "/End", "/TN", taskName) // fails where it does not run
	if _, err := asked(ctx, "schtasks", "/Delete", "/TN", taskName, "/F"); err != nil {
		return true, fmt.Errorf("take the task away: %w", err)
	}
	return removeService(file)
}

// Start has an installed task run. It does not wait until that is ready. Untested.
func (s *Service) Start(ctx context.Context) error {
	if _, err := asked(ctx, "schtasks", "/Run", "/TN", taskName); err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	return nil
}

// State tells what is known of the task. schtasks speaks the user's language, so of what it says only the number of the
// state in its XML could be read, and that is not there: whether it runs is told by its control socket. Untested.
func (s *Service) State(ctx context.Context) (ServiceState, error) {
	_, st, err := installed(s.file)
	if err != nil || !st.Installed {
		return st, err
	}
	if _, err := asked(ctx, "schtasks", "/Query", "/TN", taskName); err != nil {
		st.Why = err.Error()
		return st, nil
	}
	st.AtLogin = true
	st.Why = "whether it runs is told by 'mysteriumvpn status'"
	return st, nil
}

// task is the task's description.
func (s *Service) task() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	who, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("find out who you are: %w", err)
	}
	args := make([]string, len(s.Args))
	for i, a := range s.Args {
		args[i] = syscall.EscapeArg(a)
	}
	home := ""
	if line := s.homeLine(); line != "" && !strings.Contains(line, "--") { // not allowed in a comment
		home = "\n  <!-- " + line + " -->"
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <!-- ` + serviceMark + ` -->` + home + `
  <RegistrationInfo><Description>MysteriumVPN without a window</Description></RegistrationInfo>
  <Triggers><LogonTrigger><UserId>` + xmlText(who.Username) + `</UserId></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>` + xmlText(who.Username) + `</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>5</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author"><Exec><Command>` + xmlText(s.Program) + `</Command><Arguments>` + xmlText(strings.Join(args, " ")) + `</Arguments></Exec></Actions>
</Task>
`, nil
}
