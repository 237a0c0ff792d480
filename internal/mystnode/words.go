package mystnode

import (
	"strings"

	"github.com/mysteriumvpn/desktop/internal/nodeproc"
)

// Cause reads the last lines of a node that left. It is nodeproc's Spec.Cause.
func Cause(lines []string) error {
	for i := len(lines) - 1; i >= 0; i-- {
		for _, w := range words {
			if strings.Contains(lines[i], w.text) {
				return w.cause
			}
		}
	}
	return nil
}

// words are what nodes up to 1.38 say last. A node that says something else has left for a reason that we do not know,
// and is given up after a few times.
var words = []struct {
	text  string
	cause error
}{
	{"could not get hermes URL", nodeproc.ErrNoNetwork}, // neither the chain nor its observer can be reached
	{"failed to open boltDB", nodeproc.ErrDataLocked},
	{"seems to be taken", nodeproc.ErrPortTaken},
}
