package ui

import (
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// pickDNS takes the kind of name servers. Own ones count once they are typed and applied.
func (p *settingPage) pickDNS(kind int) {
	p.serverRow.say("", mutedTone)
	p.dnsOwn = kind == dnsOwn
	switch kind {
	case dnsOwn:
		p.draw(p.now)
		p.w.window.Canvas().Focus(p.servers)
	case dnsSystem:
		p.servers.reset()
		p.change(func(s *vpn.Settings) { s.DNS = vpn.SystemDNS })
	default:
		p.servers.reset()
		p.change(func(s *vpn.Settings) { s.DNS = "" })
	}
}

func (p *settingPage) applyServers() {
	dns, err := vpn.TidyDNS(p.servers.Text)
	if err == nil && dnsKind(dns) != dnsOwn {
		err = &vpn.Fault{Code: vpn.NoAddress, Key: "dns", Value: p.servers.Text}
	}
	if err != nil {
		p.refuse(p.serverRow, faultText(err))
		return
	}
	p.serverRow.say("", mutedTone)
	p.servers.shown = p.servers.Text // applied: draw may write it as it is kept
	p.handBack(p.dnsApply, p.servers)
	p.dnsOwn = false
	p.change(func(s *vpn.Settings) { s.DNS = dns })
}

// applyProgram takes where the node is. Whether it is one is found out when it is started.
func (p *settingPage) applyProgram() {
	path := strings.TrimSpace(p.program.Text)
	if path != "" && !filepath.IsAbs(path) {
		p.refuse(p.programRow, lang.L("Type the whole path, for example /usr/bin/myst, or nothing to have it looked for."))
		return
	}
	p.programRow.say("", mutedTone)
	p.program.shown = p.program.Text
	p.handBack(p.progApply, p.program)
	p.change(func(s *vpn.Settings) { s.NodeProgram = path })
}

// handBack moves the focus from a button that is about to hide.
func (p *settingPage) handBack(from *pill, to fyne.Focusable) {
	if from.focused {
		p.w.window.Canvas().Focus(to)
	}
}

// refuse says below a row why nothing was changed.
func (p *settingPage) refuse(r *settingRow, why string) {
	r.say(why, troubleTone)
	p.relayout()
}

// applyProxy checks the address. One that other computers can reach is asked about first.
func (p *settingPage) applyProxy() {
	if !p.host.edited() && !p.port.edited() {
		return
	}
	addr, err := vpn.ProxyAddress(p.host.Text, p.port.Text)
	if err != nil {
		p.refuse(p.proxyRow, faultText(err))
		return
	}
	if !p.canListen(addr, p.proxyRow) {
		return
	}
	p.proxyRow.say("", mutedTone)
	p.relayout()
	set := func() {
		p.host.shown, p.port.shown = p.host.Text, p.port.Text
		p.handBack(p.proxyApply, p.port)
		p.change(func(s *vpn.Settings) { s.Proxy, s.ProxyExpose = addr, vpn.Exposed(addr) })
	}
	if vpn.Exposed(addr) {
		p.askExpose(addr, set, func() {})
		return
	}
	set()
}

// canListen finds out now what the next start would stumble over, and says it below a row.
func (p *settingPage) canListen(addr string, r *settingRow) bool {
	if addr == p.w.status.Proxy.SOCKS5 || addr == p.now.Proxy {
		return true
	}
	err := p.w.o.CanListen(addr)
	if err != nil {
		p.refuse(r, lang.L("The proxy cannot be at {{.Address}} ({{.Why}}). Choose another address or port.", map[string]string{"Address": addr, "Why": err.Error()}))
	}
	return err == nil
}

// askExpose asks before other computers can reach the proxy.
func (p *settingPage) askExpose(addr string, yes, no func()) {
	p.ask(widget.DangerImportance, lang.L("Let other computers use the tunnel?"),
		lang.L("Whoever reaches {{.Address}} can send traffic through your connections, without a password and at your cost.", map[string]string{"Address": addr}),
		lang.L("Let them"), lang.L("Only this computer"), yes, no)
}

// ask puts a question before something that cannot be taken back, or that should not happen by accident.
func (p *settingPage) ask(weight widget.Importance, title, text, yes, no string, do, leave func()) {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	p.w.ask(weight, title, container.New(&askWidth{}, l), yes, no, do, leave)
}

// askWidth gives a text the width of a dialog before it is asked for its height.
type askWidth struct{}

func (askWidth) MinSize(o []fyne.CanvasObject) fyne.Size {
	const width = 380
	o[0].Resize(fyne.NewSize(width, o[0].MinSize().Height))
	return fyne.NewSize(width, o[0].MinSize().Height)
}

func (askWidth) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const inset = 8 // Fyne's label keeps that much for itself
	o[0].Move(place(-inset, 0))
	o[0].Resize(size.AddWidthHeight(inset, 0))
}

