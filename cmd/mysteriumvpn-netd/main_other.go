//go:build !linux

package main

import "os"

func main() {
	println("mysteriumvpn-netd: there is no whole-device mode on this system yet")
	os.Exit(1)
}
