//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheMouseAlone connects, changes country and disconnects with nothing but clicks: on a row, on the button that it then
// has, on the way to another country and on the large button. Keys go on where a click was.
func TestTheMouseAlone(t *testing.T) {
	s := newScreen(t, "1400x900")
	require.NoError(t, os.WriteFile(filepath.Join(s.home, "settings.json"), []byte(`{"theme":"dark"}`), 0o600))
	s.open()
	s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
	const ( // of the first row, of the button in it, and from a row to the next
		row, button, first, pitch = 150, 222, 206, 54
	)
	s.sees("the list", func() bool { return s.pixel(36, first) != darkGround })

	austria, belgium := first+2*pitch, first+3*pitch
	s.click(row, austria)
	s.shows("the button in the row that was clicked", button, austria, darkPrimary)
	s.click(row, belgium)
	s.shows("the button in the next one", button, belgium, darkPrimary)
	s.sees("no button in the one before", func() bool { return s.pixel(button, austria) != darkPrimary })
	s.click(button+20, belgium)
	s.await(30*time.Second, upIn("BE"))

	// The keys go on from a click. Belgium stands above now, among the recent ones.
	s.click(row, austria+pitch)
	s.key("Down")
	s.key("Return")
	s.await(30*time.Second, func(s status) bool { return s.Phase == "up" && s.Exit.Country != "BE" })

	s.click(418, 634)
	s.await(15*time.Second, inPhase("down"))
}
