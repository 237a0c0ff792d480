//go:build !headless

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
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

// openWindow runs the program with its window, or joins the core that runs already. If there is a window already, that
// one comes to the front instead.
func openWindow(ctx context.Context, f folders, o *startOptions, _, errs io.Writer) error {
	if !display() {
		return errors.New("there is no display here (DISPLAY is not set). Use 'mysteriumvpn run' for the same without a window")
	}
	// Who holds this socket is the one window, wherever its core is.
	door, err := unixsock.Listen(f.window())
	if errors.Is(err, unixsock.ErrInUse) {
		return control.NewClient(f.window(), version).Raise(ctx)
	}
	var s *side
	asking := false
	if err == nil {
		defer func() { _ = door.Close() }()
		s, asking, err = standOn(ctx, f, o, errs)
	}
	if err != nil {
		if door != nil {
			_ = door.Close() // nobody answers there
		}
		fmt.Fprintln(errs, sentence(err))
		showProblem(sentence(err))
		return errSaid
	}
	again, err := s.show(ctx, o, door, asking)
	if err != nil || !again {
		return err
	}
	_ = door.Close() // the next one listens there
	return restart()
}

// standOn finds what the window stands on: a core of its own, or the one that runs already.
func standOn(ctx context.Context, f folders, o *startOptions, errs io.Writer) (s *side, asking bool, err error) {
	if os.Getenv(restarted) == "" { // else a core was asked for here, or was here
		if problem := startService(ctx, o.home); problem != "" {
			fmt.Fprintln(errs, problem)
		}
	}
	a, err := newApp(f, o, true)
	for tries := 0; errors.Is(err, unixsock.ErrInUse); tries++ {
		far, e := attach(ctx, f, o)
		if e == nil {
			o.sayUnused(errs)
			return &far.side, far.mustAsk(), nil
		}
		if tries == 3 || !errors.Is(e, control.ErrEnded) && !errors.Is(e, control.ErrNotRunning) {
			return nil, false, e
		}
		a, err = newApp(f, o, true) // it ended just now
	}
	if err != nil {
		return nil, false, err
	}
	s = a.side()
	a.asking = s.mustAsk()
	return s, a.asking, nil
}

// show opens the window and runs it to its end. again asks for the program to be started anew.
func (s *side) show(ctx context.Context, o *startOptions, door net.Listener, asking bool) (again bool, err error) {
	spareMemory()
	first := s.topics.Settings.Load()
	speak(first.Language)
	fy := fyneapp.NewWithID(appID)
	z := newZoom(fy.Settings().Scale())
	z.to(ui.ZoomFor(first.TextSize))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	lane := s.bus.Lane("ui", fyne.Do)
	panel := bus.NewState(s.bus, "panel", false)
	kept := filepath.Join(s.folders.config, "places.json")
	options := s.options(lane)
	options.App, options.Zoom, options.CanListen = fy, z.to, canListen
	options.NoTray, options.TrayHost, options.Home, options.LightPanel = !trayBus(ctx), trayHost, homePoint(), panel.Via(lane)
	if err := store.ReadJSON(kept, &options.Places); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.log.Warn("favourites and recent countries", zap.Error(err))
	}
	options.Keep = func(p ui.Places) {
		if err := store.WriteJSON(kept, p); err != nil {
			s.log.Warn("keep favourites and recent countries", zap.Error(err))
		}
	}
	end := func() { s.topics.Commands.Send(vpn.Command{ID: vpn.NextCommand(), Verb: vpn.Quit}) }
	if s.gone != nil {
		end, options.Leave = stop, stop
	}
	options.Restart = func() { // on the lane, and read after it has ended
		again = true
		end()
	}
	w := ui.New(options)

	served := make(chan error, 1)
	fy.Lifecycle().SetOnStarted(func() {
		go func() {
			served <- s.serve(ctx)
			fyne.Do(fy.Quit)
		}()
	})
	// After the loop has drained, fyne.Do runs on whoever calls it: the lane must be closed by then.
	fy.Lifecycle().SetOnStopped(func() {
		w.Close()
		lane.Close()
	})
	var beside sync.WaitGroup
	beside.Go(func() { s.watchPanel(ctx, panel) })
	beside.Go(func() { giveBack(ctx, s.topics.Status.Via(s.bus.Go("memory"))) })
	beside.Go(func() {
		if err := control.ServeWindow(ctx, door, s.topics.Window, version); err != nil && ctx.Err() == nil {
			s.log.Error("the window's socket broke", zap.Error(err))
		}
	})
	if !asking && os.Getenv(restarted) == "" && (o.hidden || first.StartHidden) {
		beside.Go(func() { s.showWithoutTray(ctx, lane, w) })
	} else {
		w.Show()
	}
	fy.Run()
	stop()
	beside.Wait()
	return again, <-served
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
