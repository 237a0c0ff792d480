package tunnel

import (
	"errors"

	"golang.org/x/sys/windows"
)

// addressInUse also takes WSAEACCES: Windows says that when the other program has asked for the port exclusively.
func addressInUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
