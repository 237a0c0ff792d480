// Package wgnet holds the WireGuard parts that the tunnel and the exit share: a network stack in userspace that is
// also a TUN device (Net), a UDP bind with segmentation offload (NewBind), and the WireGuard device that joins the
// two (Device), with its configuration (Config, Peer, Key).
//
// The tunnel makes one Net and one Device for each connection and dials through the Net; the exit makes a promiscuous
// Net and takes connections from its Stack. Nothing here needs privileges, and nothing dials by the host.
//
// Everything exported may be called from any goroutine and every Close may be called twice, except the methods of
// Net that wireguard-go calls (Read, Write): one reader at a time, any number of writers.
package wgnet
