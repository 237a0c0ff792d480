package ui

import (
	"os"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// someCounts are counts with something in every line.
func someCounts() usage.Counts {
	c := usage.Counts{Since: 20783, Version: usage.Version{Minor: 1}}
	n := &c.Sandbox
	n.Tries[usage.Connected], n.Tries[usage.Failed], n.Tries[usage.Cancelled] = 41, 3, 2
	n.TimeToConnect[0], n.TimeToConnect[1], n.TimeToConnect[3] = 30, 10, 1
	n.Failures[usage.ReasonOf(vpn.ProviderSilent)], n.Failures[usage.ReasonOf(vpn.NoExitInCountry)], n.Failures[0] = 1, 1, 1
	n.TimeConnected[0], n.TimeConnected[2], n.TimeConnected[3] = 12, 20, 9
	n.Received[0], n.Received[2], n.Received[4] = 12, 20, 9
	n.Sent[0], n.Sent[1] = 30, 11
	n.Reconnects = 4
	n.Losses[usage.ReasonOf(vpn.NodeGaveUp)] = 1
	c.Mysterium.Tries[usage.Failed], c.Mysterium.Failures[usage.ReasonOf(vpn.NodeMissing)] = 1, 1
	return c
}

// atCounts is the page with counts, and what the user has had erased.
func atCounts(t *testing.T, set vpn.Settings, c usage.Counts) (s *stage, told *bus.State[usage.Counts]) {
	s = inSettings(t, set, func(o *Options) { o.EraseCounts = func() { told.Send(usage.Counts{}) } })
	told = bus.NewState(s.bus, "usage", c)
	s.subs.Add(told.Via(s.lane.Lane).On(s.choice.drawCounts))
	s.lane.Run()
	return s, told
}

// shownTexts are all texts of the sheet that is open.
func (s *stage) shownTexts() (out []string) {
	s.t.Helper()
	top := s.window.Canvas().Overlays().Top()
	require.NotNil(s.t, top)
	for _, o := range test.LaidOutObjects(top) {
		switch o := o.(type) {
		case *label:
			out = append(out, o.full)
		case *prose:
			out = append(out, o.text)
		}
	}
	return out
}

// TestUsageIsAskedForOnceAndUnchecked: the first start has a box that nobody has checked; who goes on counts nothing.
func TestUsageIsAskedForOnceAndUnchecked(t *testing.T) {
	var agreed []string
	s := newcomer(t, "", &agreed)
	s.o.Save = func(v vpn.Settings) {
		s.saved = append(s.saved, v)
		s.topics.Settings.Send(v)
		s.lane.Run()
	}
	s.key(fyne.KeyReturn)
	require.Equal(t, privacyStep, s.first.at)
	assert.False(t, s.first.count.taken)
	assert.Contains(t, s.first.count.about.text, "stay on this computer and nothing sends them")
	names, _ := s.tabs()
	assert.Equal(t, []string{"Count how the program is used", "Skip", "Next"}, names)
	s.window.Canvas().Focus(s.first.count)
	for _, want := range []bool{true, false, true} {
		s.key(fyne.KeySpace)
		assert.Equal(t, want, s.saved[len(s.saved)-1].CountUsage)
		assert.Equal(t, want, s.first.count.taken)
	}
	s.first.show(privacyStep)
	s.key(fyne.KeyReturn)
	s.key(fyne.KeyEscape)
	assert.True(t, s.first.count.taken, "as it was left")
	s.Close()

	for _, way := range []int{0, 1} { // skip, next
		s := newcomer(t, "", &agreed)
		s.key(fyne.KeyReturn)
		test.Tap(s.first.steps[privacyStep].keys[way])
		assert.Empty(t, s.saved, "who answers nothing has not asked for it")
		s.Close()
	}
	s = newcomer(t, "0", &agreed)
	assert.Nil(t, s.first.count, "new terms do not ask again")
}

// TestTheFirstStartSaysWhatIsPromised: its sentences are those of docs/privacy.md, word by word.
func TestTheFirstStartSaysWhatIsPromised(t *testing.T) {
	b, err := os.ReadFile("../../docs/privacy.md")
	require.NoError(t, err)
	for _, p := range privacyPoints() {
		assert.Contains(t, string(b), "> "+p.text+"\n")
	}
	assert.Contains(t, string(b), "> "+countAbout()+"\n")
}

// TestTheSheetShowsExactlyWhatThereIs: every line that `usage show` prints, and no other.
func TestTheSheetShowsExactlyWhatThereIs(t *testing.T) {
	s, _ := atCounts(t, vpn.Settings{CountUsage: true}, someCounts())
	p := s.choice
	assert.Equal(t, "Since 2026-11-26, on this computer.", p.countsRow.about.text)
	p.showCounts()
	want := []string{"What was counted"}
	for _, l := range someCounts().Lines(nil) {
		want = append(want, l.Name)
		if l.Value != "" {
			want = append(want, l.Value)
		}
	}
	assert.Equal(t, want, s.shownTexts())
	s.key(fyne.KeyEscape)
	assert.Nil(t, s.window.Canvas().Overlays().Top())
	s.window.Resize(fyne.NewSize(720, 420))
	p.showCounts()
	scroll := s.window.Canvas().Focused().(*helpKey).scroll
	s.key(fyne.KeyDown)
	assert.Positive(t, scroll.Offset.Y, "all of it can be read without a mouse")
	s.key(fyne.KeyUp)
	assert.Zero(t, scroll.Offset.Y)
	s.key(fyne.KeyEscape)

	s, _ = atCounts(t, vpn.Settings{}, usage.Counts{})
	assert.False(t, s.choice.exportCounts.Visible())
	assert.False(t, s.choice.eraseCounts.Visible())
	s.choice.showCounts()
	assert.Equal(t, []string{"What was counted", "Nothing has been counted."}, s.shownTexts())
}

func TestCountsAreErasedAfterAQuestion(t *testing.T) {
	s, told := atCounts(t, vpn.Settings{CountUsage: true}, someCounts())
	p := s.choice
	test.Tap(p.count)
	s.lane.Run()
	assert.False(t, s.last().CountUsage)
	assert.Equal(t, someCounts(), told.Load(), "switching it off erases nothing")
	assert.Contains(t, p.countsRow.note.text, "until you erase it")
	test.Tap(p.eraseCounts)
	s.press("Keep it")
	assert.Equal(t, someCounts(), told.Load())
	s.window.Canvas().Focus(p.eraseCounts)
	test.Tap(p.eraseCounts)
	s.press("Erase")
	s.lane.Run()
	assert.Zero(t, told.Load())
	assert.Equal(t, "Nothing has been counted.", p.countsRow.about.text)
	assert.Empty(t, p.countsRow.note.text)
	assert.False(t, p.eraseCounts.Visible())
}

func TestUsageIsSaidInTheUsersLanguage(t *testing.T) {
	speak(t, "de_DE")
	same := []string{"Sandbox", "Mysterium Network"} // names
	for _, w := range usage.Words {
		assert.Equal(t, slices.Contains(same, w), usageWord(w) == w, w)
	}
	var lines []string
	for _, l := range someCounts().Lines(usageWord) {
		lines = append(lines, l.Name+": "+l.Value)
	}
	assert.Contains(t, strings.Join(lines, "\n"), "Versuche: 41 × verbunden, 3 × gescheitert, 2 × abgebrochen")
}

func TestUsageLooksAsItDid(t *testing.T) {
	s, _ := atCounts(t, vpn.Settings{Theme: "dark", CountUsage: true}, someCounts())
	s.choice.showCounts()
	test.AssertObjectRendersToMarkup(t, "usage-sheet.xml", s.window.Canvas().Overlays().Top())
}

// TestUsageScreens draws it for a designer: go test -run TestUsageScreens -screens DIR.
func TestUsageScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		s, told := atCounts(t, vpn.Settings{Theme: look, CountUsage: true}, someCounts())
		s.offer(sandbox(61))
		s.choice.scroll.ScrollToBottom()
		s.shoot(look+"-usage", 1180, 740)
		s.choice.showCounts()
		s.shoot(look+"-usage-sheet", 1180, 740)
		s.key(fyne.KeyEscape)
		s.window.Resize(fyne.NewSize(720, 520))
		s.choice.showCounts()
		s.shoot(look+"-usage-sheet-small", 720, 520)
		s.key(fyne.KeyEscape)
		s.choice.askErase()
		s.shoot(look+"-usage-erase", 1180, 740)
		s.press("Keep it")
		test.Tap(s.choice.count)
		s.lane.Run()
		s.window.Resize(fyne.NewSize(720, 520))
		s.choice.scroll.ScrollToBottom()
		s.shoot(look+"-usage-off-small", 720, 520)
		told.Send(usage.Counts{})
		s.lane.Run()
		s.window.Resize(fyne.NewSize(1180, 740))
		s.choice.scroll.ScrollToBottom()
		s.shoot(look+"-usage-none", 1180, 740)
		s.Close()

		var agreed []string
		s = newcomer(t, "", &agreed)
		s.topics.Settings.Send(vpn.Settings{Theme: look, CountUsage: true})
		s.lane.Run()
		s.key(fyne.KeyReturn)
		s.window.Canvas().Focus(s.first.count)
		s.shoot(look+"-welcome-counting", 1180, 740)
		s.Close()
	}
}
