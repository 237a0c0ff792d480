// Package supervisor speaks the line protocol by which a Mysterium node asks somebody else to bring WireGuard up and
// down. One command per line, one answer per line: "ok", "ok: RESULT" or "error: TEXT". Here are both sides of it, and
// the config that travels with wg-up.
//
// The app runs the Server and hands it a Handler that brings its own tunnel up; the real node, and ours, are clients.
//
// Serve and the methods of Client may be used from any goroutine. A Handler's Up and Down are called one at a time,
// Stats at any time. Private keys pass through here: they appear in no answer, error or log line.
package supervisor

import (
	"context"
	"fmt"
	"time"
)

// Handler does what the node asks for. An error's text is sent to the node as it is, on one line.
type Handler interface {
	// Up brings the tunnel of a valid config up, in place of any other, and returns the interface's name. ctx covers
	// the call, not the tunnel's life. "" stands for the name in the config, or DefaultIface if there is none.
	Up(ctx context.Context, c Config) (iface string, err error)
	// Down takes the tunnel down. It is an error if no such interface is up.
	Down(iface string) error
	// Stats counts what has passed since Up. It is an error if no such interface is up. It is called each second.
	Stats(iface string) (Stats, error)
}

// Killer is what a Handler also implements if it can end the node on the command "kill". Without it kill is refused: a
// supervisor must not end processes that are not its own.
type Killer interface {
	// Kill ends the node whose API listens on port, as the last ta-set-port told (DefaultAPIPort without one).
	Kill(ctx context.Context, port int) error
}

// DefaultIface is the interface's name when nobody gives one.
const DefaultIface = "myst0"

// DefaultAPIPort is the port of the node's API until ta-set-port says another.
const DefaultAPIPort = 4050

// MaxLine is the length of the longest line that either side reads, without its line feed.
const MaxLine = 64 << 10

// Stats is the answer to wg-stats.
type Stats struct {
	BytesSent     uint64    `json:"bytes_sent"`
	BytesReceived uint64    `json:"bytes_received"`
	LastHandshake time.Time `json:"last_handshake"` // zero = none yet
}

// RefusedError is an answer that begins with "error:".
type RefusedError struct {
	Command string // its first word only: the rest may hold a key
	Text    string // what the supervisor said
}

// Error gives the command and the supervisor's words.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("supervisor refused %s: %s", e.Command, e.Text)
}
