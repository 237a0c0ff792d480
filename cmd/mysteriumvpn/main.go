// Command mysteriumvpn is the whole program: the window and the tray, the same core without a window, the command
// line that talks to a running one, the node that serves the sandbox and own servers, and an exit for a machine of
// the user's.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	_ "github.com/mysteriumvpn/desktop/internal/locale" // before Fyne looks at the environment
)

// version is FyneApp.toml's, put in by the build.
var version = "dev"

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // the terminal was closed; nohup asks to go on
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line and gives its exit code.
func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	addCompletion(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(errs, "%v\nSee '%s --help'.\n", usage, usage.command)
		return exitUsage
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(errs, sentence(err))
	}
	return exitFailed
}

// errSaid is a failure that the command has told already.
var errSaid = errors.New("said already")

// usageError is a command line that cannot be understood.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return sentence(e.err) }
func (e *usageError) Unwrap() error { return e.err }

// plainFlagError says a flag's error without the words of the package that parses it.
func plainFlagError(err error) error {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "invalid argument "); ok {
		if i := strings.LastIndex(rest, " flag: "); i > 0 {
			if j := strings.LastIndex(rest[:i], " for "); j > 0 {
				name := strings.Trim(rest[j+len(" for "):i], `"`)
				return fmt.Errorf("%s cannot be %s", name[strings.LastIndex(name, "--"):], rest[:j])
			}
		}
	}
	return err
}

// sentence starts an error with a capital letter and ends it with a full stop, for people.
func sentence(err error) string {
	s := []rune(err.Error())
	if len(s) == 0 {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s[0] -= 'a' - 'A'
	}
	if last := s[len(s)-1]; last != '.' && last != '?' && last != '!' && last != '\n' {
		s = append(s, '.')
	}
	return string(s)
}
