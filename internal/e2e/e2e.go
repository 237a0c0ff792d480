// Package e2e holds no code, only tests of the built program from outside: real traffic through a real tunnel, the
// window under a virtual display, the tray over D-Bus. MYSTERIUMVPN_BIN names the program (one without a window is
// built if it is unset), MYSTERIUMVPN_WINDOW the one with a window. Where a test cannot run it is skipped with the
// reason, unless E2E_REQUIRED is set: then that is a failure.
//
// Nobody imports it. Its tests run one after the other, since they own namespaces, displays and buses.
package e2e
