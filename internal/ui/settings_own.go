package ui

import (
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/qrpicture"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
)

// ownRows are the group of own servers: where one is added, and a row for each that is there. It is seen on the network
// own alone.
type ownRows struct {
	p     *settingPage
	group *settingGroup
	add   *settingRow
	paste *pill
	rows  []*settingRow // of the servers
	on    bool
}

func newOwnRows(p *settingPage) *ownRows {
	r := &ownRows{p: p}
	open := p.button("upload", lang.L("Add a file…"), r.askFile)
	r.paste = p.button("copy", lang.L("Paste…"), func() { r.askPaste("", "") })
	picture := p.button("eye", lang.L("From a QR picture…"), r.askPicture)
	for _, b := range []*pill{open, r.paste, picture} {
		b.Show()
	}
	r.add = newSettingRow(lang.L("Add a server"), lang.L("By its WireGuard configuration, a .conf file. Files that would run commands on this computer are refused."), nil, open, r.paste, picture)
	r.group = p.sheet.add(lang.L("Own servers"), r.add)
	return r
}

// draw shows the group on its network, and reads the servers when it comes into view.
func (r *ownRows) draw(n vpn.Network) {
	was := r.on
	r.on = n == vpn.Own && r.p.w.o.Own != nil
	for _, row := range r.group.rows {
		row.canvas.Hidden = !r.on
	}
	if r.on && !was && r.p.body != nil {
		r.read()
	}
}

func (r *ownRows) reset() { r.add.say("", mutedTone) }

// read brings the rows up to date.
func (r *ownRows) read() {
	if !r.on {
		return
	}
	servers := r.p.w.o.Own
	r.p.w.beside(func() func() {
		all, err := servers.List()
		return func() { r.show(all, err) }
	})
}

func (r *ownRows) show(all []own.Server, err error) {
	if err != nil {
		r.say(sentenceOf(err), troubleTone)
		return
	}
	rows := []*settingRow{r.add}
	for _, s := range all {
		remove := newPill("trash-2", lang.L("Remove"), func() { r.askRemove(s.Name) })
		r.p.mind(remove, &remove.pressable)
		var actions []fyne.CanvasObject
		about := lang.L("This file cannot be used.")
		if c := s.Config; c != nil {
			about = joined(c.Peer.Endpoint.String(), placeOf(vpn.Exit{Country: c.Country, City: c.City}))
			where := newPill("map-pin", lang.L("Where it is…"), func() { r.askPlace(s.Name, c.Country, c.City, "") })
			r.p.mind(where, &where.pressable)
			actions = append(actions, where)
		}
		row := newSettingRow(s.Name, about, nil, append(actions, remove)...)
		t := mutedTone
		if s.Config == nil {
			t = troubleTone
		}
		row.say(problemLines(s.Problems), t)
		row.canvas.Hidden = !r.on
		rows = append(rows, row)
	}
	r.rows = rows[1:]
	r.group.fill(rows)
	r.p.body.Objects = r.p.sheet.objects()
	r.p.relayout()
}

func (r *ownRows) say(text string, t tone) {
	r.add.say(text, t)
	r.p.relayout()
}

// keep adds a configuration; then says what came of it, line by line. again gets what could not be used, for another try.
func (r *ownRows) keep(name string, text []byte, again func(why string)) {
	servers := r.p.w.o.Own
	r.p.w.beside(func() func() {
		s, err := servers.Add(name, text, own.Place{})
		return func() {
			if err != nil {
				r.say(addRefused(err), troubleTone)
				if again != nil {
					again(addRefused(err))
				}
				return
			}
			said := lang.L("{{.Name}} was added.", map[string]string{"Name": s.Name})
			if lines := problemLines(s.Problems); lines != "" {
				said += "\n" + lines
			}
			r.say(said, mutedTone)
			r.changed()
		}
	})
}

// changed brings up to date what shows the servers: this page, and by the core the list of exits.
func (r *ownRows) changed() {
	r.p.w.send(vpn.Relist, vpn.Target{})
	r.read()
}

func (r *ownRows) askFile()    { r.openFile(".conf", ".txt") }
func (r *ownRows) askPicture() { r.openFile(".png", ".jpg", ".jpeg") }

// openFile asks for a file with one of these endings and takes it.
func (r *ownRows) openFile(endings ...string) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			r.say(sentenceOf(err), troubleTone)
		case f != nil: // else thought better of it
			r.take(f, readAs(f.URI().Name()))
		}
	}, r.p.w.window)
	d.SetFilter(storage.NewExtensionFileFilter(endings))
	r.p.showFiles(d)
}

