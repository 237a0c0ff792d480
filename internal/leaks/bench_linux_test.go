package leaks

import (
	"net/netip"
	"testing"
)

// BenchmarkConnect goes from an open device to the first answer of a site through the tunnel; disconnecting is not
// counted. How long each request to the helper takes is shown by the others.
func BenchmarkConnect(b *testing.B) {
	w := newWorld(b)
	w.serve(b)
	a := w.newApp(b)
	key := w.exits.say(b, "peer %s %s", entryA, a.say(b, "key"))
	for b.Loop() {
		a.say(b, "begin %s", entryA)
		a.say(b, "tunnel both")
		a.say(b, "up %s %s", entryA, key)
		w.requireTunnel(b)
		b.StopTimer()
		a.say(b, "disconnect")
		b.StartTimer()
	}
}

func benchmarkRequest(b *testing.B, words func(n int) string) {
	w := newWorld(b)
	w.serve(b)
	a := w.newApp(b)
	w.connect(b, a, entryA)
	n := 0
	for b.Loop() {
		a.say(b, "%s", words(n))
		n++
	}
}

func BenchmarkHeartbeat(b *testing.B) {
	benchmarkRequest(b, func(int) string { return "beat" })
}

func BenchmarkEndpoints(b *testing.B) {
	benchmarkRequest(b, func(n int) string { return "endpoints " + []netip.AddrPort{entryA, entryB}[n%2].String() })
}

func BenchmarkNewSockets(b *testing.B) {
	benchmarkRequest(b, func(int) string { return "rebind" })
}

func BenchmarkNewInterface(b *testing.B) {
	benchmarkRequest(b, func(int) string { return "tunnel both" })
}
