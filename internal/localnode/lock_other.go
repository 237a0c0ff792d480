//go:build !unix && !windows

package localnode

import (
	"errors"
	"io"
)

func lockHome(string) (io.Closer, error) {
	return nil, errors.New("locking a folder is not supported on this system")
}
