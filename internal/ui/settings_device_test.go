package ui

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// fakeHelper is a root helper as the window sees it.
type fakeHelper struct {
	looks    int
	answer   error // to Look
	refusal  error // to Switch
	here     Setup
	enabling func() error
	switched []string
	rules    func() (string, error)
	probe    func() (probes.Result, error)
}

func (h *fakeHelper) Look() error { h.looks++; return h.answer }
func (h *fakeHelper) Switch(what string, on bool) error {
	h.switched = append(h.switched, what+" "+onOff(on))
	return h.refusal
}

func (h *fakeHelper) Rules() (proof.Listing, error) {
	text, err := h.rules()
	return proof.Parse(text).Checked(990), err
}
func (h *fakeHelper) Probe() (probes.Result, error) { return h.probe() }
func (h *fakeHelper) Setup() Setup                  { return h.here }
func (h *fakeHelper) Enable() error                 { return h.enabling() }

func deviceStage(t *testing.T) (*stage, *fakeHelper) {
	h := &fakeHelper{}
	s := newStage(t, func(o *Options) { o.Device = h })
	s.topics.Settings.Send(vpn.Settings{Network: vpn.Own})
	s.lane.Run()
	return s, h
}

// texts are the words of what lies over the window, with a space between lines.
func (s *stage) texts() string {
	s.t.Helper()
	top := s.window.Canvas().Overlays().Top()
	require.NotNil(s.t, top, "nothing lies over the window")
	return textsIn(top)
}

func textsIn(o fyne.CanvasObject) string {
	var words []string
	for _, x := range test.LaidOutObjects(o) {
		if t, ok := x.(*canvas.Text); ok {
			words = append(words, t.Text)
		}
	}
	return strings.Join(words, " ")
}

var errAbsent = vpn.Reason{Code: vpn.HelperAbsent}

// TestTheWholeDeviceIsChosenWhereItCanBe: on the others it is barred, and the reason stands there before anybody tries.
func TestTheWholeDeviceIsChosenWhereItCanBe(t *testing.T) {
	s, _ := deviceStage(t)
	s.toggleSettings()
	s.lane.Run()
	r := s.choice.device
	for _, c := range []struct {
		network vpn.Network
		why     string
	}{{"", "very computer"}, {vpn.Sandbox, "very computer"}} {
		s.topics.Settings.Send(vpn.Settings{Network: c.network})
		s.lane.Run()
		assert.Contains(t, r.modeRow.note.text, c.why)
		r.mode.choose(1)
		s.lane.Run()
		assert.Empty(t, s.saved, c.network)
		assert.Equal(t, 0, r.mode.chosen)
	}
	s.topics.Settings.Send(vpn.Settings{Network: vpn.Own})
	s.lane.Run()
	assert.Empty(t, r.modeRow.note.text)
	r.mode.choose(1)
	s.lane.Run()
	require.Len(t, s.saved, 1)
	assert.Equal(t, vpn.DeviceMode, s.saved[0].Mode)
	assert.Contains(t, r.modeRow.about.text, "or nowhere")
	r.mode.choose(0)
	assert.Equal(t, vpn.Mode(""), s.saved[1].Mode)
}

// TestOnTheMysteriumNetworkTheModeCountsAtTheNextStart: which node runs is settled then, so a restart is offered.
func TestOnTheMysteriumNetworkTheModeCountsAtTheNextStart(t *testing.T) {
	s := newStage(t, func(o *Options) { o.Device = &fakeHelper{} })
	r := s.choice.device
	up := inPhase(vpn.Down)
	up.Network = vpn.Mysterium
	s.topics.Settings.Send(vpn.Settings{Network: vpn.Mysterium})
	s.status(up)
	s.toggleSettings()
	s.lane.Run()
	assert.False(t, r.restart.Visible())
	assert.Contains(t, r.modeRow.about.text, "at the next start")
	r.mode.choose(1)
	s.lane.Run()
	require.Len(t, s.saved, 1)
	assert.Equal(t, vpn.DeviceMode, s.saved[0].Mode)
	assert.True(t, r.restart.Visible())
	r.mode.choose(0)
	assert.False(t, r.restart.Visible(), "as it was at the start")
}

// TestTheHelpersSwitchesShowWhatItSays, not what was asked for; a refusal stands below.
func TestTheHelpersSwitchesShowWhatItSays(t *testing.T) {
	s, h := deviceStage(t)
	s.toggleSettings()
	s.lane.Run()
	r := s.choice.device
	assert.False(t, r.lockdown.off)
	r.lockdown.press()
	s.lane.Run()
	assert.Equal(t, []string{"lockdown On"}, h.switched)
	assert.False(t, r.lockdown.on, "the helper has not said so yet")
	s.status(vpn.Status{Guard: vpn.Guard{Lockdown: true, LAN: true}})
	assert.True(t, r.lockdown.on)
	assert.True(t, r.lan.on)

	h.refusal = errors.New("user 7 holds the connection; only that user and root may lan")
	r.lan.press()
	s.lane.Run()
	assert.Equal(t, "lan Off", h.switched[1])
	assert.True(t, r.lan.on)
	assert.Equal(t, "User 7 holds the connection; only that user and root may lan.", r.lanRow.note.text)
	s.toggleSettings()
	s.toggleSettings()
	s.lane.Run()
	assert.Empty(t, r.lanRow.note.text, "it was said")

	s.status(vpn.Status{Guard: vpn.Guard{Lockdown: true, LAN: true, Lost: true}})
	assert.True(t, r.lockdown.off, "there is nobody to tell")
	assert.Contains(t, r.lockRow.note.text, "does not answer")
}

