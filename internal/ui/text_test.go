package ui

import (
	"testing"

	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/assets"
)

func TestATextThatFitsIsNotCut(t *testing.T) {
	test.NewTempApp(t)
	for _, w := range []assets.Weight{assets.Regular, assets.Medium, assets.SemiBold, assets.Display} {
		for _, s := range []string{
			"MysteriumVPN", "Proxy 127.0.0.1:41871", "Your address does not change.", "AVAWATA Type", "Zürich, Switzerland",
			"Bosnia and Herzegovina", "Київ, Україна", "36.7", "香港",
		} {
			x := newText(13.5, w)
			width := textWidth(x, s)
			assert.Equal(t, s, fitText(x, s, width), "%v", w)
			cut := fitText(x, s, width*0.6)
			assert.LessOrEqual(t, textWidth(x, cut), width*0.6+1, "%v %q", w, cut)
			assert.Contains(t, cut, "…")
		}
	}
}
