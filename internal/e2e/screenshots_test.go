//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestScreenshots writes the pictures of docs/screenshots. It runs only when asked for: `make screenshots`.
func TestScreenshots(t *testing.T) {
	if os.Getenv("SCREENSHOTS") == "" {
		t.Skip("SCREENSHOTS names no folder; make screenshots does")
	}
	for _, theme := range []string{"dark", "light"} {
		t.Run(theme, func(t *testing.T) {
			s := newScreen(t, "1400x900")
			s.site = ownAddress(t)
			s.startSite()
			require.NoError(t, os.WriteFile(filepath.Join(s.home, "settings.json"), []byte(`{"theme":"`+theme+`"}`), 0o600))
			require.NoError(t, os.Remove(filepath.Join(s.home, "terms.json")))
			s.open("--exit.allow", s.site+"/32")
			s.await(30*time.Second, func(s status) bool { return s.Node.State == "running" && s.Phase == "down" })
			s.shoot("welcome-" + theme)
			s.key("Return") // accept the terms, and skip the rest
			s.key("shift+Tab")
			s.key("Return")
			s.shoot("down-" + theme)
			s.key("ctrl+f")
			s.typed("ger")
			s.shoot("search-" + theme)
			s.key("Escape")
			out, code := s.ctl("connect", "CH")
			require.Zero(t, code, out)
			s.key("ctrl+f")
			at := s.status().Proxy.SOCKS5
			s.start("download", s.role(nil, "client", "stream", at, "http://"+s.site+":8080/endless")).line(t, "begun", 10*time.Second)
			for n := range 14 { // something to draw, up and down
				if n%4 == 1 {
					_, err := s.client("socks5", at, "http://"+s.site+":8080/file")
					require.NoError(t, err)
				}
				<-time.After(time.Second)
			}
			s.shoot("up-" + theme)
			for _, page := range [][2]string{{"ctrl+d", "details"}, {"ctrl+l", "log"}, {"ctrl+comma", "settings"}, {"ctrl+h", "history"}, {"ctrl+m", "account"}, {"ctrl+r", "report"}} {
				s.key(page[0])
				s.shoot(page[1] + "-" + theme)
			}
		})
	}
}