// TestWithoutAHelperTheSwitchesAreBarred, with the reason; and they are not any more as soon as it answers.
func TestWithoutAHelperTheSwitchesAreBarred(t *testing.T) {
	s, h := deviceStage(t)
	h.answer, h.here = errAbsent, Setup{Terminal: "sudo systemctl enable --now mysteriumvpn-netd.socket"}
	s.toggleSettings()
	s.lane.Run()
	r := s.choice.device
	assert.True(t, r.lockdown.off)
	assert.True(t, r.lan.off)
	assert.Contains(t, r.lockRow.note.text, "does not answer")
	assert.True(t, r.setup.Visible())
	r.lockdown.press()
	s.lane.Run()
	assert.Empty(t, h.switched)

	h.answer = nil
	s.fire()
	assert.False(t, r.lockdown.off)
	assert.Empty(t, r.lockRow.note.text)
	assert.False(t, r.setup.Visible())

	looks := h.looks
	s.toggleSettings()
	s.fire()
	assert.Equal(t, looks, h.looks, "nobody asks for a page that is closed")
}

// TestAHelperIsSetUpOnTheWay: what it is is explained, the command is shown before it is run, and the mode is on when it
// answers, without a second try.
func TestAHelperIsSetUpOnTheWay(t *testing.T) {
	s, h := deviceStage(t)
	h.answer = errAbsent
	const command = "pkexec systemctl enable --now mysteriumvpn-netd.socket"
	h.here = Setup{Installed: true, Start: command, Terminal: "sudo systemctl enable --now mysteriumvpn-netd.socket"}
	s.toggleSettings()
	s.lane.Run()
	r := s.choice.device
	r.mode.choose(1)
	s.lane.Run()
	assert.Empty(t, s.saved, "not before there is a helper")
	assert.Equal(t, 0, r.mode.chosen)
	page := s.texts()
	assert.Contains(t, page, "A helper is needed")
	assert.Contains(t, page, command)
	assert.Contains(t, page, "runs as root")

	h.enabling = func() error { return errors.New("no password was given, so nothing was started") }
	s.press("Run this command")
	s.lane.Run()
	assert.Contains(t, s.texts(), "No password was given, so nothing was started.")
	h.enabling = func() error { h.answer = nil; return nil }
	s.press("Run this command")
	s.lane.Run()
	require.Len(t, s.saved, 1)
	assert.Equal(t, vpn.DeviceMode, s.saved[0].Mode)
	assert.Nil(t, s.window.Canvas().Overlays().Top(), "the sheet has done its work")
}

// TestWhatIsMissingOfTheHelperIsSaid: a package, or a command for a terminal.
func TestWhatIsMissingOfTheHelperIsSaid(t *testing.T) {
	s, h := deviceStage(t)
	h.answer, h.here = errAbsent, Setup{Terminal: "sudo systemctl enable --now mysteriumvpn-netd.socket"}
	chosen := 0
	s.openHelper(func() { chosen++ })
	s.lane.Run()
	assert.Contains(t, s.texts(), "the .deb for Debian")
	h.here.Installed = true // the package is being installed
	s.fire()
	assert.Contains(t, s.texts(), "Run this in a terminal")
	s.press("Copy")
	assert.Equal(t, h.here.Terminal, s.app.Clipboard().Content())
	h.answer = vpn.Reason{Code: vpn.HelperDenied} // it runs, and the user is none of those whom it lets in
	s.fire()
	assert.Contains(t, s.texts(), "usermod -aG mysteriumvpn")
	assert.NotContains(t, s.texts(), "systemctl")
	s.escape()
	s.fire()
	h.answer = nil
	s.fire()
	assert.Zero(t, chosen, "who closes it does not want it")
}

// TestOneSwitchDoesNotWaitForTheOther: a press is not lost while the helper works on another, and asked once while it
// works on the same.
func TestOneSwitchDoesNotWaitForTheOther(t *testing.T) {
	s, h := deviceStage(t)
	s.toggleSettings()
	s.lane.Run()
	var waiting []func()
	s.o.Beside = func(work func()) { waiting = append(waiting, work) }
	for _, what := range []string{lockdownSwitch, lanSwitch, lanSwitch} {
		s.choice.device.ask(what, true)
	}
	for _, work := range waiting {
		work()
	}
	s.lane.Run()
	assert.Equal(t, []string{"lockdown On", "lan On"}, h.switched)
	s.o.Beside = func(work func()) { work() }
	s.choice.device.ask(lanSwitch, false)
	assert.Equal(t, "lan Off", h.switched[2], "and again once it has answered")
}
