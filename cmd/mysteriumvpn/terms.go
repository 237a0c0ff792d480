//go:build !headless

package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/ui"
)

// agreement is what is kept of the terms that the user accepted. It is no setting: nobody accepts them for another by
// sharing a file of settings.
type agreement struct {
	Accepted string    `json:"accepted"` // their version
	At       time.Time `json:"at,omitzero"`
}

func (f folders) terms() string { return filepath.Join(f.config, "terms.json") }

// agreed is the version of the terms that was accepted here; "" = none, also where the file cannot be read: then the
// user is asked again.
func (s *side) agreed() string {
	var g agreement
	if err := store.ReadJSON(s.folders.terms(), &g); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("what was accepted of the terms", zap.Error(err))
		return ""
	}
	return g.Accepted
}

// agree keeps that the user accepts a version of the terms.
func (s *side) agree(version string) {
	if err := store.WriteJSON(s.folders.terms(), agreement{version, time.Now().UTC().Round(time.Second)}); err != nil {
		s.log.Warn("keep what was accepted of the terms", zap.Error(err))
	}
}

// mustAsk reports whether the terms in force have not been accepted yet.
func (s *side) mustAsk() bool { return s.agreed() != ui.TermsVersion }
