package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// notify decides what the desktop shall tell when one status follows another; upAt is where the connection was up last. What ends a connection is told to those
// who look at the window too; that one came up, or could not, only to those who do not.
func notify(was, now vpn.Status, upAt vpn.Exit, s vpn.Settings, looking bool) (title, body string, ok bool) {
	place := placeOf(now.Exit)
	asked := now.Command != was.Command // the user has said something in between
	had := was.Phase == vpn.Up || was.Phase == vpn.Reconnecting || was.Phase == vpn.Blocked
	switch {
	case now.Guard.Exposed && !was.Guard.Exposed: // nobody may miss that, so it cannot be turned off
		return exposedWords(), exposedWhy(now.Guard), true
	case now.Node.State == vpn.NodeFailed && was.Node.State != vpn.NodeFailed:
		why := now.Reason
		if why.Zero() {
			why = vpn.Reason{Code: vpn.NodeGaveUp, A: lang.L("it ended again and again")}
		}
		return lang.L("The node was given up"), reasonText(why), !s.QuietGaveUp
	case now.Phase == vpn.Up && (!had || was.Phase == vpn.Blocked || was.Phase == vpn.Up && was.Exit != now.Exit):
		body = place
		if now.Network == vpn.Sandbox {
			body = joined(body, lang.L("Sandbox: your address does not change"))
		}
		return lang.L("Connected"), body, !s.QuietConnected && !looking
	case now.Phase == vpn.Up && was.Phase == vpn.Reconnecting && upAt.ProviderID != "" && upAt.ProviderID != now.Exit.ProviderID:
		return lang.L("Another exit took over"), place, !s.QuietLost && !looking
	case now.Phase == vpn.Blocked && was.Phase != vpn.Blocked && had:
		return lang.L("Nothing passes any more"), explained(now), !s.QuietLost
	case now.Phase == vpn.Failed && had && !asked:
		return lang.L("Connection lost"), explained(now), !s.QuietLost
	case now.Phase == vpn.Failed && was.Phase != vpn.Failed && was.Phase != vpn.Unknown:
		return lang.L("Could not connect"), explained(now), !s.QuietLost && !looking
	case now.Phase == vpn.Down && had && !asked:
		return lang.L("Connection lost"), explained(now), !s.QuietLost
	}
	return "", "", false
}

// explained is why, and what to do.
func explained(s vpn.Status) string {
	if s.Reason.Zero() {
		return lang.L("Programs are not sent through the tunnel any more. Connect again when you want to.")
	}
	return reasonText(s.Reason)
}

// tell has the desktop show what happened, if somebody should know.
func (w *Window) tell(was, now vpn.Status) {
	if title, body, ok := notify(was, now, w.upAt, w.settings, w.shown && w.looking); ok {
		w.o.App.SendNotification(fyne.NewNotification(title, body))
	}
	if now.Phase == vpn.Up {
		w.upAt = now.Exit
	}
}

// hear takes a notice. One that has ended a connection is told to those who do not look, too.
func (w *Window) hear(n vpn.Notice) {
	w.notice.show(n, w.status.Phase)
	switch n.Reason.Code {
	case vpn.SpendLimitRun, vpn.SpendLimitDay:
		if !w.settings.QuietLost {
			w.o.App.SendNotification(fyne.NewNotification(lang.L("Connection ended"), reasonText(n.Reason)))
		}
	default:
	}
}

// watchFocus follows whether the window has the focus. Fyne has one hook of each kind, for the whole app.
func (w *Window) watchFocus() {
	at := func(looking bool) func() {
		return func() { w.o.Lane.Post(func() { w.looking = looking }) }
	}
	w.o.App.Lifecycle().SetOnEnteredForeground(at(true))
	w.o.App.Lifecycle().SetOnExitedForeground(at(false))
}
