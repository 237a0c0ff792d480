package main

import (
	"path/filepath"

	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// account is where it is noted which identity of a network's node is used, and which are backed up.
func (f folders) account(n vpn.Network) string {
	return filepath.Join(f.data, "account-"+string(n)+".json")
}

// keepAccount makes the keeper of who pays.
func (a *app) keepAccount(n vpn.Network) {
	lane := a.bus.Go("account")
	a.purse = account.NewTopics(a.bus)
	a.account = account.New(account.Options{
		Lane: lane, Status: a.topics.Status.Via(lane), Settings: a.topics.Settings.Via(lane), Wishes: a.purse.Wishes.Via(lane),
		State: a.purse.State, Commands: a.topics.Commands, Notices: a.topics.Notices,
		API:  func(address string) (*tequilapi.Client, error) { return tequilapi.New("http://" + address) },
		Path: a.folders.account(n), Keyring: desktop.Keyring{},
		Say: func(text string) { a.log.Warn("account", zap.String("problem", text)) },
	})
}
