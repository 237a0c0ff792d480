// mysteriumvpn-netd is the root helper of MysteriumVPN on Linux: internal/netd says what it does. It is a static program
// of its own, so that little runs as root.
package main
