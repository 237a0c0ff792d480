package ui

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/report"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

var newPictures = flag.Bool("pictures", false, "draw testdata/pictures anew. Look at what has changed")

// TestPictures compares twelve screens, dark and light, pixel by pixel with testdata/pictures: what markup cannot tell,
// like the map, the graph, an icon and how texts are cut. To draw them anew:
//
//	go test -tags migrated_fynedo -run TestPictures ./internal/ui -pictures
func TestPictures(t *testing.T) {
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		t.Skip("floating point rounds in another way here: the pictures were drawn on linux/amd64")
	}
	if underRace {
		t.Skip("takes a minute under the race detector, and finds none; make test draws them without it")
	}
	for _, look := range []string{"dark", "light"} {
		for _, name := range []string{"welcome", "down", "search", "connecting", "up", "log", "history", "settings", "report", "privacy", "usage", "proof"} {
			t.Run(name+"-"+look, func(t *testing.T) {
				s := sitFor(t, name)
				s.topics.Settings.Send(vpn.Settings{Theme: look, CountUsage: name == "usage"})
				s.lane.Run()
				s.window.Resize(fyne.NewSize(920, 600))
				samePicture(t, name+"-"+look, s.window.Canvas().Capture())
			})
		}
	}
}

// sitFor opens the window as a picture shows it.
func sitFor(t *testing.T, name string) *stage {
	s := newStage(t, func(o *Options) {
		o.History = &shelf{entries: connections(40)}
		o.Report = func() (report.Report, error) { return someReport(), nil }
		if name == "proof" {
			o.Device = &fakeHelper{
				rules: func() (string, error) { return someRules(t, "connected-lan"), nil },
				probe: func() (probes.Result, error) { return someProbes(0), nil },
			}
		}
		o.Home = &Point{Lon: 25.3, Lat: 54.7}
		o.Places = Places{Favourites: []string{"CH", "JP"}, Recent: []string{"DE"}}
		if name == "welcome" || name == "privacy" {
			o.Agreed = ""
		}
	})
	s.window.Resize(fyne.NewSize(920, 600))
	s.offer(sandbox(61))
	switch name {
	case "down":
		s.status(inPhase(vpn.Down))
	case "search":
		s.status(inPhase(vpn.Down))
		s.exits.search.SetText("ber")
		s.choose(vpn.Target{Country: "DE"})
	case "connecting":
		s.status(inPhase(vpn.Dialing))
	case "up":
		s.status(inPhase(vpn.Up))
		s.flow()
		s.toggleDetails()
	case "log":
		s.status(inPhase(vpn.Failed))
		s.fillLog()
	case "history":
		s.status(inPhase(vpn.Up))
		s.toggleHistory()
	case "settings":
		s.status(inPhase(vpn.Up))
		s.toggleSettings()
	case "report":
		s.status(inPhase(vpn.Down))
		s.toggle(reportPageName)
		s.lane.Run()
		s.problem.show(len(s.problem.report.Parts) - 1)
	case "proof":
		s.status(inPhase(vpn.Up))
		s.toggleProof()
		s.lane.Run()
		s.proofs.test.press()
		s.lane.Run()
	case "privacy":
		s.key(fyne.KeyReturn)
	case "usage":
		s.status(inPhase(vpn.Up))
		s.toggleSettings()
		s.choice.drawCounts(someCounts())
		s.choice.scroll.ScrollToBottom()
	default:
	}
	return s
}

// samePicture fails unless a picture is what it was. What it is now is put beside the old one.
func samePicture(t *testing.T, name string, now image.Image) {
	t.Helper()
	file := filepath.Join("testdata", "pictures", name+".png")
	got := pixels(now)
	if *newPictures {
		writePicture(t, file, got)
		return
	}
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	was, err := png.Decode(bytes.NewReader(b))
	require.NoError(t, err)
	want := pixels(was)
	if bytes.Equal(want.Pix, got.Pix) {
		return
	}
	differ := "another size"
	if want.Rect == got.Rect {
		n, box := 0, image.Rectangle{}
		for i := 0; i < len(got.Pix); i += 4 {
			if !bytes.Equal(want.Pix[i:i+4], got.Pix[i:i+4]) {
				n++
				x, y := i/4%got.Rect.Dx(), i/4/got.Rect.Dx()
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
		differ = fmt.Sprintf("%d pixels within %s differ", n, box)
	}
	failed := filepath.Join(t.ArtifactDir(), name+".png")
	writePicture(t, failed, got)
	assert.Failf(t, "it looks otherwise", "%s: %s. Now it is %s (go test -artifacts keeps it)", file, differ, failed)
}

func pixels(m image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

func writePicture(t *testing.T, file string, m image.Image) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m))
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
}
