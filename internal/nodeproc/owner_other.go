//go:build !linux && !darwin && !windows

package nodeproc

// socketOwner is not known here.
func socketOwner(string) owner { return owner{} }

// portOwner is not known here, so nothing is adopted.
func portOwner(string, int) owner { return owner{} }
