package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

var noDesktop = vpn.Computer{Use: vpn.UseImpossible, Reason: vpn.Reason{Code: vpn.DesktopUnknown, A: "XFCE"}}

func (s *stage) thisComputer(c vpn.Computer) {
	s.topics.Computer.Send(c)
	s.lane.Run()
}

func TestTheSwitchForThisComputer(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Down))
	assert.False(t, s.card.use.Visible(), "nothing is offered before anybody has looked")
	s.thisComputer(vpn.Computer{Use: vpn.UseOff})
	assert.True(t, s.card.use.Visible())
	assert.Equal(t, "Use for this computer", s.card.use.text)
	s.card.use.press()
	require.Len(t, s.saved, 1)
	assert.True(t, s.saved[0].UseForComputer)
	assert.Contains(t, s.notice.text.Text, "Most programs with a window follow it", "it says what it does and what not")
	assert.Equal(t, "Use for this computer", s.card.use.text, "it moves when the setting has")
	s.topics.Settings.Send(s.saved[0])
	s.lane.Run()
	assert.Equal(t, "On once connected", s.card.use.text)
	assert.Equal(t, "check", s.card.use.icon)
	s.status(inPhase(vpn.Up))
	s.thisComputer(vpn.Computer{Use: vpn.UseOn})
	assert.Equal(t, "On for this computer", s.card.use.text)
	assert.Equal(t, "check", s.computerChoice().icon)
	s.computerChoice().do()
	require.Len(t, s.saved, 2)
	assert.False(t, s.saved[1].UseForComputer)
}

func TestADesktopThatIsNotKnownOffersLinesToCopy(t *testing.T) {
	s := newStage(t, nil)
	s.status(inPhase(vpn.Up))
	s.thisComputer(noDesktop)
	assert.Equal(t, "Use in programs…", s.card.use.text)
	assert.Equal(t, "Use in programs…", s.computerChoice().text)
	s.card.use.press()
	assert.Empty(t, s.saved, "nothing is switched on that cannot be")
	top := s.window.Canvas().Overlays().Top()
	require.NotNil(t, top)
	said := strings.Join(wordsIn(top), "\n")
	assert.Contains(t, said, "XFCE")
	curl, env := useLines(s.Window.status.Proxy)
	assert.Equal(t, "curl --proxy socks5h://127.0.0.1:41871 https://example.org", curl)
	assert.Contains(t, env, "export https_proxy=http://127.0.0.1:41871\n")
	assert.Contains(t, said, curl)
	block := s.copyBlock(env)
	pills := pillsIn(block)
	require.Len(t, pills, 1)
	pills[0].press()
	assert.Equal(t, "Copied", pills[0].text)
	assert.Equal(t, env, s.app.Clipboard().Content())
}

func TestTheTrayStandsOutFromItsPanel(t *testing.T) {
	s := newStage(t, nil)
	p := &panel{}
	s.Window.tray = &tray{host: p, do: s.trayPressed}
	s.status(inPhase(vpn.Down))
	s.drawPanel(true)
	s.drawPanel(true)
	s.status(inPhase(vpn.Up))
	s.drawPanel(false)
	assert.Equal(t, []string{"tray-down-dark.png", "tray-down-light.png", "tray-up-light.png", "tray-up-dark.png"}, p.icons)
}

// TestComputerScreens draws the switch and the panel: go test -run TestComputerScreens -screens DIR.
func TestComputerScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		s := newStage(t, nil)
		set := vpn.Settings{Theme: look}
		s.topics.Settings.Send(set)
		s.offer(sandbox(61))
		s.status(inPhase(vpn.Down))
		s.thisComputer(vpn.Computer{Use: vpn.UseOff})
		s.shoot(look+"-use-off", 1180, 740)
		s.switchComputer()
		set.UseForComputer = true
		s.topics.Settings.Send(set)
		s.shoot(look+"-use-asked", 1180, 740)
		s.status(inPhase(vpn.Up))
		s.flow()
		s.thisComputer(vpn.Computer{Use: vpn.UseOn})
		s.shoot(look+"-use-on", 1180, 740)
		s.shoot(look+"-use-small", 720, 520)
		s.openMenu()
		s.shoot(look+"-use-menu", 1180, 740)
		s.window.Canvas().Overlays().Top().Hide()
		s.thisComputer(noDesktop)
		s.switchComputer()
		s.shoot(look+"-use-lines", 1180, 740)
		s.shoot(look+"-use-lines-small", 720, 520)
		s.Close()
	}
}

// wordsIn are all texts in an object.
func wordsIn(o fyne.CanvasObject) []string {
	var out []string
	for _, x := range test.LaidOutObjects(o) {
		switch x := x.(type) {
		case *label:
			out = append(out, x.full)
		case *widget.Label:
			out = append(out, x.Text)
		}
	}
	return out
}

func pillsIn(o fyne.CanvasObject) []*pill {
	var out []*pill
	for _, x := range test.LaidOutObjects(o) {
		if b, ok := x.(*pill); ok {
			out = append(out, b)
		}
	}
	return out
}
