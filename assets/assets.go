// Package assets holds the pictures, fonts and the map that the window draws, embedded in the program. Each is decoded
// once, when it is first asked for, and shared from then on; a caller must not change what it gets.
//
// Only internal/ui and cmd call it. scripts/assets.sh makes the files; README.md names their sources and licences.
//
// All functions may be called from any goroutine.
package assets

import (
	"bytes"
	"embed"
	"image"
	"image/draw"
	"image/png"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
)

//go:embed flags/*.png icons/*.png font/*.otf icon/*.png tray/*.png world/world.bin
var files embed.FS

// Translations are the words of the window by language, for lang.AddTranslationsFS.
//
//go:embed translations/*.json
var Translations embed.FS

// Weight picks one of the embedded cuts of the typeface.
type Weight uint8

// The weights. Zero is the one for running text.
const (
	Regular  Weight = iota
	Medium          // labels that must stand out a little
	SemiBold        // headings and names
	Display         // SemiBold drawn for large sizes
)

var weights = [...]string{Regular: "Inter-Regular", Medium: "Inter-Medium", SemiBold: "Inter-SemiBold", Display: "InterDisplay-SemiBold"}

// Font gives a cut of the typeface.
func Font(w Weight) fyne.Resource {
	if int(w) >= len(weights) {
		w = Regular
	}
	return resource("font/" + weights[w] + ".otf")
}

// Flag gives the round flag of a country (ISO 3166-1 alpha-2, either case) as PNG, 72 pixels wide. A code that is not
// known gives the flag of nowhere.
func Flag(code string) fyne.Resource {
	if r := resource("flags/" + strings.ToLower(code) + ".png"); r != nil {
		return r
	}
	return resource("flags/xx.png")
}

// FlagImage is Flag, decoded. All calls for one country share one image.
func FlagImage(code string) image.Image {
	if m, ok := flagImages.Load(code); ok {
		return m.(image.Image)
	}
	m, err := png.Decode(bytes.NewReader(Flag(code).Content()))
	if err != nil { // our own file: the tests decode every one
		m = image.NewNRGBA(image.Rect(0, 0, 72, 72))
	}
	shared, _ := flagImages.LoadOrStore(code, m)
	return shared.(image.Image)
}

var flagImages sync.Map // string → image.Image

// Icon gives the shape of an icon as a mask, 72 pixels wide, for the caller to fill with a colour. All calls for one icon
// share one mask. nil = no such icon. "mark" and "mark-dot" are the two parts of the program's own mark.
func Icon(name string) *image.Alpha {
	if m, ok := masks.Load(name); ok {
		return m.(*image.Alpha)
	}
	m, err := png.Decode(bytes.NewReader(read("icons/" + name + ".png")))
	if err != nil {
		return nil
	}
	mask := image.NewAlpha(m.Bounds())
	draw.Draw(mask, mask.Rect, m, m.Bounds().Min, draw.Src)
	shared, _ := masks.LoadOrStore(name, mask)
	return shared.(*image.Alpha)
}

var masks sync.Map // string → *image.Alpha

// AppIcon gives the program's icon as PNG for a square of at least size pixels.
func AppIcon(size int) fyne.Resource {
	switch {
	case size <= 16:
		return resource("icon/16.png")
	case size <= 32:
		return resource("icon/32.png")
	case size <= 64:
		return resource("icon/64.png")
	case size <= 128:
		return resource("icon/128.png")
	case size <= 256:
		return resource("icon/256.png")
	}
	return resource("icon/512.png")
}

// TrayIcon gives the tray's icon as PNG: state is "down", "busy", "up" or "trouble"; lightPanel asks for dark ink.
func TrayIcon(state string, lightPanel bool) fyne.Resource {
	panel := "-dark.png"
	if lightPanel {
		panel = "-light.png"
	}
	return resource("tray/" + state + panel)
}

var resources sync.Map // path → *fyne.StaticResource

// resource gives the one shared resource of a file, nil if there is no such file. Fyne's caches are keyed by its name.
func resource(path string) fyne.Resource {
	if r, ok := resources.Load(path); ok {
		return r.(fyne.Resource)
	}
	b := read(path)
	if b == nil {
		return nil
	}
	r, _ := resources.LoadOrStore(path, fyne.NewStaticResource(strings.ReplaceAll(path, "/", "-"), b))
	return r.(fyne.Resource)
}

func read(path string) []byte {
	b, err := files.ReadFile(path)
	if err != nil {
		return nil
	}
	return b
}
