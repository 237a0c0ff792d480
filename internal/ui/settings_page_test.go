package ui

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// chosen are the settings that the pictures show.
var chosenSettings = vpn.Settings{Network: vpn.Sandbox, Proxy: "127.0.0.1:41871", Theme: "dark", ConnectOnStart: true, QuietLost: true}

// inSettings is a stage with the page open. What it saves comes back, as it does in the program.
func inSettings(t *testing.T, first vpn.Settings, change func(*Options)) *stage {
	s := newStage(t, func(o *Options) {
		if change != nil {
			change(o)
		}
	})
	s.o.Save = func(v vpn.Settings) {
		s.saved = append(s.saved, v)
		s.topics.Settings.Send(v)
	}
	s.status(inPhase(vpn.Down))
	s.topics.Settings.Send(first)
	s.lane.Run()
	s.choice.told = false // the window was drawn once with no settings
	s.choice.draw(first)
	s.window.Resize(fyne.NewSize(1180, 740))
	s.toggleSettings()
	return s
}

// last is what was saved last; the lane has run.
func (s *stage) last() vpn.Settings {
	s.t.Helper()
	s.lane.Run()
	require.NotEmpty(s.t, s.saved)
	return s.saved[len(s.saved)-1]
}

// overlay is the dialog that is asked now; press presses one of its buttons.
func (s *stage) press(word string) {
	s.t.Helper()
	top := s.window.Canvas().Overlays().Top()
	require.NotNil(s.t, top, "nothing is asked")
	for _, o := range test.LaidOutObjects(top) {
		if b, ok := o.(*questionKey); ok && b.text == word {
			test.Tap(b)
			s.lane.Run()
			return
		}
		if b, ok := o.(*pill); ok && b.text == word {
			test.Tap(b)
			s.lane.Run()
			return
		}
		if b, ok := o.(*widget.Button); ok && b.Text == word {
			test.Tap(b)
			s.lane.Run()
			return
		}
	}
	s.t.Fatalf("no button %q", word)
}

func TestSettingsScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	for _, look := range []string{"dark", "light"} {
		set := chosenSettings
		set.Theme = look
		s := inSettings(t, set, func(o *Options) { o.CanListen = func(string) error { return errors.New("another program uses it") } })
		s.offer(sandbox(61))
		s.shoot(look+"-settings", 1180, 740)
		s.choice.scroll.ScrollToBottom()
		s.shoot(look+"-settings-end", 1180, 740)
		s.choice.scroll.ScrollToTop()
		s.shoot(look+"-settings-small", 720, 520)
		s.choice.dns.choose(dnsOwn)
		s.choice.servers.SetText("one.one.one.one")
		s.choice.applyServers()
		s.choice.port.SetText("1080")
		s.choice.applyProxy()
		s.choice.change(func(v *vpn.Settings) { v.Language = "en" })
		s.lane.Run()
		s.shoot(look+"-settings-typed", 1180, 740)
		s.shoot(look+"-settings-typed-small", 720, 520)
		s.choice.closed()
		s.choice.askExpose("0.0.0.0:1080", func() {}, func() {})
		s.shoot(look+"-settings-expose", 1180, 740)
		s.window.Canvas().Overlays().Top().Hide()
		in := vpn.Settings{Theme: "light", DNS: "9.9.9.9", TextSize: "large", ReducedMotion: true}
		s.choice.offerImport(in)
		s.shoot(look+"-settings-import", 1180, 740)
		s.window.Canvas().Overlays().Top().Hide()
		s.window.Canvas().Focus(s.choice.language)
		test.Tap(s.choice.language)
		s.shoot(look+"-settings-language", 1180, 740)
		s.window.Canvas().Overlays().Top().Hide()
		s.choice.askExport()
		s.shoot(look+"-settings-export", 1180, 740)
		s.Close()
	}
}

func TestSettingsLookAsTheyDid(t *testing.T) {
	s := inSettings(t, chosenSettings, nil)
	test.AssertObjectRendersToMarkup(t, "settings.xml", s.choice.canvas)
	s.window.Resize(fyne.NewSize(720, 520))
	s.choice.dns.choose(dnsOwn)
	s.choice.servers.SetText("nowhere")
	s.choice.applyServers()
	test.AssertObjectRendersToMarkup(t, "settings-narrow.xml", s.choice.canvas)
}

