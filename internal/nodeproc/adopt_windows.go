package nodeproc

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// terminateOther: there is no polite way to end another's process.
func terminateOther(*os.Process) error { return errors.ErrUnsupported }

// awaitGone waits for the end of a process that is not our child. False: it was not there to begin with, or ctx ended.
func awaitGone(ctx context.Context, pid int, watched func()) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	watched()
	if err != nil {
		return false
	}
	defer func() { _ = windows.CloseHandle(h) }()
	for ctx.Err() == nil {
		event, err := windows.WaitForSingleObject(h, 200) // milliseconds
		if err != nil {
			return false
		}
		if event == windows.WAIT_OBJECT_0 {
			return true
		}
	}
	return false
}
