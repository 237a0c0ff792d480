package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// serviceDoc is what `service status --json` prints.
type serviceDoc struct {
	Installed bool    `json:"installed"`
	AtLogin   bool    `json:"at_login"` // the system starts it
	Running   bool    `json:"running"`
	PID       int     `json:"pid,omitempty"`
	File      string  `json:"file"`
	Home      string  `json:"home,omitempty"` // what it was installed for; missing = the usual folders
	Reason    *string `json:"reason"`         // why it does not run; null = nothing to explain
}

// serviceOf is the service for a program that keeps everything under home, "" = in the usual folders.
func serviceOf(home string, args ...string) *desktop.Service {
	s := &desktop.Service{Program: ownProgram(), Args: append([]string{"run"}, args...)}
	if home != "" {
		if abs, err := filepath.Abs(home); err == nil {
			home = abs
		}
		s.Home = home
		s.Args = append(s.Args, "--home", home)
		return s
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} { // a login may not have them
		if v := os.Getenv(name); filepath.IsAbs(v) && filepath.Separator == '/' {
			s.Env = append(s.Env, name+"="+v)
		}
	}
	return s
}

// newService is `mysteriumvpn service`.
func newService(home func() string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Have the program run from login on, without a window",
		Long: `Have the program run from login on, without a window. A window that is opened joins it, and leaves it running when
it is closed. On Linux it is a service of your own systemd; nothing needs root. On macOS it is a launch agent and on
Windows a task, which were written by their documentation and have never been run.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newServiceInstall(home), newServiceRemove(home), newServiceStatus(home))
	return cmd
}

func newServiceInstall(home func() string) *cobra.Command {
	var network, proxy string
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Start the program at each login, and now",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := networkNamed(network); err != nil {
				return usagef(cmd, err.Error())
			}
			if checkProxy(proxy, true) == nil && proxy != "" && vpn.Exposed(proxy) {
				return usagef(cmd, fmt.Sprintf("--proxy %s can be reached from other computers, and a service is for this one only; choose a loopback address", quoted(proxy)))
			}
			if err := checkProxy(proxy, false); err != nil {
				return usagef(cmd, err.Error())
			}
			var args []string
			if network != "" {
				args = append(args, "--network", network)
			}
			if proxy != "" {
				args = append(args, "--proxy", proxy)
			}
			return installService(cmd.Context(), serviceOf(home(), args...), foldersAt(home()), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&network, "network", "", "the network `NAME` that exits come from\n(default: as chosen last)")
	f.StringVar(&proxy, "proxy", "", "let programs reach the tunnel at this `ADDR`, host:port\n(default: as kept)")
	return cmd
}

func installService(ctx context.Context, s *desktop.Service, f folders, out io.Writer) error {
	before, err := s.State(ctx)
	if err != nil {
		return err
	}
	other := !before.Running && runsAt(ctx, f)
	done, err := s.Install(ctx, !other)
	if err != nil {
		return err
	}
	if done.Written {
		fmt.Fprintf(out, "Written: %s\n", done.File)
	}
	switch {
	case other:
		fmt.Fprintln(out, "It starts at the next login. MysteriumVPN runs already, so it was not started now.")
	case before.Running && done.Written:
		fmt.Fprintln(out, "It runs and starts at each login. What was changed counts when it starts next.")
	default:
		fmt.Fprintln(out, "It runs, and starts at each login.")
	}
	return nil
}

func newServiceRemove(home func() string) *cobra.Command {
	return &cobra.Command{
		Use:   "remove",
		Short: "End it, and do not start it at login any more",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			was, err := serviceOf(home()).Remove(cmd.Context())
			if err != nil {
				return err
			}
			text := "Removed. Settings, history and log are kept."
			if !was {
				text = "There was none."
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
}

func newServiceStatus(home func() string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether it is installed and runs, and why not",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := serviceOf(home()).State(cmd.Context())
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				d := serviceDoc{Installed: st.Installed, AtLogin: st.AtLogin, Running: st.Running, PID: st.PID, File: st.File, Home: st.Home}
				if st.Why != "" {
					d.Reason = &st.Why
				}
				return printLine(out, d)
			}
			_, err = fmt.Fprintln(out, serviceWords(st))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

// serviceWords says how a service is.
func serviceWords(st desktop.ServiceState) string {
	if !st.Installed {
		return "Not installed. 'mysteriumvpn service install' does that."
	}
	text := "Installed: " + st.File
	if st.AtLogin {
		text += "\nStarts at login."
	} else {
		text += "\nDoes not start at login."
	}
	switch {
	case st.Running && st.PID > 0:
		text += fmt.Sprintf("\nRuns, process %d.", st.PID)
	case st.Running:
		text += "\nRuns."
	case st.Why != "":
		text += "\nDoes not run: " + st.Why + "."
	default:
		text += "\nDoes not run."
	}
	return text
}

// startService has the installed service run, if it is this window's, so that the window joins it and none other starts
// beside it. "" = there is nothing to say.
func startService(ctx context.Context, home string) (problem string) {
	s := serviceOf(home)
	st, err := s.State(ctx)
	if err != nil || !st.Installed || st.Home != s.Home || st.Running || !st.AtLogin {
		return ""
	}
	if err := s.Start(ctx); err != nil {
		return sentence(err) + " This window starts a core of its own."
	}
	return ""
}
