package main

import "github.com/mysteriumvpn/desktop/internal/vpn"

// firstWish connects as the program starts, if the settings say so and nobody has asked for anything before: to the
// country of the last connection, to an own server that is in none, or by quick connect; not while there are terms to
// accept. It must run before the control socket is served.
func (a *app) firstWish() {
	s := a.topics.Settings.Load()
	if a.asking || !s.ConnectOnStart || a.topics.Status.Load().Command != 0 {
		return
	}
	to := vpn.Target{Country: s.LastCountry}
	if s.Network == vpn.Own && to.Country == "" {
		to.ProviderID = s.LastExit
	}
	a.topics.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Connect, Target: to})
}
