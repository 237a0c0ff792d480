package desktop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Untested: all of this file follows launchd.plist(5) and launchctl(1), and was never run.

// agentLabel is the service's name for launchd.
const agentLabel = "network.mysterium.vpn.desktop"

func (s *Service) file() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the folder of your launch agents: %w", err)
	}
	return filepath.Join(home, "Library", "LaunchAgents", agentLabel+".plist"), nil
}

func agentDomain() string { return "gui/" + strconv.Itoa(os.Getuid()) }

// Install writes the launch agent down; now: and has launchd start it at once. Untested.
func (s *Service) Install(ctx context.Context, now bool) (done ServiceInstalled, err error) {
	if done.File, err = s.file(); err != nil {
		return done, err
	}
	text, err := s.agent()
	if err != nil {
		return done, err
	}
	if done.Written, err = writeService(done.File, text); err != nil || !now {
		return done, err
	}
	if _, err := asked(ctx, "launchctl", "print", agentDomain()+"/"+agentLabel); err == nil {
		if !done.Written {
			done.Started = true
			return done, nil
		}
		_, _ = asked(ctx, "launchctl", "bootout", agentDomain()+"/"+agentLabel)
	}
	if _, err := asked(ctx, "launchctl", "bootstrap", agentDomain(), done.File); err != nil {
		return done, fmt.Errorf("%s is written, but could not be started: %w", done.File, err)
	}
	done.Started = true
	return done, nil
}

// Remove ends the agent and takes it away; false = there was none. Untested.
func (s *Service) Remove(ctx context.Context) (was bool, err error) {
	file, st, err := installed(s.file)
	if err != nil || !st.Installed {
		return false, err
	}
	_, _ = asked(ctx, "launchctl", "bootout", agentDomain()+"/"+agentLabel) // fails where it does not run
	return removeService(file)
}

// Start has an installed agent run. It does not wait until that is ready. Untested.
func (s *Service) Start(ctx context.Context) error {
	if _, err := asked(ctx, "launchctl", "kickstart", agentDomain()+"/"+agentLabel); err != nil {
		return fmt.Errorf("start the service: %w", err)
	}
	return nil
}

// State tells what is known of the agent. Untested.
func (s *Service) State(ctx context.Context) (ServiceState, error) {
	_, st, err := installed(s.file)
	if err != nil || !st.Installed {
		return st, err
	}
	st.AtLogin = true // launchd loads what is in the folder
	out, err := asked(ctx, "launchctl", "print", agentDomain()+"/"+agentLabel)
	if err != nil {
		st.Why = err.Error()
		return st, nil
	}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch key {
		case "state":
			st.Running = value == "running"
		case "pid":
			st.PID, _ = strconv.Atoi(value)
		case "last exit code":
			st.Why = "it ended with code " + value
		}
	}
	if st.Running {
		st.Why = ""
	}
	return st, nil
}

// agent is the file's text.
func (s *Service) agent() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- " + serviceMark + " -->\n")
	if home := s.homeLine(); home != "" && !strings.Contains(home, "--") { // not allowed in a comment
		b.WriteString("<!-- " + home + " -->\n")
	}
	b.WriteString("<plist version=\"1.0\">\n<dict>\n\t<key>Label</key>\n\t<string>" + agentLabel + "</string>\n\t<key>ProgramArguments</key>\n\t<array>\n")
	for _, a := range append([]string{s.Program}, s.Args...) {
		b.WriteString("\t\t<string>" + xmlText(a) + "</string>\n")
	}
	b.WriteString("\t</array>\n\t<key>RunAtLoad</key>\n\t<true/>\n\t<key>KeepAlive</key>\n\t<dict>\n\t\t<key>SuccessfulExit</key>\n\t\t<false/>\n\t</dict>\n" +
		"\t<key>ExitTimeOut</key>\n\t<integer>30</integer>\n\t<key>Umask</key>\n\t<integer>63</integer>\n")
	if len(s.Env) > 0 {
		b.WriteString("\t<key>EnvironmentVariables</key>\n\t<dict>\n")
		for _, e := range s.Env {
			name, value, _ := strings.Cut(e, "=")
			b.WriteString("\t\t<key>" + xmlText(name) + "</key>\n\t\t<string>" + xmlText(value) + "</string>\n")
		}
		b.WriteString("\t</dict>\n")
	}
	b.WriteString("</dict>\n</plist>\n")
	return b.String(), nil
}
