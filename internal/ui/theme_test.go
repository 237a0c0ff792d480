package ui

import (
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"github.com/stretchr/testify/assert"
)

// contrast is WCAG's ratio of two opaque colours.
func contrast(a, b colour) float64 {
	luminance := func(c colour) float64 {
		part := func(v uint8) float64 {
			f := float64(v) / 255
			if f <= 0.03928 {
				return f / 12.92
			}
			return math.Pow((f+0.055)/1.055, 2.4)
		}
		return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
	}
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestTextKeepsItsContrast(t *testing.T) {
	for name, p := range map[string]*Palette{"dark": &dark, "light": &light} {
		grounds := map[string]colour{
			"Ground": p.Ground, "Side": p.Side, "Card": p.Card, "Raised": p.Raised, "Field": p.Field, "Chosen": p.Chosen,
			"a row under the mouse": blend(p.Ground, p.Link, 18.0/255), "one in the sidebar": blend(p.Side, p.Link, 18.0/255),
		}
		texts := map[string]colour{"Ink": p.Ink, "Muted": p.Muted, "Link": p.Link, "Up": p.Up, "Busy": p.Busy, "Trouble": p.Trouble}
		for ground, g := range grounds {
			for text, c := range texts {
				assert.GreaterOrEqual(t, contrast(c, g), 4.5, "%s: %s on %s", name, text, ground)
			}
		}
		for _, x := range []struct {
			what    string
			on, bg  colour
			atLeast float64
		}{
			{"OnPrimary on Primary", p.OnPrimary, p.Primary, 4.5},
			{"OnPrimary on Primary under the mouse", p.OnPrimary, pressedPrimary(p), 4.5},
			{"Ink on a button under the mouse", p.Ink, blend(p.Raised, p.Ink, 0.08), 4.5},
			{"OnUp on Up", p.OnUp, p.Up, 4.5},
			{"OnBusy on Busy", p.OnBusy, p.Busy, 4.5},
			{"OnTrouble on Trouble", p.OnTrouble, p.Trouble, 4.5},
			// Shapes need 3:1.
			{"OnUp on Good", p.OnUp, p.Good, 3},
			{"OnBusy on Fair", p.OnBusy, p.Fair, 3},
			{"OnTrouble on Poor", p.OnTrouble, p.Poor, 3},
			{"Good on Card", p.Good, p.Card, 3},
			{"Fair on Card", p.Fair, p.Card, 3},
			{"Poor on Card", p.Poor, p.Card, 3},
			{"Good on Side", p.Good, p.Side, 3},
			{"Star on Side", p.Star, p.Side, 3},
			{"pins on Offer", p.Link, p.Offer, 3},
		} {
			assert.GreaterOrEqual(t, contrast(x.on, x.bg), x.atLeast, "%s: %s", name, x.what)
		}
	}
}

func TestThemeFollowsTheDesktopUnlessForced(t *testing.T) {
	follow, forced := &Theme{}, &Theme{Force: "light"}
	assert.Equal(t, &dark, follow.Palette(theme.VariantDark))
	assert.Equal(t, &light, follow.Palette(theme.VariantLight))
	assert.Equal(t, &light, forced.Palette(theme.VariantDark))
	assert.Equal(t, &dark, (&Theme{Force: "dark"}).Palette(theme.VariantLight))
	for _, v := range []fyne.ThemeVariant{theme.VariantDark, theme.VariantLight} {
		assert.NotNil(t, follow.Color(theme.ColorNameBackground, v))
		assert.NotNil(t, follow.Color("a name that nobody has", v))
	}
	assert.NotEqual(t, follow.Font(fyne.TextStyle{}).Name(), follow.Font(fyne.TextStyle{Bold: true}).Name())
}
