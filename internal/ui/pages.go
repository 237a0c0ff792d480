package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// page takes the place of the map while it is open. One is open at a time; the list of exits stays beside it.
type page interface {
	object() fyne.CanvasObject
	opened()               // it is seen now: load what there is to see
	closed()               // it is not seen any more: stop working
	first() fyne.Focusable // what has the focus when it opens
}

// pageName says which page.
type pageName uint8

// The pages. Home is the map.
const (
	homePage pageName = iota
	logsPage
	historyPage
	settingsPage
	accountPageName
	reportPageName
	proofPageName
)

// pageStack holds the pages and shows one of them.
type pageStack struct {
	home   fyne.CanvasObject
	pages  map[pageName]page
	at     pageName
	seen   bool // the window is
	canvas *fyne.Container
}

func newPageStack(home fyne.CanvasObject, pages map[pageName]page) *pageStack {
	s := &pageStack{home: home, pages: pages, canvas: container.NewStack(home)}
	for _, p := range pages {
		p.object().Hide()
		s.canvas.Add(p.object())
	}
	return s
}

// open shows a page in place of the one that is open.
func (s *pageStack) open(name pageName) {
	if p, ok := s.pages[s.at]; ok {
		p.object().Hide()
		p.closed()
	}
	s.at = name
	p, ok := s.pages[name]
	if !ok {
		s.home.Show()
		return
	}
	s.home.Hide()
	p.object().Show()
	if s.seen {
		p.opened()
	}
}

// show tells whether the window is seen: nobody works for a hidden one.
func (s *pageStack) show(seen bool) {
	s.seen = seen
	p, ok := s.pages[s.at]
	switch {
	case !ok:
	case seen:
		p.opened()
	default:
		p.closed()
	}
}

// openPage opens a page that may be open already.
func (w *Window) openPage(name pageName) {
	if w.stack.at != name {
		w.toggle(name)
	}
}

// toggle opens a page, or goes back to the map if it is open.
func (w *Window) toggle(name pageName) {
	if w.stack.at == name {
		name = homePage
	}
	w.stack.open(name)
	if p, ok := w.stack.pages[name]; ok {
		w.window.Canvas().Focus(p.first())
	} else {
		w.drawHome()
	}
	w.window.Content().Refresh()
	w.tick()
}