// restart ends the program and starts it again; a connection is asked about first.
func (p *settingPage) restart() {
	if !p.w.status.Phase.Wanted() || p.w.apart() {
		p.w.o.Restart()
		return
	}
	p.ask(widget.HighImportance, lang.L("Disconnect and restart?"), lang.L("The connection ends. The program comes back in a moment."),
		lang.L("Disconnect and restart"), lang.L("Stay connected"), p.w.o.Restart, func() {})
}

// file is the last group: the settings as a file.
func (p *settingPage) file() {
	save := p.button("upload", lang.L("Export…"), p.askExport)
	load := p.button("download", lang.L("Import…"), p.askImport)
	save.Show()
	load.Show()
	p.fileRow = newSettingRow(lang.L("Settings as a file"), lang.L("What is on this page, as JSON. Favourites and history stay here."), row(8, save, load))
	p.sheet.add(lang.L("Import and export"), p.fileRow)
}

func (p *settingPage) askExport() {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if f == nil && err == nil {
			return // thought better of it
		}
		if err == nil {
			_, err = f.Write(vpn.EncodeSettings(p.now))
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			p.refuse(p.fileRow, sentenceOf(err))
			return
		}
		p.fileRow.say(lang.L("Saved as {{.Name}}.", map[string]string{"Name": filepath.Base(f.URI().Path())}), mutedTone)
		p.relayout()
	}, p.w.window)
	d.SetFileName("mysteriumvpn-settings.json")
	p.showFiles(d)
}

func (p *settingPage) askImport() {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if f == nil && err == nil {
			return
		}
		var s vpn.Settings
		if err == nil {
			s, err = vpn.ReadSettings(f, p.now)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			p.refuse(p.fileRow, faultText(err))
			return
		}
		p.offerImport(s)
	}, p.w.window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".json"}))
	p.showFiles(d)
}

func (p *settingPage) showFiles(d *dialog.FileDialog) {
	size := p.w.window.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 760), min(size.Height-80, 540)))
	d.Show()
}

// offerImport shows what would change, and changes it when the user agrees.
func (p *settingPage) offerImport(s vpn.Settings) {
	if s.Proxy == "" { // the file leaves it open: the address that programs know stays
		s.Proxy, s.ProxyExpose = p.now.Proxy, p.now.ProxyExpose
	}
	what := changes(p.now, s)
	if len(what) == 0 {
		p.fileRow.say(lang.L("This file has the settings that you have already."), mutedTone)
		p.relayout()
		return
	}
	if !p.canListen(s.Proxy, p.fileRow) {
		return
	}
	lines := column(7)
	for _, c := range what {
		lines.Add(column(1, newLabel(c.name, 12.5, assets.Medium, inkTone), newLabel(c.from+"  →  "+c.to, 12, assets.Regular, mutedTone)))
	}
	list := container.NewVScroll(pad(4, 0, 14, 0, lines))
	list.SetMinSize(fyne.NewSize(360, min(lines.MinSize().Height+4, 300)))
	title := lang.XN("settings.import", "Import {{.N}} changes?", len(what), map[string]int{"N": len(what)})
	p.w.ask(widget.HighImportance, title, list, lang.L("Import"), lang.L("Cancel"), func() { p.imported(s) }, func() {})
}

// imported applies a file. An exposed proxy in it is a question of its own.
func (p *settingPage) imported(s vpn.Settings) {
	done := func(s vpn.Settings) {
		p.closed()
		p.apply(s)
		p.fileRow.say(lang.L("Imported."), mutedTone)
		p.relayout()
	}
	wider := s.ProxyExpose && (!p.now.ProxyExpose || s.Proxy != p.now.Proxy)
	if !wider {
		done(s)
		return
	}
	p.askExpose(s.Proxy, func() { done(s) }, func() {
		s.Proxy, s.ProxyExpose = p.now.Proxy, p.now.ProxyExpose
		done(s)
	})
}
