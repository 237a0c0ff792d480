package netd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// vmark is the sysctl that lets a strict reverse path filter see the mark of WireGuard's answers. What it was is kept
// as long as there is a tunnel. Where it cannot be set, a filter that is not strict does without it.
type vmark struct {
	path string
	was  string // file with what it was
}

func newVMark(p Paths) vmark {
	return vmark{path: p.VMark, was: filepath.Join(p.Run, "src_valid_mark.was")}
}

func (v vmark) set() error {
	b, err := os.ReadFile(v.path)
	if err != nil || strings.TrimSpace(string(b)) == "1" {
		return err
	}
	if err := writeWhole(v.was, string(b), 0o600); err != nil {
		return err
	}
	return os.WriteFile(v.path, []byte("1\n"), 0o600)
}

func (v vmark) restore() error {
	b, err := os.ReadFile(v.was)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(v.path, b, 0o600)
	}
	if err == nil {
		err = removeIfThere(v.was)
	}
	return step("put src_valid_mark back", err)
}
