package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// records is where it is kept how a network's providers have done here.
func (f folders) records(n vpn.Network) string {
	return filepath.Join(f.state, "providers-"+string(n)+".json")
}

// remember reads how providers have done, and gives what keeps it from now on.
func (a *app) remember(n vpn.Network) (keep func(map[string]proposals.Record)) {
	path := a.folders.records(n)
	var kept map[string]proposals.Record
	if err := store.ReadJSON(path, &kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		a.log.Warn("how providers have done", zap.Error(err))
	}
	a.book.Remember(kept, time.Now())
	lane := a.bus.Go("records")
	return func(all map[string]proposals.Record) {
		lane.Post(func() {
			if err := store.WriteJSON(path, all); err != nil {
				a.log.Warn("keep how providers have done", zap.Error(err))
			}
		})
	}
}
