//go:build !linux

package unixsock_test

const (
	longPathsWork = false
	roleKey       = "UNIXSOCK_TEST_ROLE"
)

func play(string) int { return 1 }
