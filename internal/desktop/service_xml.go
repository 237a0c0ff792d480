//go:build darwin || windows

package desktop

import (
	"encoding/xml"
	"strings"
)

// xmlText is a value as it stands in XML.
func xmlText(v string) string {
	var t strings.Builder
	_ = xml.EscapeText(&t, []byte(v)) // a Builder takes all
	return t.String()
}
