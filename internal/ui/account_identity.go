package ui

import (
	"io"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// identityRows show the key that owns the balance, and what one does with it.
type identityRows struct {
	page *accountPage

	copy       *pill
	id         *settingRow
	register   *pill
	registered *settingRow

	pass   *field
	keep   *toggle
	unlock *pill
	locked *settingRow

	backupPass *field
	save       *pill
	backup     *settingRow

	restorePass *field
	load        *pill
	restore     *settingRow

	which  *picker
	asked  string // the identity that was picked last and is not used yet
	create *pill
	others *settingRow
}

func newIdentityRows(p *accountPage) *identityRows {
	r := &identityRows{page: p}
	r.copy = newIconButton("copy", func() { p.w.o.App.Clipboard().SetContent(p.now.Identity) }).says(lang.L("Copy"))
	p.mind(r.copy, &r.copy.pressable)
	r.id = newSettingRow(lang.L("Identity"), " ", r.copy)
	r.register = p.button("check", lang.L("Register"), true, func() { p.wish(account.Wish{Verb: account.Register}) })
	r.registered = newSettingRow(lang.L("Registration"), " ", nil, r.register)

	wide := func(f *field) fyne.CanvasObject { return container.NewGridWrap(fyne.NewSize(segmentsWide, 36), f) }
	r.pass = p.secret(lang.L("Passphrase"), r.open)
	r.keep = newToggle(func(on bool) { r.keep.set(on) })
	r.keep.set(true)
	p.mind(r.keep, &r.keep.pressable)
	r.unlock = p.button("check", lang.L("Unlock"), true, r.open)
	r.locked = newSettingRow(lang.L("Locked"), lang.L("Its passphrase unlocks it until the node ends; the switch keeps the passphrase in this desktop's keyring."), wide(r.pass), r.unlock, r.keep)

	r.backupPass = p.secret(lang.L("A passphrase for the file"), r.askSave)
	r.save = p.button("download", lang.L("Save a backup…"), true, r.askSave)
	r.backup = newSettingRow(lang.L("Backup"), " ", wide(r.backupPass), r.save)

	r.restorePass = p.secret(lang.L("The file's passphrase"), r.askLoad)
	r.load = p.button("upload", lang.L("Restore…"), false, r.askLoad)
	r.restore = newSettingRow(lang.L("Restore"), lang.L("An identity from a backup. The ones that are here stay."), wide(r.restorePass), r.load)

	r.which = newPicker(func(i int) {
		if i < len(p.now.Identities) && p.now.Identities[i] != p.now.Identity {
			r.asked = p.now.Identities[i]
			p.wish(account.Wish{Verb: account.Use, Identity: r.asked})
		}
	}, unknownWord)
	p.mind(r.which, &r.which.pressable)
	r.create = p.button("plus", "", false, func() { p.wish(account.Wish{Verb: account.Create}) })
	r.others = newSettingRow(lang.L("In use"), lang.L("Each identity has a balance and a registration of its own."), r.which, r.create)
	p.sheet.add(lang.L("Identity"), r.id, r.locked, r.registered, r.others, r.backup, r.restore)
	return r
}

func (r *identityRows) reset() {
	for _, f := range []*field{r.pass, r.backupPass, r.restorePass} {
		f.SetText("")
	}
}

func (r *identityRows) draw(s account.State) {
	real, has := s.Network == vpn.Mysterium, s.Identity != ""
	r.id.canvas.Hidden = !has
	r.id.about.say(s.Identity, mutedTone)
	if r.asked == s.Identity || !slices.Contains(s.Identities, r.asked) {
		r.asked = ""
	}
	refused := r.asked != "" && s.Problem.Code == vpn.WrongPassphrase
	r.locked.canvas.Hidden = !s.Locked && !refused
	name := lang.L("Locked")
	if refused {
		name += ": " + shortID(r.asked)
	}
	r.locked.name.say(name)
	r.registered.canvas.Hidden = !has || s.Locked || !real
	r.registered.about.say(registrationWords(s), mutedTone)
	r.register.Hidden = s.Registration != account.Unregistered && s.Registration != account.Failed
	r.register.off = s.Doing != account.NoVerb
	r.backup.canvas.Hidden = !has || s.Locked || !real
	about, t := lang.L("There is no copy of this identity yet. If this computer is lost, so is its balance: nobody can give it back."), tone(busyTone)
	if s.BackedUp {
		about, t = lang.L("A copy was saved. Keep it, and its passphrase, where you find them."), mutedTone
	}
	r.backup.about.say(about, t)
	r.restore.canvas.Hidden = !real
	r.others.canvas.Hidden = !s.Ready
	r.which.Hidden = len(s.Identities) < 2
	names := []string{unknownWord}
	if len(s.Identities) > 0 {
		names = names[:0]
		for _, id := range s.Identities {
			names = append(names, shortID(id))
		}
	}
	r.which.rename(names)
	r.which.set(max(slices.Index(s.Identities, s.Identity), 0))
	word := lang.L("Make another")
	if !has {
		word = lang.L("Make an identity")
	}
	r.create.loud = !has
	r.create.off = s.Doing != account.NoVerb
	r.create.set("plus", word)
	for _, x := range []*settingRow{r.locked, r.registered, r.backup, r.restore, r.others} {
		why := ""
		if !s.Problem.Zero() && r.page.problemRow() == x {
			why = reasonText(s.Problem)
		}
		x.say(why, troubleTone)
	}
}

// wrongRow is where a passphrase or an identity is asked for.
func (r *identityRows) wrongRow() *settingRow {
	if r.page.now.Locked || r.asked != "" {
		return r.locked
	}
	return r.others
}

func (r *identityRows) open() {
	w := account.Wish{Verb: account.Unlock, Old: account.NewSecret(r.pass.Text), Keep: r.keep.on}
	if r.asked != "" {
		w.Verb, w.Identity = account.Use, r.asked
	}
	r.page.wish(w)
	r.pass.SetText("")
}

// askSave asks where to put the backup. Its passphrase is what keeps the money from who finds the file.
func (r *identityRows) askSave() {
	const least = 8
	pass := r.backupPass.Text
	if len([]rune(pass)) < least {
		r.backup.say(lang.L("Type a passphrase of at least 8 letters first: it keeps the file closed to others."), troubleTone)
		r.page.relayout()
		return
	}
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if f == nil || err != nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close()
		r.backupPass.SetText("")
		r.page.wish(account.Wish{Verb: account.Backup, New: account.NewSecret(pass), Path: path})
	}, r.page.w.window)
	d.SetFileName("mysterium-identity-" + r.page.now.Identity + ".json")
	r.page.w.choice.showFiles(d)
}

func (r *identityRows) askLoad() {
	pass := r.restorePass.Text
	if pass == "" {
		r.restore.say(lang.L("Type the passphrase of the file first."), troubleTone)
		r.page.relayout()
		return
	}
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if f == nil || err != nil {
			return
		}
		file, err := io.ReadAll(io.LimitReader(f, 1<<20))
		_ = f.Close()
		if err != nil {
			r.restore.say(sentenceOf(err), troubleTone)
			r.page.relayout()
			return
		}
		r.restorePass.SetText("")
		r.page.wish(account.Wish{Verb: account.Restore, File: file, Old: account.NewSecret(pass)})
	}, r.page.w.window)
	r.page.w.choice.showFiles(d)
}
