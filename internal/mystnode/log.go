package mystnode

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// logName is the file in the node's log folder (core/node/options.go of the node).
const logName = "mysterium-node.log"

// LogFile is where a node that we have not started writes its log: one that we have speaks through its pipes. The node
// does not tell, so its arguments and its home folder do; Linux only, and only for a process that this user may look at.
func LogFile(pid int) (string, error) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	args, err := os.ReadFile(proc + "cmdline")
	if err != nil {
		return "", fmt.Errorf("look where the node writes its log: %w", err)
	}
	dir := logFolder(strings.Split(string(args), "\x00"))
	if dir == "" {
		env, err := os.ReadFile(proc + "environ")
		if err != nil {
			return "", fmt.Errorf("look where the node writes its log: %w", err)
		}
		for v := range strings.SplitSeq(string(env), "\x00") {
			if home, ok := strings.CutPrefix(v, "HOME="); ok {
				dir = filepath.Join(home, ".mysterium", "logs")
			}
		}
	}
	if !filepath.IsAbs(dir) {
		cwd, err := os.Readlink(proc + "cwd")
		if err != nil {
			return "", fmt.Errorf("look where the node writes its log: %w", err)
		}
		dir = filepath.Join(cwd, dir)
	}
	return filepath.Join(dir, logName), nil
}

// logFolder finds --log-dir among arguments, in all the ways in which it may be written; "" = it is not there.
func logFolder(args []string) (dir string) {
	for i, a := range args {
		name, ok := strings.CutPrefix(a, "-")
		if !ok {
			continue
		}
		name = strings.TrimPrefix(name, "-")
		if v, ok := strings.CutPrefix(name, "log-dir="); ok {
			dir = v
		} else if name == "log-dir" && i+1 < len(args) {
			dir = args[i+1]
		}
	}
	return dir
}
