package unixsock

import "net"

// Mend is what a listener does by itself every few seconds.
func Mend(l net.Listener) { l.(*listener).mend() }
