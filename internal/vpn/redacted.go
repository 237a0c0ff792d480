package vpn

import (
	"fmt"
	"strings"
)

// What a tap of the bus may show of the values that travel: what happened, never where the user went or who is paid.

// Redacted names phase, try, cause, connection and node.
func (s Status) Redacted() string {
	var b strings.Builder
	fmt.Fprintf(&b, "phase=%s node=%s", s.Phase, s.Node.State)
	if s.Attempt > 0 {
		fmt.Fprintf(&b, " attempt=%d", s.Attempt)
	}
	if !s.Reason.Zero() {
		fmt.Fprintf(&b, " reason=%s", s.Reason.Code)
	}
	if !s.Refused.Zero() {
		fmt.Fprintf(&b, " refused=%s", s.Refused.Code)
	}
	if s.Connection != "" {
		fmt.Fprintf(&b, " connection=%s", s.Connection)
	}
	if s.Command > 0 {
		fmt.Fprintf(&b, " command=%d", s.Command)
	}
	return b.String()
}

// Redacted names the verb, and whether the choice of the exit is left to us.
func (c Command) Redacted() string {
	text := fmt.Sprintf("%s command=%d", c.Verb, c.ID)
	if c.Verb == Connect && c.Target.Quick() {
		text += " quick"
	}
	return text
}

// Redacted counts bytes.
func (t Traffic) Redacted() string {
	return fmt.Sprintf("sent=%d received=%d", t.BytesSent, t.BytesReceived)
}

// Redacted is the code alone.
func (n Notice) Redacted() string { return string(n.Reason.Code) }

// Redacted says all there is.
func (Raise) Redacted() string { return "raise" }

var verbNames = [...]string{"nothing", "connect", "disconnect", "restart node", "quit"}

// String is the verb's name, for logs.
func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return verbNames[NoVerb]
}
