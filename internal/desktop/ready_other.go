//go:build !linux

package desktop

// Ready does nothing: nobody here waits to hear it.
func Ready() error { return nil }
