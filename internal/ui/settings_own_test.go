package ui

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"rsc.io/qr"

	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// someConf is a file of a server of nobody.
const someConf = "# country: CH\n# city: Zürich\n[Interface]\nPrivateKey = oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=\nAddress = 10.2.0.2/32\nDNS = 10.2.0.1\n" +
	"[Peer]\nPublicKey = GtL7fZc/bLnqZldpVofMCD6hDjrK28SsdLxevJ+qtKU=\nEndpoint = 192.0.2.1:51820\nAllowedIPs = 0.0.0.0/0\n"

// inOwn is the settings page on the network own, with servers kept in a folder.
func inOwn(t *testing.T) (*stage, own.Folder) {
	f := own.Folder{Path: filepath.Join(t.TempDir(), "own")}
	s := inSettings(t, vpn.Settings{Network: vpn.Own}, func(o *Options) { o.Own = f })
	s.lane.Run()
	return s, f
}

// pasted fills the question for a configuration and answers it.
func (s *stage) pasted(name, text string) {
	s.t.Helper()
	top := s.window.Canvas().Overlays().Top()
	require.NotNil(s.t, top, "nothing is asked")
	for _, o := range test.LaidOutObjects(top) {
		if e, ok := o.(*widget.Entry); ok {
			if e.MultiLine {
				e.SetText(text)
			} else {
				e.SetText(name)
			}
		}
	}
	s.press("Add")
	s.lane.Run()
}

func TestOwnServersAreSeenOnTheirNetworkOnly(t *testing.T) {
	s, _ := inOwn(t)
	assert.True(t, s.choice.own.add.canvas.Visible())
	s.choice.network.choose(0)
	s.lane.Run()
	assert.Equal(t, vpn.Sandbox, s.last().Network)
	assert.False(t, s.choice.own.add.canvas.Visible())
	s.choice.network.choose(2)
	assert.Equal(t, vpn.Own, s.last().Network)
	assert.True(t, s.choice.own.add.canvas.Visible())
	assert.False(t, s.notice.canvas.Visible())
}

func TestAPastedServerIsAddedAndRemoved(t *testing.T) {
	s, f := inOwn(t)
	test.Tap(s.choice.own.paste)
	s.pasted("home", someConf+"Jc = 4\n")
	assert.Equal(t, "home was added.\nLine 11: Jc is not known and was left out.", s.choice.own.add.note.text)
	require.Len(t, s.choice.own.rows, 1)
	row := s.choice.own.rows[0]
	assert.Equal(t, "home", row.name.full)
	assert.Equal(t, "192.0.2.1:51820 · Zürich, Switzerland", row.about.text)
	assert.True(t, row.canvas.Visible())
	assert.Equal(t, vpn.Relist, s.sent.All()[len(s.sent.All())-1].Verb, "the list of exits is asked for")

	test.Tap(row.actions.Objects[1].(*pill))
	s.press("Cancel")
	all, err := f.List()
	require.NoError(t, err)
	assert.Len(t, all, 1)
	test.Tap(row.actions.Objects[1].(*pill))
	s.press("Remove")
	s.lane.Run()
	assert.Empty(t, s.choice.own.rows)
	all, err = f.List()
	require.NoError(t, err)
	assert.Empty(t, all)
}

// TestWhatIsRefusedComesBack: what was pasted is not lost, and each line's fault is named.
func TestWhatIsRefusedComesBack(t *testing.T) {
	s, f := inOwn(t)
	test.Tap(s.choice.own.paste)
	s.pasted("home", strings.Replace(someConf, "DNS", "PostUp = rm -r /\nMTU = 1\nDNS", 1))
	assert.Equal(t, "Nothing was added:\nLine 6: PostUp would run a command of whoever wrote the file on this computer, so it is refused; delete the line if the server works without it.\n"+
		"Line 7: MTU must be a whole number from 576 to 9000, and with IPv6 at least 1280.", s.choice.own.add.note.text)
	s.pasted("home", someConf)
	assert.Equal(t, "home was added.", s.choice.own.add.note.text)
	test.Tap(s.choice.own.paste)
	s.pasted("other", someConf)
	assert.Equal(t, "This server is there already, as home.", s.choice.own.add.note.text)
	s.press("Cancel")
	all, err := f.List()
	require.NoError(t, err)
	assert.Len(t, all, 1)
}

func TestAFileThatCannotBeUsedIsListedWithItsFaults(t *testing.T) {
	s, f := inOwn(t)
	require.NoError(t, os.MkdirAll(f.Path, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "bad.conf"), []byte(someConf+strings.Repeat("x\n", 20)), 0o600))
	s.toggleSettings()
	s.toggleSettings() // it is read whenever the page opens
	s.lane.Run()
	require.Len(t, s.choice.own.rows, 1)
	assert.Equal(t, "This file cannot be used.", s.choice.own.rows[0].about.text)
	lines := strings.Split(s.choice.own.rows[0].note.text, "\n")
	assert.Len(t, lines, mostProblems+1)
	assert.Contains(t, lines[0], "Line 11: ")
}

