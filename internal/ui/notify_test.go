package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func TestNotify(t *testing.T) {
	asked := func(s vpn.Status) vpn.Status { s.Command = 7; return s }
	gaveUp := func(s vpn.Status) vpn.Status {
		s.Node.State = vpn.NodeFailed
		s.Reason = vpn.Reason{Code: vpn.NodeGaveUp, A: "exit status 1"}
		return s
	}
	why := func(s vpn.Status, c vpn.Code) vpn.Status { s.Reason = vpn.Reason{Code: c}; return s }
	elsewhere := inPhase(vpn.Up)
	elsewhere.Exit.ProviderID, elsewhere.Exit.City = "0x1", "Geneva"
	backElsewhere := elsewhere
	backElsewhere.Phase = vpn.Reconnecting
	up, down, dialing, back, failed, blocked := inPhase(vpn.Up), inPhase(vpn.Down), inPhase(vpn.Dialing), inPhase(vpn.Reconnecting), inPhase(vpn.Failed), inPhase(vpn.Blocked)
	down.Reason, failed.Reason = vpn.Reason{}, vpn.Reason{Code: vpn.NoProposals}
	failed.Node.State = vpn.NodeRunning
	quiet := vpn.Settings{QuietConnected: true, QuietLost: true, QuietGaveUp: true}
	for _, x := range []struct {
		name     string
		was, now vpn.Status
		looking  bool
		title    string // "" = nothing is told
		body     string
	}{
		{"nothing heard yet", vpn.Status{}, down, false, "", ""},
		{"connected in the window", dialing, up, true, "", ""},
		{"connected from the tray", dialing, up, false, "Connected", "Zürich, Switzerland · Sandbox: your address does not change"},
		{"the same again", up, up, false, "", ""},
		{"switched from the tray", up, asked(elsewhere), false, "Connected", "Geneva, Switzerland · Sandbox: your address does not change"},
		{"brought back", back, up, false, "", ""},
		{"brought back by another exit", backElsewhere, elsewhere, false, "Another exit took over", "Geneva, Switzerland"},
		{"brought back by another exit, seen", backElsewhere, elsewhere, true, "", ""},
		{"let go from hold", blocked, up, false, "Connected", "Zürich, Switzerland · Sandbox: your address does not change"},
		{"being brought back", up, back, false, "", ""},
		{"disconnected by the user", up, asked(down), false, "", ""},
		{"closing by the user, then down", inPhase(vpn.Closing), down, false, "", ""},
		{"lost", up, down, true, "Connection lost", "Programs are not sent through the tunnel any more. Connect again when you want to."},
		{"could not be brought back", back, failed, true, "Connection lost", reasonText(failed.Reason)},
		{"on hold", up, why(blocked, vpn.OnHold), true, "Nothing passes any more", reasonText(vpn.Reason{Code: vpn.OnHold})},
		{"could not connect, unseen", dialing, failed, false, "Could not connect", reasonText(failed.Reason)},
		{"could not connect, seen", dialing, failed, true, "", ""},
		{"could not switch, seen", up, asked(failed), true, "", ""},
		{"could not switch, unseen", up, asked(failed), false, "Could not connect", reasonText(failed.Reason)},
		{"the node gave up while connected", up, gaveUp(failed), true, "The node was given up", reasonText(vpn.Reason{Code: vpn.NodeGaveUp, A: "exit status 1"})},
		{"it is told once", gaveUp(failed), gaveUp(failed), false, "", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			test.NewTempApp(t)
			title, body, ok := notify(x.was, x.now, up.Exit, vpn.Settings{}, x.looking)
			assert.Equal(t, x.title != "", ok)
			if ok {
				assert.Equal(t, x.title, title)
				assert.Equal(t, x.body, body)
			}
			_, _, ok = notify(x.was, x.now, up.Exit, quiet, x.looking)
			assert.False(t, ok, "each can be turned off")
		})
	}
}

func TestTheDesktopTellsWhatNobodySaw(t *testing.T) {
	s := newStage(t, nil)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Dialing))
	focus := s.app.Lifecycle().(interface {
		OnEnteredForeground() func()
		OnExitedForeground() func()
	})
	focus.OnEnteredForeground()()
	s.lane.Run()
	test.AssertNotificationSent(t, nil, func() { s.status(inPhase(vpn.Up)) })
	s.status(inPhase(vpn.Dialing))
	focus.OnExitedForeground()()
	s.lane.Run()
	test.AssertNotificationSent(t, fyne.NewNotification("Connected", "Zürich, Switzerland · Sandbox: your address does not change"), func() { s.status(inPhase(vpn.Up)) })
}

func TestASpendingLimitIsToldToThoseWhoDoNotLook(t *testing.T) {
	s := newStage(t, nil)
	test.AssertNotificationSent(t, fyne.NewNotification("Connection ended", reasonText(vpn.Reason{Code: vpn.SpendLimitRun, A: "0.5"})), func() {
		s.topics.Notices.Send(vpn.Notice{Severity: vpn.Warning, Reason: vpn.Reason{Code: vpn.SpendLimitRun, A: "0.5"}})
		s.lane.Run()
	})
	s.topics.Settings.Send(vpn.Settings{QuietLost: true})
	s.lane.Run()
	test.AssertNotificationSent(t, nil, func() {
		s.topics.Notices.Send(vpn.Notice{Severity: vpn.Warning, Reason: vpn.Reason{Code: vpn.SpendLimitDay, A: "0.5"}})
		s.lane.Run()
	})
}