func TestEachSwitchSavesItsSetting(t *testing.T) {
	s := inSettings(t, vpn.Settings{LastCountry: "DE"}, nil)
	p := s.choice
	want := vpn.Settings{LastCountry: "DE"}
	for _, c := range []struct {
		control *toggle
		value   *bool
		onIs    bool // what the switch puts there when it is on
	}{
		{p.connect, &want.ConnectOnStart, true},
		{p.login, &want.StartAtLogin, true},
		{p.hidden, &want.StartHidden, true},
		{p.still, &want.ReducedMotion, true},
		{p.up, &want.QuietConnected, false},
		{p.lost, &want.QuietLost, false},
		{p.gaveUp, &want.QuietGaveUp, false},
		{p.count, &want.CountUsage, true},
	} {
		for range 2 {
			on := !c.control.on
			*c.value = on == c.onIs
			c.control.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
			assert.Equal(t, want, s.last())
			assert.Equal(t, on, c.control.on)
		}
		test.Tap(c.control)
		*c.value = c.control.on == c.onIs
		assert.Equal(t, want, s.last())
	}
	for i, v := range themes {
		p.theme.choose((i + 1) % len(themes))
		p.theme.choose(i)
		assert.Equal(t, v, s.last().Theme)
	}
	for i, v := range sizes {
		p.size.choose((i + 1) % len(sizes))
		p.size.choose(i)
		assert.Equal(t, v, s.last().TextSize)
	}
	p.dns.choose(dnsSystem)
	assert.Equal(t, "system", s.last().DNS)
	p.dns.choose(dnsProvider)
	assert.Empty(t, s.last().DNS)
	require.NoError(t, s.last().Check())
}

func TestTwoChangesAtOnceAreBothKept(t *testing.T) {
	s := inSettings(t, vpn.Settings{}, nil)
	test.Tap(s.choice.connect)
	test.Tap(s.choice.still) // the lane has not run in between
	assert.Equal(t, vpn.Settings{ConnectOnStart: true, ReducedMotion: true}, s.last())
}

func TestOwnNameServersCountOnceTheyAreRight(t *testing.T) {
	s := inSettings(t, vpn.Settings{}, nil)
	p := s.choice
	assert.False(t, p.serverBox.Visible())
	p.dns.choose(dnsOwn)
	require.True(t, p.serverBox.Visible())
	assert.Same(t, p.servers, s.window.Canvas().Focused())
	assert.Empty(t, s.saved, "none typed yet")
	assert.False(t, p.dnsApply.Visible())
	test.Type(p.servers, "quad nine")
	require.True(t, p.dnsApply.Visible())
	test.Tap(p.dnsApply)
	assert.Empty(t, s.saved)
	assert.Equal(t, "“quad” is no IP address. Type for example 9.9.9.9, or several with commas between.", p.serverRow.note.text)
	p.servers.SetText("9.9.9.9 1.1.1.1")
	p.servers.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	assert.Equal(t, "9.9.9.9,1.1.1.1", s.last().DNS)
	assert.Equal(t, "9.9.9.9,1.1.1.1", p.servers.Text)
	assert.Empty(t, p.serverRow.note.text)
	assert.False(t, p.dnsApply.Visible())

	p.servers.SetText("8.8.8.8")
	p.servers.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	assert.Equal(t, "9.9.9.9,1.1.1.1", p.servers.Text, "Escape takes back what was typed")
	p.servers.SetText("8.8.8.8")
	s.toggleSettings()
	s.toggleSettings()
	assert.Equal(t, "9.9.9.9,1.1.1.1", p.servers.Text, "so does leaving")
	p.servers.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	assert.Equal(t, homePage, s.stack.at)
}

