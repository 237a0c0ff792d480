package desktop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// Service has the system start the program at login without a window: a user unit of systemd on Linux, a launch agent on
// macOS, a task on Windows. The last two are written by their documentation and were never run.
type Service struct {
	Program string   // absolute path
	Args    []string // for it
	Env     []string // NAME=value, besides what the system gives
	Home    string   // what it was told by --home; "" = nothing
}

// ServiceState is what is known of an installed service. The zero ServiceState is that of none.
type ServiceState struct {
	File      string // where it is written down, or would be
	Installed bool   // that file is there, and ours
	Home      string // what it was installed for
	AtLogin   bool   // the system starts it
	Running   bool
	PID       int    // 0 = not known
	Why       string // why it does not run, or why nobody knows; "" = nothing to explain
}

// ServiceInstalled says what Install did.
type ServiceInstalled struct {
	File    string
	Written bool // it was not there, or said something else
	Started bool // it was asked to run, and does
}

// NoManagerError says that a service was written down, but that there is nobody who starts it, and what to do about that.
type NoManagerError struct {
	File string
	Why  string
	Do   []string // commands, for when there is somebody
}

// Error is a sentence.
func (e *NoManagerError) Error() string {
	return fmt.Sprintf("%s is written, but nothing starts it: %s. Once you are logged in where there is one: %s", e.File, e.Why, strings.Join(e.Do, " && "))
}

// NotOursError says that somebody else has written a service of this name.
type NotOursError struct{ File string }

// Error is a sentence.
func (e *NotOursError) Error() string {
	return e.File + " was not written by this program, so it is left as it is. Move it away if it is not needed"
}

// NoServiceError says that this system is not known here.
type NoServiceError struct{ System string }

// Error is a sentence.
func (e *NoServiceError) Error() string {
	return "there is no service for " + e.System + " here. Start 'mysteriumvpn run' by what your system has for that"
}

// The marks by which a file is known as ours, and for which folder it is.
const (
	serviceMark = "Written by 'mysteriumvpn service install'"
	homeMark    = "It keeps everything in "
)

// serviceLimit bounds one question to what starts services. A start waits until the program is ready.
const serviceLimit = 40 * time.Second

// homeLine tells in a comment which folder a service is for.
func (s *Service) homeLine() string {
	if s.Home == "" {
		return ""
	}
	return homeMark + strconv.Quote(s.Home)
}

// check finds what no service could start.
func (s *Service) check() error {
	if !filepath.IsAbs(s.Program) {
		return fmt.Errorf("the path %q of the program is not absolute", s.Program)
	}
	for _, v := range append(append([]string{s.Program}, s.Args...), s.Env...) {
		if !utf8.ValidString(v) || strings.ContainsAny(v, "\x00\n\r") {
			return fmt.Errorf("%q cannot stand in a service", v)
		}
	}
	return nil
}

// readService gives what is known from a file that a service is written down in.
func readService(file string) (ServiceState, error) {
	st := ServiceState{File: file}
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return st, nil
	case err != nil:
		return st, fmt.Errorf("read the service: %w", err)
	case !bytes.Contains(b, []byte(serviceMark)):
		return st, &NotOursError{file}
	}
	st.Installed = true
	if _, rest, ok := strings.Cut(string(b), homeMark); ok {
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			st.Home, _ = strconv.Unquote(quoted)
		}
	}
	return st, nil
}

// installed finds the service's file and tells what is known of it without asking the system.
func installed(find func() (string, error)) (file string, st ServiceState, err error) {
	if file, err = find(); err == nil {
		st, err = readService(file)
	}
	return file, st, err
}

// writeService writes the file, unless it says the same already. Somebody else's is left alone.
func writeService(file, text string) (written bool, err error) {
	if _, err := readService(file); err != nil {
		return false, err
	}
	if old, err := os.ReadFile(file); err == nil && string(old) == text {
		return false, nil
	}
	if err := store.WriteFile(file, []byte(text)); err != nil {
		return false, fmt.Errorf("write the service: %w", err)
	}
	return true, nil
}

// removeService removes the file if it is ours; false = there was none.
func removeService(file string) (was bool, err error) {
	st, err := readService(file)
	if err != nil || !st.Installed {
		return false, err
	}
	if err := os.Remove(file); err != nil {
		return true, fmt.Errorf("remove the service: %w", err)
	}
	return true, nil
}

// asked runs a program that starts services, and gives what it prints.
func asked(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, serviceLimit)
	defer cancel()
	return run(ctx, program, args...)
}