// fileOf is a file as Fyne's dialog gives it.
type fileOf struct {
	*bytes.Reader
	name string
}

func (fileOf) Close() error      { return nil }
func (f fileOf) URI() fyne.URI   { return storage.NewFileURI("/home/u/" + f.name) }
func (s *stage) take(f fileOf)   { s.choice.own.take(f, readAs(f.name)); s.lane.Run() }
func conf(name, s string) fileOf { return fileOf{bytes.NewReader([]byte(s)), name} }

func TestAFileAndAQRPictureAreAdded(t *testing.T) {
	s, f := inOwn(t)
	s.take(conf("My server.conf", someConf))
	assert.Equal(t, "My-server was added.", s.choice.own.add.note.text)

	code, err := qr.Encode(strings.Replace(someConf, "192.0.2.1", "192.0.2.2", 1), qr.L)
	require.NoError(t, err)
	s.take(conf("photo.png", string(code.PNG())))
	assert.Equal(t, "photo was added.", s.choice.own.add.note.text)
	all, err := f.List()
	require.NoError(t, err)
	assert.Len(t, all, 2)

	s.take(conf("none.png", "no picture"))
	assert.Equal(t, "This is no picture that can be read. Choose a PNG or a JPEG.", s.choice.own.add.note.text)
	other, err := qr.Encode("https://example.org", qr.L)
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(other.PNG()))
	require.NoError(t, err)
	s.take(conf("link.png", string(other.PNG())))
	assert.Contains(t, s.choice.own.add.note.text, "Nothing was added:\n")
	assert.NotContains(t, addRefused(errors.New("x")), "{{")
}

func TestWithoutServersTheListSaysWhereToAddThem(t *testing.T) {
	s := newStage(t, nil)
	st := inPhase(vpn.Down)
	st.Network = vpn.Own
	s.status(st)
	s.offer(sandbox(1))
	s.offer(nil)
	assert.Equal(t, "No own servers yet", s.exits.empty.full)
	assert.Equal(t, "Add one in the settings.", s.exits.hint.full)
	assert.True(t, s.banner.canvas.Hidden, "nobody says that the address does not change")
}

func TestOwnServerScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("needs -screens DIR")
	}
	s, f := inOwn(t)
	_, err := f.Add("home", []byte(someConf), own.Place{})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(f.Path, "old.conf"), []byte(strings.Replace(someConf, "DNS", "PostUp = x\nDNS", 1)), 0o600))
	s.choice.own.read()
	s.lane.Run()
	s.choice.own.keep("x", []byte("[Interface]\nAddress = 1\nnonsense\n[Peer]\nEndpoint = a"), nil)
	s.lane.Run()
	s.choice.reveal(s.choice.own.rows[1].canvas)
	s.shoot("own-settings", 1180, 740)
	s.shoot("own-settings-small", 720, 520)
	s.choice.own.askPaste("home", someConf)
	s.shoot("own-paste", 1180, 740)
}

// TestWhereAnOwnServerIsCanBeSaid, by the country's name in any of the user's words; what is no country comes back.
func TestWhereAnOwnServerIsCanBeSaid(t *testing.T) {
	s, f := inOwn(t)
	test.Tap(s.choice.own.paste)
	s.pasted("home", strings.Replace(someConf, "# country: CH\n# city: Zürich\n", "", 1))
	row := func() *settingRow { return s.choice.own.rows[0] }
	assert.Equal(t, "192.0.2.1:51820", row().about.text)
	fill := func(country, city string) {
		t.Helper()
		top := s.window.Canvas().Overlays().Top()
		require.NotNil(t, top, "nothing is asked")
		var fields []*widget.Entry
		for _, o := range test.LaidOutObjects(top) {
			if e, ok := o.(*widget.Entry); ok {
				fields = append(fields, e)
			}
		}
		require.Len(t, fields, 2)
		fields[0].SetText(country)
		fields[1].SetText(city)
		s.press("Keep")
		s.lane.Run()
	}
	test.Tap(row().actions.Objects[0].(*pill))
	fill("Atlantis", "Zürich")
	fill(" switzerland ", "Zürich") // asked again
	assert.Equal(t, "192.0.2.1:51820 · Zürich, Switzerland", row().about.text)
	assert.Equal(t, vpn.Relist, s.sent.All()[len(s.sent.All())-1].Verb, "the list of exits is asked for")
	test.Tap(row().actions.Objects[0].(*pill))
	s.press("Cancel")
	test.Tap(row().actions.Objects[0].(*pill))
	fill("nl", "")
	assert.Equal(t, "192.0.2.1:51820 · Netherlands", row().about.text)
	test.Tap(row().actions.Objects[0].(*pill))
	require.NoError(t, os.Remove(filepath.Join(f.Path, "home.conf")))
	fill("", "")
	assert.Contains(t, s.choice.own.add.note.text, "home", "a server that has gone meanwhile is named")
}