func TestTheProxyMovesAtTheNextStart(t *testing.T) {
	restarts := 0
	s := inSettings(t, vpn.Settings{Proxy: "127.0.0.1:41871"}, func(o *Options) {
		o.Restart = func() { restarts++ }
		o.CanListen = func(a string) error {
			if strings.HasSuffix(a, ":80") {
				return errors.New("permission denied")
			}
			return nil
		}
	})
	p := s.choice
	assert.Equal(t, "127.0.0.1", p.host.Text)
	assert.Equal(t, "41871", p.port.Text)
	for typed, why := range map[string]string{
		"70000": "“70000” is no port. Type a number from 1 to 65535.",
		"80":    "The proxy cannot be at 127.0.0.1:80 (permission denied). Choose another address or port.",
	} {
		p.port.SetText(typed)
		test.Tap(p.proxyApply)
		assert.Equal(t, why, p.proxyRow.note.text)
	}
	assert.Empty(t, s.saved)
	assert.False(t, p.proxyRestart.Visible())
	p.port.SetText("1080")
	test.Tap(p.proxyApply)
	assert.Equal(t, vpn.Settings{Proxy: "127.0.0.1:1080"}, s.last())
	assert.Empty(t, p.proxyRow.note.text)
	require.True(t, p.proxyRestart.Visible())
	test.Tap(p.proxyRestart)
	assert.Equal(t, 1, restarts)
	s.status(inPhase(vpn.Up))
	test.Tap(p.proxyRestart)
	assert.Equal(t, 1, restarts, "it would end the connection")
	s.press("Disconnect and restart")
	assert.Equal(t, 2, restarts)
}

func TestOtherComputersAreLetInOnlyWhenAsked(t *testing.T) {
	s := inSettings(t, vpn.Settings{Proxy: "127.0.0.1:1080"}, nil)
	p := s.choice
	p.host.SetText("0.0.0.0")
	p.applyProxy()
	assert.Empty(t, s.saved)
	s.press("Only this computer")
	assert.Empty(t, s.saved)
	p.applyProxy()
	s.press("Let them")
	assert.Equal(t, vpn.Settings{Proxy: "0.0.0.0:1080", ProxyExpose: true}, s.last())
	p.host.SetText("127.0.0.1")
	p.applyProxy()
	assert.Equal(t, vpn.Settings{Proxy: "127.0.0.1:1080"}, s.last(), "and shut out without a question")
}

func TestAFileShowsWhatItWouldChange(t *testing.T) {
	s := inSettings(t, vpn.Settings{Proxy: "127.0.0.1:1080", LastCountry: "DE", Theme: "dark"}, nil)
	p := s.choice
	file := vpn.EncodeSettings(vpn.Settings{Theme: "light", DNS: "9.9.9.9", QuietLost: true})
	in, err := vpn.DecodeSettings(file, p.now)
	require.NoError(t, err)
	assert.Equal(t, []change{
		{"Name servers", "Provider", "9.9.9.9"},
		{"Proxy address", "127.0.0.1:1080", "any free port"},
		{"Theme", "Dark", "Light"},
		{"Notify when the connection is lost", "On", "Off"},
	}, changes(p.now, in))
	p.offerImport(in)
	assert.Contains(t, test.RenderToMarkup(s.window.Canvas()), "Import 3 changes?", "the proxy stays where programs know it")
	assert.Empty(t, s.saved)
	s.press("Cancel")
	assert.Empty(t, s.saved)
	p.offerImport(in)
	s.press("Import")
	want := vpn.Settings{Proxy: "127.0.0.1:1080", LastCountry: "DE", Theme: "light", DNS: "9.9.9.9", QuietLost: true}
	assert.Equal(t, want, s.last())
	again, err := vpn.DecodeSettings(vpn.EncodeSettings(p.now), p.now)
	require.NoError(t, err)
	assert.Equal(t, want, again, "what is exported now comes back as it is")
	p.offerImport(again)
	assert.Equal(t, "This file has the settings that you have already.", p.fileRow.note.text)
}

func TestAFileNeverOpensTheProxySilently(t *testing.T) {
	s := inSettings(t, vpn.Settings{Proxy: "127.0.0.1:1080"}, nil)
	in := vpn.Settings{Proxy: "0.0.0.0:1080", ProxyExpose: true, Theme: "light"}
	s.choice.offerImport(in)
	s.press("Import")
	assert.Empty(t, s.saved, "asked once more")
	s.press("Only this computer")
	assert.Equal(t, vpn.Settings{Proxy: "127.0.0.1:1080", Theme: "light"}, s.last())
	s.choice.offerImport(in)
	s.press("Import")
	s.press("Let them")
	assert.Equal(t, in, s.last())
	in.Proxy = "192.0.2.7:1080"
	s.choice.offerImport(in)
	s.press("Import")
	s.press("Only this computer")
	assert.Equal(t, "0.0.0.0:1080", s.last().Proxy, "another open address is another question")
}

