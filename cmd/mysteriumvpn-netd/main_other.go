//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "mysteriumvpn-netd: there is no whole-device mode on this system yet")
	os.Exit(1)
}
