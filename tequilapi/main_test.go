package tequilapi

import (
	"testing"

	"go.uber.org/goleak"
)

// net/http stays for half a second with a connection that it has refused, and nobody can wait for it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}
