package main

import (
	"errors"
	"io/fs"
	"os"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// shelf keeps a running program's settings on the disk. What cannot be written is told to the user once, and tried
// again with the next change and at the end; until then the file has the old settings. All of it is called on one lane.
type shelf struct {
	path    string
	log     *zap.Logger
	notices bus.Sender[vpn.Notice]

	kept    vpn.Settings // as the file has them
	failing bool
}

func (k *shelf) keep(s vpn.Settings) {
	if s == k.kept && !k.failing {
		return
	}
	if err := store.WriteJSON(k.path, s); err != nil {
		k.log.Warn("keep the settings", zap.Error(err))
		if !k.failing {
			k.notices.Send(vpn.Notice{Severity: vpn.Error, Reason: vpn.Reason{Code: vpn.SettingsNotKept, A: cause(err)}})
		}
		k.failing = true
		return
	}
	if k.failing {
		k.log.Info("the settings are kept again")
	}
	k.kept, k.failing = s, false
}

// cause is what the system said, without the names of our files.
func cause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &link):
		return link.Err.Error()
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return err.Error()
}
