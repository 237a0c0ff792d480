package control

import (
	"errors"
	"net/http"

	"github.com/mysteriumvpn/desktop/internal/proposals"
)

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	now, err := s.present.wait(r.Context())
	if err != nil {
		return // nobody is there to read an answer
	}
	answer(w, statusDoc(now))
}

func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	out := newStream(w)
	_ = s.present.watch(r.Context(), func(m moment) (bool, error) { return false, out.send(statusDoc(m)) })
}

func (s *server) countries(w http.ResponseWriter, _ *http.Request) {
	answer(w, countryDocs(s.Book.Load()))
}

func (s *server) proposals(w http.ResponseWriter, r *http.Request) {
	all := s.Book.Load()
	where := r.FormValue("country")
	if where == "" {
		answer(w, proposalDocs(all.Proposals))
		return
	}
	target, err := all.Resolve(where)
	if err != nil {
		refuse(w, http.StatusBadRequest, badWhere(err))
		return
	}
	var list []proposals.Proposal
	if target.ProviderID != "" {
		if p, ok := all.Provider(target.ProviderID); ok {
			list = []proposals.Proposal{*p}
		}
	} else if c, ok := all.Country(target.Country); ok {
		list = c.Proposals
	}
	answer(w, proposalDocs(list))
}

// badWhere is the refusal of a WHERE.
func badWhere(err error) *Error {
	e := &Error{Code: CodeBadWhere, Text: sentence(err.Error())}
	if w, ok := errors.AsType[*proposals.WhereError](err); ok {
		e.DidYouMean = w.DidYouMean
	}
	return e
}
