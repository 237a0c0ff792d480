package netd

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// ErrRunning means that a helper runs already, or still.
var ErrRunning = errors.New("another mysteriumvpn-netd runs")

// lockTime is how long Lock waits: a helper that was killed holds it until a program that it was starting has started.
const lockTime = 300 * time.Millisecond

// Lock makes sure that one program at a time has the network in hand. The lock ends with the file, or the program.
func Lock(p Paths) (*os.File, error) {
	if err := os.MkdirAll(p.Run, 0o755); err != nil {
		return nil, step("make the run folder", err)
	}
	f, err := os.OpenFile(filepath.Join(p.Run, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, step("open the lock", err)
	}
	for end := time.Now().Add(lockTime); ; time.Sleep(lockTime / 10) {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrRunning
		}
		return nil, step("take the lock", err)
	}
	return f, nil
}

// ResetHere undoes all that a helper has done to this computer, without one, and forgets the switches. What is not ours
// is not touched. It goes on after an error, so that as much as can be is as it was.
func ResetHere(p Paths, log LogFunc) (wire.Phase, error) {
	d := newDevice(p, log)
	err := d.reset()
	return d.state.Phase(), err
}

// UnblockHere is what Disconnect does, without a helper: opens unless lockdown is on. It reports the phase afterwards.
func UnblockHere(p Paths, log LogFunc) (wire.Phase, error) {
	d := newDevice(p, log)
	d.state = d.memory.load()
	_, err := d.do(State{Lockdown: d.state.Lockdown, LAN: d.state.LAN})
	return d.state.Phase(), err
}

// Boot blocks before the network comes up, if lockdown is on. It ends at once and leaves the rules.
func Boot(p Paths, log LogFunc) (wire.Phase, error) {
	d := newDevice(p, log)
	err := d.start()
	return d.state.Phase(), err
}
