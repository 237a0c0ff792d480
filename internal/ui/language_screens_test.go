package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// TestScreensInEveryLanguage draws where words may not fit: go test -run TestScreensInEveryLanguage -screens DIR.
func TestScreensInEveryLanguage(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, name := range []string{"de_DE", "es_ES", "fr_FR", "lt_LT", "uk_UA"} {
		t.Run(name, func(t *testing.T) {
			speak(t, name)
			s := newStage(t, func(o *Options) {
				o.Report = func() (report.Report, error) { return someReport(), nil }
				o.Feedback = func(string, string) error { return nil }
			})
			s.topics.Settings.Send(vpn.Settings{Theme: "light"})
			s.offer(sandbox(61))
			s.status(inPhase(vpn.Failed))
			s.choose(vpn.Target{Country: "DE"})
			s.shoot(name+"-failed-small", 720, 520)
			s.status(inPhase(vpn.Down))
			s.openMenu()
			s.shoot(name+"-menu", 1180, 740)
			s.window.Canvas().Overlays().Top().Hide()
			s.status(inPhase(vpn.Up))
			s.flow()
			s.choose(vpn.Target{Country: "US"})
			s.shoot(name+"-up", 1180, 740)
			s.showHelp()
			s.shoot(name+"-help", 720, 520)
			s.window.Canvas().Overlays().Top().Hide()
			s.fillLog()
			s.shoot(name+"-log", 720, 520)
			for page, file := range map[pageName]string{settingsPage: "-settings", historyPage: "-history"} {
				s.toggle(page)
				s.window.Resize(fyne.NewSize(1180, 740))
				s.shoot(name+file, 1180, 740)
			}
			real := inPhase(vpn.Down)
			real.Network = vpn.Mysterium
			s.status(real)
			s.toggle(reportPageName)
			s.lane.Run()
			s.shoot(name+"-report", 720, 520)
			s.problem.askToSend()
			s.shoot(name+"-tell", 720, 520)
			s.Close()
		})
	}
}
