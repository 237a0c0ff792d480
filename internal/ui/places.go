package ui

import (
	"slices"

	"github.com/mysteriumvpn/desktop/internal/proposals"
)

// Places are countries that the user comes back to, as ISO codes, how they like the list of exits, and what they were
// told once. The zero Places are none, and the whole list by name.
type Places struct {
	Favourites []string
	Recent     []string        // newest first
	Order      proposals.Order `json:",omitzero"`
	NoTray     bool            `json:",omitzero"` // that closing the window ends the program
}

// places is the window's own copy of Places, handed to keep after each change.
type places struct {
	now  Places
	keep func(Places)
}

const recentLimit = 12

// newPlaces leaves out a favourite that is no country: earlier versions kept such.
func newPlaces(now Places, keep func(Places)) *places {
	now.Favourites = slices.DeleteFunc(slices.Clone(now.Favourites), func(code string) bool { return code == "" })
	return &places{now: now, keep: keep}
}

func (p *places) isFavourite(code string) bool { return slices.Contains(p.now.Favourites, code) }
func (p *places) recent() []string             { return p.now.Recent }

func (p *places) order(o proposals.Order) {
	if p.now.Order != o {
		p.now.Order = o
		p.keep(p.now)
	}
}

// toldOfNoTray reports whether the user was told before that closing the window ends the program. From now on they were.
func (p *places) toldOfNoTray() bool {
	if p.now.NoTray {
		return true
	}
	p.now.NoTray = true
	p.keep(p.now)
	return false
}

func (p *places) toggle(code string) {
	list := slices.Clone(p.now.Favourites)
	if i := slices.Index(list, code); i >= 0 {
		list = slices.Delete(list, i, i+1)
	} else {
		list = append(list, code)
	}
	p.now.Favourites = list
	p.keep(p.now)
}

// visit puts a country first among the recent ones, and reports whether that changed anything.
func (p *places) visit(code string) bool {
	if code == "" || len(p.now.Recent) > 0 && p.now.Recent[0] == code {
		return false
	}
	list := []string{code}
	for _, c := range p.now.Recent {
		if c != code && len(list) < recentLimit {
			list = append(list, c)
		}
	}
	p.now.Recent = list
	p.keep(p.now)
	return true
}