func TestEverySettingIsInWords(t *testing.T) {
	kept := map[string]bool{"LastExit": true, "LastCountry": true, "CountUsage": true} // noted by the program; not of a file
	values := map[string]string{"Mode": "device", "Network": "mysterium", "NodeProgram": "/opt/myst", "Proxy": "127.0.0.1:9", "DNS": "9.9.9.9", "Theme": "dark", "Language": "de", "TextSize": "large", "FilterQuality": "high", "FilterPrice": "1000000000000000000", "FilterIPType": "hosting", "SpendLimit": "10", "SpendLimitDay": "10"}
	for f := range reflect.TypeFor[vpn.Settings]().Fields() {
		var s vpn.Settings
		v := reflect.ValueOf(&s).Elem().FieldByIndex(f.Index)
		if v.Kind() == reflect.Bool {
			v.SetBool(true)
		} else if v.Kind() == reflect.Int {
			v.SetInt(2)
		} else {
			v.SetString(values[f.Name])
		}
		if !kept[f.Name] {
			assert.Len(t, changes(vpn.Settings{}, s), 1, f.Name)
		}
	}
	for _, c := range vpn.Faults() {
		assert.NotEmpty(t, faultText(&vpn.Fault{Code: c, Key: "k", Value: "v"}), c)
		assert.NotContains(t, faultText(&vpn.Fault{Code: c, Key: "k", Value: "v"}), "{{")
	}
	for _, l := range vpn.Languages {
		assert.NotEmpty(t, languageWord(l), l)
	}
}

func TestTextSizeAndMotionApplyAtOnce(t *testing.T) {
	var zooms []float32
	s := inSettings(t, vpn.Settings{}, func(o *Options) { o.Zoom = func(by float32) { zooms = append(zooms, by) } })
	zooms = nil
	for i := range sizes {
		s.choice.size.choose(i)
		s.lane.Run()
	}
	assert.Equal(t, []float32{0.9, 1, 1.2, 1.4}, zooms)
	assert.True(t, s.moves())
	test.Tap(s.choice.still)
	s.lane.Run()
	assert.False(t, s.moves())
	s.toggleSettings()
	s.status(inPhase(vpn.Dialing))
	s.fire()
	assert.Zero(t, s.card.power.turn, "the ring stands still")
}

func TestSettingsAreReachedByKeyboardAlone(t *testing.T) {
	s := inSettings(t, vpn.Settings{Proxy: "127.0.0.1:1080"}, nil)
	s.toggleSettings()
	s.exits.search.TypedShortcut(control(fyne.KeyComma))
	require.Equal(t, settingsPage, s.stack.at)
	s.window.Resize(fyne.NewSize(720, 520))
	c := s.window.Canvas()
	require.Same(t, s.choice.back, c.Focused())
	seen := map[fyne.Focusable]bool{}
	for range 60 {
		c.(interface{ FocusNext() }).FocusNext()
		f := c.Focused()
		seen[f] = true
		o, ok := f.(fyne.CanvasObject)
		if !ok || f == fyne.Focusable(s.choice.back) {
			continue
		}
		top := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).Y
		if strings.Contains(reflect.TypeOf(f).String(), "toggle") {
			assert.GreaterOrEqual(t, top, float32(60))
			assert.LessOrEqual(t, top+o.Size().Height, float32(520), "what has the focus is seen")
		}
	}
	p := s.choice
	for _, f := range []fyne.Focusable{p.connect, p.login, p.hidden, p.dns, p.host, p.port, p.theme, p.size, p.still, p.language, p.up, p.lost, p.gaveUp} {
		assert.True(t, seen[f], "%T", f)
	}
}

func TestWhereTheNodeIsCanBeTyped(t *testing.T) {
	s := inSettings(t, vpn.Settings{}, nil)
	assert.True(t, s.choice.programRow.canvas.Hidden, "the sandbox has its own")
	s.choice.network.choose(1)
	require.Equal(t, vpn.Mysterium, s.last().Network)
	assert.False(t, s.choice.netRestart.Hidden, "at the next start, which is beside it")
	require.False(t, s.choice.programRow.canvas.Hidden)
	s.choice.program.SetText("myst")
	s.choice.applyProgram()
	assert.Contains(t, s.choice.programRow.note.text, "whole path")
	s.choice.program.SetText("/usr/bin/myst")
	s.choice.applyProgram()
	assert.Equal(t, "/usr/bin/myst", s.last().NodeProgram)
	s.choice.program.SetText("")
	s.choice.applyProgram()
	assert.Empty(t, s.last().NodeProgram)
}
