package locale

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOnlyCLocalesAreMended(t *testing.T) {
	for _, c := range [][2]string{{"C.UTF-8", "C"}, {"POSIX.UTF-8", "C"}, {"C", "C"}, {"de_DE.UTF-8", "de_DE.UTF-8"}, {"", ""}} {
		t.Setenv("LANG", c[0])
		mend()
		assert.Equal(t, c[1], os.Getenv("LANG"))
	}
}
