package ui

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

var screens = flag.String("screens", "", "folder to draw every page and phase into, as PNG")

// TestScreens draws what a designer should look at: go test -run TestScreens -screens DIR.
func TestScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		for _, p := range vpn.Phases() {
			s := newStage(t, func(o *Options) {
				o.Home = &Point{Lon: 25.3, Lat: 54.7}
				o.Places = Places{Favourites: []string{"CH", "JP"}, Recent: []string{"DE"}}
			})
			s.topics.Settings.Send(vpn.Settings{Theme: look})
			if p != vpn.Unknown {
				s.offer(sandbox(61))
			}
			s.status(inPhase(p))
			if p == vpn.Up {
				s.flow()
			}
			s.shoot(look+"-"+p.String(), 1180, 740)
			switch p {
			case vpn.Down:
				s.choose(vpn.Target{Country: "DE"})
				s.exits.toggleOpen("DE")
				s.exits.focusList()
				s.shoot(look+"-chosen", 1180, 740)
				s.exits.search.SetText("ber")
				s.shoot(look+"-search", 1180, 740)
				s.exits.search.SetText("xqz")
				s.shoot(look+"-nothing", 1180, 740)
				s.exits.search.SetText("")
				s.choose(vpn.Target{})
				s.toggleDetails()
				s.exits.funnel.press()
				s.exits.filter.rows[2].choose(1)
				s.exits.filter.rows[1].choose(2)
				s.shoot(look+"-filter", 1180, 740)
				s.escape()
				s.exits.narrow(proposals.Filter{Quality: proposals.High, IPType: "hosting"}, proposals.CheapestFirst)
				s.exits.search.SetText("rotterdam")
				s.shoot(look+"-hidden", 1180, 740)
				s.shoot(look+"-hidden-small", 720, 520)
			case vpn.Up:
				s.toggleDetails()
				s.shoot(look+"-details", 1180, 740)
				s.shoot(look+"-details-small", 720, 520)
				s.toggleDetails()
				s.shoot(look+"-small", 720, 520)
				s.toggleFar()
				s.shoot(look+"-far", 1180, 740)
				s.toggleFar()
				s.choose(vpn.Target{Country: "JP"})
				s.shoot(look+"-switch", 1440, 900)
				s.openMenu()
				s.shoot(look+"-menu", 1180, 740)
				s.window.Canvas().Overlays().Top().Hide()
				s.fillLog()
				s.shoot(look+"-log", 1180, 740)
				s.Window.log.choose(4)
				s.Window.log.list.ScrollToOffset(100)
				s.shoot(look+"-log-small", 720, 520)
			case vpn.Dialing:
				s.closeAsked()
				s.shoot(look+"-close", 1180, 740)
			case vpn.Failed:
				s.shoot(look+"-failed-small", 720, 520)
			default:
			}
			s.Close()
		}
	}
}

// fillLog fills the ring and opens the page.
func (s *stage) fillLog() {
	for i := range 60 {
		s.ring.Append(logs.Line{At: noon, Source: logs.Source(1 + i%3), Level: logs.Level(1 + i%4), Text: []string{
			"tunnel is up", "starting TequilAPI on 127.0.0.1:4050, which is where everything else asks for proposals, connections and identities of this node", "sending handshake initiation",
		}[i%3], Fields: []string{"", "peer=1"}[i%2]})
	}
	s.toggleLog()
}

func (s *stage) shoot(name string, w, h float32) {
	s.window.Resize(fyne.NewSize(w, h))
	s.lane.Run()
	f, err := os.Create(filepath.Join(*screens, name+".png"))
	require.NoError(s.t, err)
	require.NoError(s.t, png.Encode(f, s.window.Canvas().Capture()))
	require.NoError(s.t, f.Close())
}