// readAs gives what makes a configuration of a file of this name: that of a picture is in its QR code.
func readAs(name string) func(io.Reader) ([]byte, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg":
		return func(f io.Reader) ([]byte, error) {
			text, err := qrpicture.Read(f)
			return []byte(text), err
		}
	}
	return own.Read
}

// take adds the server of a file, and closes it.
func (r *ownRows) take(f fyne.URIReadCloser, read func(io.Reader) ([]byte, error)) {
	r.p.w.beside(func() func() {
		text, err := read(f)
		err = errors.Join(err, f.Close())
		return func() {
			if err != nil {
				r.say(pictureRefused(err), troubleTone)
				return
			}
			name := f.URI().Name()
			r.keep(strings.TrimSuffix(name, filepath.Ext(name)), text, nil)
		}
	})
}

// askPaste asks for a configuration as text. What was refused comes back, with the reason, to be put right.
func (r *ownRows) askPaste(name, text string) {
	called := widget.NewEntry()
	called.SetPlaceHolder(lang.L("A name for it"))
	called.SetText(name)
	conf := widget.NewMultiLineEntry()
	conf.SetPlaceHolder("[Interface]\nPrivateKey = …")
	conf.Wrapping = fyne.TextWrapOff
	conf.SetMinRowsVisible(9)
	conf.SetText(text)
	about := widget.NewLabel(lang.L("By its WireGuard configuration, a .conf file. Files that would run commands on this computer are refused."))
	about.Wrapping = fyne.TextWrapWord
	body := column(10, container.New(&askWidth{}, about), called, conf)
	r.p.w.ask(widget.HighImportance, lang.L("Paste a configuration"), body, lang.L("Add"), lang.L("Cancel"), func() {
		r.keep(called.Text, []byte(conf.Text), func(string) { r.askPaste(called.Text, conf.Text) })
	}, func() {})
}

func (r *ownRows) askRemove(name string) {
	r.p.ask(widget.DangerImportance, lang.L("Remove {{.Name}}?", map[string]string{"Name": name}),
		lang.L("Its file is deleted, with the keys in it. Where there is no copy, only who runs the server can give you another."),
		lang.L("Remove"), lang.L("Cancel"), func() {
			servers := r.p.w.o.Own
			r.p.w.beside(func() func() {
				err := servers.Remove(name)
				return func() {
					if err != nil {
						r.say(sentenceOf(err), troubleTone)
						return
					}
					r.say(lang.L("{{.Name}} was removed.", map[string]string{"Name": name}), mutedTone)
					r.changed()
				}
			})
		}, func() {})
}

// addRefused says why a configuration was not kept.
func addRefused(err error) string {
	if bad, ok := errors.AsType[*wgconf.Error](err); ok {
		return lang.L("Nothing was added:") + "\n" + problemLines(bad.Problems)
	}
	if there, ok := errors.AsType[*own.ExistsError](err); ok {
		with := map[string]string{"Name": there.Name}
		if there.Same {
			return lang.L("This server is there already, as {{.Name}}.", with)
		}
		return lang.L("There is a server named {{.Name}} already. Remove it first, or choose another name.", with)
	}
	return sentenceOf(err)
}

func pictureRefused(err error) string {
	switch {
	case errors.Is(err, qrpicture.ErrNoPicture):
		return lang.L("This is no picture that can be read. Choose a PNG or a JPEG.")
	case errors.Is(err, qrpicture.ErrTooBig):
		return lang.L("This picture is too large. Choose one of at most 32 MB.")
	case errors.Is(err, qrpicture.ErrNoCode):
		return lang.L("No QR code was found in the picture. Take one that shows the code whole, sharp and straight.")
	}
	return sentenceOf(err)
}

// mostProblems is how many lines are shown: who has mended these sees the rest.
const mostProblems = 6

// problemLines says each problem on a line of its own.
func problemLines(all []wgconf.Problem) string {
	lines := make([]string, 0, len(all))
	for _, p := range all[:min(len(all), mostProblems)] {
		lines = append(lines, problemText(p))
	}
	if len(all) > mostProblems {
		lines = append(lines, "…")
	}
	return strings.Join(lines, "\n")
}

// problemText is the sentence for a problem, with its line.
func problemText(p wgconf.Problem) string {
	text := p.Text()
	if !strings.Contains(p.Key+p.Value, "{{") {
		key, value := p.Key, p.Value
		if key == "" {
			key = lang.L("this key")
		}
		if value == "" {
			value = lang.L("what stands there")
		}
		text = lang.X("conf."+string(p.Code), text, map[string]string{"Key": key, "Value": value})
	}
	if p.Line > 0 {
		text = lang.L("Line {{.Line}}:", map[string]string{"Line": strconv.Itoa(p.Line)}) + " " + text
	}
	return sentenceOf(errors.New(text))
}
