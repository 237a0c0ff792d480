package desktop

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeZoneIsNamedByTheVariableOrTheLink(t *testing.T) {
	link := func(target string) string {
		path := filepath.Join(t.TempDir(), "localtime")
		require.NoError(t, os.Symlink(target, path))
		return path
	}
	for _, c := range []struct{ variable, link, want string }{
		{"Europe/Kyiv", link("/usr/share/zoneinfo/Asia/Tokyo"), "Europe/Kyiv"},
		{":America/New_York", "/none", "America/New_York"},
		{"/usr/share/zoneinfo/Africa/Cairo", "/none", "Africa/Cairo"},
		{"", link("/usr/share/zoneinfo/Europe/Vilnius"), "Europe/Vilnius"},
		{"", link("../usr/share/zoneinfo/posix/Asia/Tokyo"), "Asia/Tokyo"},
		{"", link("/var/db/timezone/zoneinfo/Pacific/Auckland"), "Pacific/Auckland"},
		{"", link("/somewhere/else"), ""},
		{"", filepath.Join(t.TempDir(), "none"), ""},
	} {
		assert.Equal(t, c.want, timeZone(c.variable, c.link), "%+v", c)
	}
}
