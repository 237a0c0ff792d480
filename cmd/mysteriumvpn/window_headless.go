//go:build headless

package main

import (
	"context"
	"errors"
	"io"
)

func openWindow(context.Context, folders, *startOptions, io.Writer, io.Writer) error {
	return errors.New("this build has no window. Use 'mysteriumvpn run' for the same in the terminal")
}
