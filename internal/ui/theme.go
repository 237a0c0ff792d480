package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"github.com/mysteriumvpn/desktop/assets"
)

// Palette is every colour of the window, for one of light and dark. Pairs that carry text keep a contrast of 4.5:1 at
// least; a test computes it.
type Palette struct {
	Ground color.NRGBA // behind everything
	Side   color.NRGBA // the sidebar
	Ocean  color.NRGBA
	Land   color.NRGBA
	Offer  color.NRGBA // land that has exits
	Card   color.NRGBA // what floats over the map
	Edge   color.NRGBA // hairlines around and between things
	Raised color.NRGBA // chips, the chosen segment
	Field  color.NRGBA // where one types
	Chosen color.NRGBA // the selected row
	Ink    color.NRGBA // text
	Muted  color.NRGBA // text of less weight
	Faint  color.NRGBA // no text: empty bars, scroll bars

	Primary, OnPrimary color.NRGBA // what may be pressed, and what stands on it
	Link               color.NRGBA // Primary as text and lines
	Up, OnUp           color.NRGBA // traffic passes
	Busy, OnBusy       color.NRGBA // being worked on
	Trouble, OnTrouble color.NRGBA // needs the user

	// For shapes, which need less contrast than text: the large button, bars, lines, what is marked on the map.
	Good, Fair, Poor, Star color.NRGBA

	Shadow color.NRGBA
}

func hex(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255} //nolint:gosec // bytes of a colour
}

func alpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}

var dark = Palette{
	Ground: hex(0x0B0F1A), Side: hex(0x0F1523), Ocean: hex(0x0A0F1B), Land: hex(0x182238), Offer: hex(0x2A395E),
	Card: hex(0x131A2A), Edge: hex(0x232E47), Raised: hex(0x202B45), Field: hex(0x161E30), Chosen: hex(0x1C2742),
	Ink: hex(0xEEF2FB), Muted: hex(0x94A1BF), Faint: hex(0x2F3C5A),
	Primary: hex(0x4A63EE), OnPrimary: hex(0xFFFFFF), Link: hex(0x8DA3FF),
	Up: hex(0x35D9A6), OnUp: hex(0x03241A), Busy: hex(0xFFB84D), OnBusy: hex(0x2B1900),
	Trouble: hex(0xFF7080), OnTrouble: hex(0x2E0309),
	Good: hex(0x35D9A6), Fair: hex(0xFFB84D), Poor: hex(0xFF7080), Star: hex(0xFFC861), Shadow: alpha(hex(0x000000), 150),
}

var light = Palette{
	Ground: hex(0xF3F6FC), Side: hex(0xFFFFFF), Ocean: hex(0xE8EEF9), Land: hex(0xD3DCED), Offer: hex(0xAEBEE2),
	Card: hex(0xFFFFFF), Edge: hex(0xDDE4F1), Raised: hex(0xEAEFF9), Field: hex(0xF2F5FB), Chosen: hex(0xE8EDFD),
	Ink: hex(0x131A2C), Muted: hex(0x566280), Faint: hex(0xD2DAEA),
	Primary: hex(0x3550E0), OnPrimary: hex(0xFFFFFF), Link: hex(0x3550E0),
	Up: hex(0x067450), OnUp: hex(0xFFFFFF), Busy: hex(0x955800), OnBusy: hex(0xFFFFFF),
	Trouble: hex(0xC4283D), OnTrouble: hex(0xFFFFFF),
	Good: hex(0x0C9A6C), Fair: hex(0xC77F00), Poor: hex(0xD23B4E), Star: hex(0xC77F00), Shadow: alpha(hex(0x33426B), 60),
}

// Theme is the look of the program. The zero Theme follows the desktop.
type Theme struct {
	Force string // "dark" or "light" whatever the desktop has; "" = as the desktop has it
	Text  string // vpn.Settings.TextSize. The driver draws everything larger; here it only makes another theme of it
}

// ZoomFor is how much larger everything is drawn for a vpn.Settings.TextSize. Fyne rounds to tenths.
func ZoomFor(textSize string) float32 {
	switch textSize {
	case "small":
		return 0.9
	case "large":
		return 1.2
	case "larger":
		return 1.4
	}
	return 1
}

// Palette gives the colours for a variant, or for the one that is forced.
func (t *Theme) Palette(v fyne.ThemeVariant) *Palette {
	switch {
	case t.Force == "light", t.Force == "" && v == theme.VariantLight:
		return &light
	}
	return &dark
}

// colours gives the palette in force. Widgets ask for it whenever they draw and keep none.
func colours() *Palette {
	s := fyne.CurrentApp().Settings()
	if t, ok := s.Theme().(*Theme); ok {
		return t.Palette(s.ThemeVariant())
	}
	return &dark
}

// Color gives Fyne's own widgets their colours.
func (t *Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	p := t.Palette(v)
	switch n {
	case theme.ColorNameBackground:
		return p.Ground
	case theme.ColorNameForeground:
		return p.Ink
	case theme.ColorNamePlaceHolder:
		return p.Muted
	case theme.ColorNameDisabled:
		return p.Muted
	case theme.ColorNamePrimary:
		return p.Primary
	case theme.ColorNameHyperlink:
		return p.Link
	case theme.ColorNameForegroundOnPrimary:
		return p.OnPrimary
	case theme.ColorNameButton:
		return p.Raised
	case theme.ColorNameDisabledButton:
		return p.Field
	case theme.ColorNameInputBackground:
		return p.Field
	case theme.ColorNameInputBorder, theme.ColorNameSeparator:
		return p.Edge
	case theme.ColorNameHover:
		return alpha(p.Link, 18)
	case theme.ColorNamePressed:
		return alpha(p.Link, 44)
	case theme.ColorNameFocus:
		return alpha(p.Link, 70)
	case theme.ColorNameSelection:
		return p.Chosen
	case theme.ColorNameScrollBar:
		return alpha(p.Muted, 90)
	case theme.ColorNameScrollBarBackground:
		return color.Transparent
	case theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground, theme.ColorNameHeaderBackground:
		return p.Card
	case theme.ColorNameShadow:
		return alpha(p.Shadow, p.Shadow.A/2)
	case theme.ColorNameSuccess:
		return p.Up
	case theme.ColorNameWarning:
		return p.Busy
	case theme.ColorNameError:
		return p.Trouble
	case theme.ColorNameForegroundOnSuccess:
		return p.OnUp
	case theme.ColorNameForegroundOnWarning:
		return p.OnBusy
	case theme.ColorNameForegroundOnError:
		return p.OnTrouble
	}
	if t.Palette(v) == &light {
		return theme.DefaultTheme().Color(n, theme.VariantLight)
	}
	return theme.DefaultTheme().Color(n, theme.VariantDark)
}

// Font gives the cut for a style; Fyne's own for fixed width and symbols.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Monospace, s.Symbol:
		return theme.DefaultTheme().Font(s)
	case s.Bold:
		return assets.Font(assets.SemiBold)
	}
	return assets.Font(assets.Regular)
}

// Icon gives Fyne's own icons.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size gives the measures.
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return 13
	case theme.SizeNameCaptionText:
		return 11
	case theme.SizeNameHeadingText:
		return 20
	case theme.SizeNameSubHeadingText:
		return 16
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 9
	case theme.SizeNameInputRadius:
		return 10
	case theme.SizeNameSelectionRadius:
		return 10
	case theme.SizeNameScrollBar:
		return 6
	case theme.SizeNameScrollBarSmall:
		return 3
	case theme.SizeNameInlineIcon:
		return 16
	}
	return theme.DefaultTheme().Size(n)
}
