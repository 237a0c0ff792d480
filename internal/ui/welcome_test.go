package ui

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// newcomer is a window for somebody who accepted a version of the terms, or "" none. agreed gets what is accepted.
func newcomer(t *testing.T, version string, agreed *[]string) *stage {
	s := newStage(t, func(o *Options) {
		o.Agreed = version
		o.Agree = func(v string) { *agreed = append(*agreed, v) }
	})
	s.topics.Settings.Send(vpn.Settings{Theme: "dark"})
	s.lane.Run()
	s.window.Resize(fyne.NewSize(1180, 740))
	return s
}

func (s *stage) key(n fyne.KeyName) {
	s.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: n})
}

func TestAFirstStartEndsConnected(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	require.True(t, s.welcoming())
	assert.False(t, s.main.Visible(), "nothing else is seen or reached by Tab")
	for i := range 4 {
		assert.Equal(t, i, s.first.at)
		if i == 1 {
			assert.Equal(t, []string{TermsVersion}, agreed)
		}
		if i < 3 {
			s.key(fyne.KeyReturn) // the way on has the focus
		}
	}
	assert.Equal(t, "Waiting for exits", s.first.exit.place.full)
	s.offer(sandbox(61))
	assert.NotEqual(t, "Waiting for exits", s.first.exit.place.full)
	s.wants()
	s.key(fyne.KeyReturn)
	s.wants(vpn.Command{Verb: vpn.Connect})
	assert.False(t, s.welcoming())
	assert.True(t, s.main.Visible())
	assert.Equal(t, []string{TermsVersion}, agreed)
}

func TestDecliningQuits(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	test.Tap(s.first.steps[termsStep].keys[0])
	s.wants(vpn.Command{Verb: vpn.Quit})
	assert.Empty(t, agreed)
	s.closeAsked()
	s.wants(vpn.Command{Verb: vpn.Quit})
}

func TestAllButTheTermsCanBeSkipped(t *testing.T) {
	for step := privacyStep; step <= connectStep; step++ {
		var agreed []string
		s := newcomer(t, "", &agreed)
		for range step {
			s.key(fyne.KeyReturn)
		}
		require.Equal(t, step, s.first.at)
		test.Tap(s.first.steps[step].keys[0])
		assert.False(t, s.welcoming())
		s.wants()
		s.Close()
	}
}

func TestNewTermsAreAskedAgainAndNothingElse(t *testing.T) {
	var agreed []string
	s := newcomer(t, "0", &agreed)
	require.True(t, s.welcoming())
	assert.Len(t, s.first.steps, 1)
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), "The terms have changed")
	s.key(fyne.KeyReturn)
	assert.False(t, s.welcoming())
	assert.Equal(t, []string{TermsVersion}, agreed)
	s = newcomer(t, TermsVersion, &agreed)
	assert.False(t, s.welcoming())
}

// TestOtherTermsHaveAnotherVersion: whoever changes the text changes the version, and then this sum.
func TestOtherTermsHaveAnotherVersion(t *testing.T) {
	known := map[string]string{"2": "e5b78bd04c2aa9b7"}
	assert.Equal(t, known[TermsVersion], fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, terms())))[:16])
}

func TestNothingWorksBeforeTheTermsAreAccepted(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	for _, k := range s.shortcuts() {
		if k.key.KeyName != fyne.KeyQ {
			s.window.Canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(&desktop.CustomShortcut{KeyName: k.key.KeyName, Modifier: k.key.Modifier})
		}
	}
	s.trayPressed(trayItem{act: trayQuick})
	s.trayPressed(trayItem{act: trayCountry, country: "CH"})
	s.wants()
	assert.True(t, s.welcoming())
	names, _ := s.tabs()
	assert.Equal(t, []string{"Decline and quit", "Accept"}, names)
	s.trayPressed(trayItem{act: trayQuit})
	s.wants(vpn.Command{Verb: vpn.Quit})
}

func TestTheTermsAreReadByKeyboard(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	s.window.Resize(fyne.NewSize(720, 520))
	scroll := s.first.steps[termsStep].scroll
	require.Greater(t, scroll.Content.Size().Height, scroll.Size().Height)
	s.key(fyne.KeyDown)
	assert.Positive(t, scroll.Offset.Y)
	s.key(fyne.KeyUp)
	assert.Zero(t, scroll.Offset.Y)
	s.key(fyne.KeyPageDown)
	s.key(fyne.KeyPageDown)
	assert.InDelta(t, scroll.Content.Size().Height-scroll.Size().Height, scroll.Offset.Y, 1)
}

func TestEscapeGoesAStepBackButNotPastWhatWasAccepted(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	s.key(fyne.KeyEscape)
	assert.Equal(t, termsStep, s.first.at)
	for range 2 {
		s.key(fyne.KeyReturn)
	}
	s.key(fyne.KeyEscape)
	assert.Equal(t, privacyStep, s.first.at)
	s.key(fyne.KeyEscape)
	assert.Equal(t, privacyStep, s.first.at)
}

func TestFirstStartLooksAsItDid(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	s.offer(sandbox(61)[:12])
	for _, step := range []string{"terms", "privacy", "network", "connect"} {
		test.AssertObjectRendersToMarkup(t, "welcome-"+step+".xml", container.NewWithoutLayout(s.first.canvas))
		if step != "connect" {
			s.key(fyne.KeyReturn)
		}
	}
}

// TestFirstStartScreens draws it for a designer: go test -run TestFirstStartScreens -screens DIR.
func TestFirstStartScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		var agreed []string
		s := newcomer(t, "", &agreed)
		s.topics.Settings.Send(vpn.Settings{Theme: look})
		s.offer(sandbox(61))
		for i := range 4 {
			s.shoot(fmt.Sprintf("%s-welcome-%d", look, i+1), 1180, 740)
			s.shoot(fmt.Sprintf("%s-welcome-%d-small", look, i+1), 720, 520)
			if i < 3 {
				s.key(fyne.KeyReturn)
			}
		}
		s.Close()
	}
}

func TestAnotherNetworkIsStartedAfterTheWelcome(t *testing.T) {
	var agreed []string
	again := 0
	s := newStage(t, func(o *Options) {
		o.Agree = func(v string) { agreed = append(agreed, v) }
		o.Agreed, o.Restart = "", func() { again++ }
	})
	s.o.Save = func(v vpn.Settings) { s.topics.Settings.Send(v); s.lane.Run() }
	s.offer(sandbox(61))
	s.status(inPhase(vpn.Down))
	s.key(fyne.KeyReturn)
	s.key(fyne.KeyReturn)
	require.False(t, s.first.mysterium.off, "it is in this version")
	test.Tap(s.first.mysterium)
	assert.True(t, s.first.mysterium.taken)
	assert.False(t, s.first.sandbox.taken)
	s.first.steps[networkStep].first.press()
	assert.Equal(t, "Mysterium Network", s.first.exit.place.full)
	assert.Equal(t, "Restart now", s.first.steps[connectStep].first.text)
	s.key(fyne.KeyReturn)
	assert.Equal(t, 1, again)
	s.wants()
}
