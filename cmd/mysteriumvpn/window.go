//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/assets"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/control"
	"github.com/mysteriumvpn/desktop/internal/desktop"
	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/ui"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// openWindow runs the program with its window. If it runs already, that one's window comes to the front instead.
func openWindow(ctx context.Context, f folders, o *startOptions, _, errs io.Writer) error {
	if !display() {
		return errors.New("there is no display here (DISPLAY is not set). Use 'mysteriumvpn run' for the same without a window")
	}
	a, err := newApp(f, o, true)
	if errors.Is(err, unixsock.ErrInUse) {
		return raiseOther(ctx, f)
	}
	if err != nil {
		fmt.Fprintln(errs, sentence(err))
		showProblem(sentence(err))
		return errSaid
	}

	a.asking = a.mustAsk()
	spareMemory()
	speak(a.topics.Settings.Load().Language)
	fy := fyneapp.NewWithID(appID)
	z := newZoom(fy.Settings().Scale())
	z.to(ui.ZoomFor(a.topics.Settings.Load().TextSize))
	lane := a.bus.Lane("ui", fyne.Do)
	var places ui.Places
	kept := filepath.Join(f.config, "places.json")
	if err := store.ReadJSON(kept, &places); err != nil && !errors.Is(err, os.ErrNotExist) {
		a.log.Warn("favourites and recent countries", zap.Error(err))
	}
	t := a.topics
	var again bool // on the lane, and after it has ended
	panel := bus.NewState(a.bus, "panel", false)
	w := ui.New(ui.Options{
		App: fy, Lane: lane,
		Status: t.Status.Via(lane), Traffic: t.Traffic.Via(lane), Settings: t.Settings.Via(lane),
		Proposals: t.Proposals.Via(lane), Logs: t.Logs.Via(lane), Notices: t.Notices.Via(lane), Raise: t.Window.Via(lane),
		Commands: t.Commands, Book: a.book, Ring: a.ring,
		Account: a.purse.State.Via(lane), Wishes: a.purse.Wishes,
		History: a.past, HistoryChanged: a.pastVersion.Via(lane),
		Save: func(s vpn.Settings) {
			now := t.Settings.Load() // what core notes may be newer than what the window has seen
			s.LastExit, s.LastCountry = now.LastExit, now.LastCountry
			t.Settings.Send(s)
		},
		Zoom: z.to, CanListen: canListen,
		Restart: func() {
			again = true
			t.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Quit})
		},
		Places: places,
		Keep: func(p ui.Places) {
			if err := store.WriteJSON(kept, p); err != nil {
				a.log.Warn("keep favourites and recent countries", zap.Error(err))
			}
		},
		Agreed: a.agreed(), Agree: a.agree,
		NoTray: !trayBus(ctx), TrayHost: trayHost, Home: homePoint(),
		Computer: t.Computer.Via(lane), LightPanel: panel.Via(lane),
	})

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	fy.Lifecycle().SetOnStarted(func() {
		go func() {
			served <- a.serve(ctx)
			fyne.Do(fy.Quit)
		}()
	})
	// After the loop has drained, fyne.Do runs on whoever calls it: the lane must be closed by then.
	fy.Lifecycle().SetOnStopped(func() {
		w.Close()
		lane.Close()
	})
	var beside sync.WaitGroup
	beside.Go(func() { a.watchPanel(ctx, panel) })
	if !a.asking && os.Getenv(restarted) == "" && (o.hidden || t.Settings.Load().StartHidden) {
		beside.Go(func() { a.showWithoutTray(ctx, lane, w) })
	} else {
		w.Show()
	}
	fy.Run()
	stop()
	beside.Wait()
	if err := <-served; err != nil || !again {
		return err
	}
	return restart()
}

// spareMemory lets Go collect garbage sooner than it would: a window makes some with each thing it draws and then does
// nothing for hours, while what it holds is small, so the time is not felt and the memory is. GOGC says otherwise.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// raiseOther brings the window of the program that runs already to the front.
func raiseOther(ctx context.Context, f folders) error {
	err := clientAt(f).Raise(ctx)
	if e, ok := errors.AsType[*control.Error](err); ok && e.Code == control.CodeNoWindow {
		return errors.New("it runs already, in a terminal and so without a window. End that one first: 'mysteriumvpn quit'")
	}
	return err
}

// showProblem tells what kept the program from starting, to those who did not start it from a terminal.
func showProblem(text string) {
	fy := fyneapp.NewWithID(appID)
	ui.ShowProblem(fy, text)
	fy.Run()
}

// homePoint is roughly where the user is, as the computer's time zone says. Nobody is asked.
func homePoint() *ui.Point {
	lon, lat, ok := assets.ZonePlace(desktop.TimeZone())
	if !ok {
		return nil
	}
	return &ui.Point{Lon: lon, Lat: lat}
}

// display reports whether there is an X server to draw on; a Wayland desktop offers one too, by XWayland.
func display() bool { return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" }

// trayBus reports whether a tray icon can be made. Fyne's, once asked for, takes the program down at its end if it found
// no bus.
func trayBus(ctx context.Context) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // the window waits for it
	defer cancel()
	return desktop.HasBus(ctx)
}

// trayHost reports whether the desktop shows tray icons. Fyne makes one either way, so a window that hides without
// asking could not be found again.
func trayHost() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second) // the window waits for it
	defer cancel()
	return desktop.TrayHost(ctx)
}
