package main

import "github.com/mysteriumvpn/desktop/internal/vpn"

// saver takes settings over from a window. What core notes by itself may be newer than what the window has seen.
type saver struct{ topics *vpn.Topics }

// Send makes s the settings.
func (k saver) Send(s vpn.Settings) {
	now := k.topics.Settings.Load()
	s.LastExit, s.LastCountry = now.LastExit, now.LastCountry
	k.topics.Settings.Send(s)
}
