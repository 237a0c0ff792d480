// Package netdclient talks to the root helper mysteriumvpn-netd for a program without privileges: it has the device's
// traffic blocked, gets the tunnel's interface and the UDP sockets that may leave beside it, and says when the user
// wants out.
//
// internal/guard uses it for the app in whole-device mode. There is a helper on Linux only; elsewhere this package is
// empty.
//
// A Client may be used from any goroutine; requests go one after the other. If the connection ends without Disconnect,
// everything stays blocked.
package netdclient
