package desktop

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

// child is what the test binary does when it is a program that is killed.
var child func()

func TestMain(m *testing.M) {
	if child != nil && os.Getenv("DESKTOP_TEST_SETS") != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestKindOf(t *testing.T) {
	for current, want := range map[string]Kind{
		"": Unknown, "GNOME": GNOME, "ubuntu:GNOME": GNOME, "GNOME-Flashback:GNOME": GNOME, "X-Cinnamon": GNOME,
		"Budgie:GNOME": GNOME, "KDE": KDE, "XFCE": Unknown, "sway": Unknown, "MATE": Unknown,
	} {
		assert.Equal(t, want, KindOf(current), current)
	}
}
