// Package leaks holds no code, only the tests that the whole device's traffic goes through the tunnel or nowhere: the
// root helper, a program without privileges that carries the tunnel, and an exit, in network namespaces with a capture
// between them. `make test-leaks` runs them as root.
//
// Nobody imports it.
package leaks
