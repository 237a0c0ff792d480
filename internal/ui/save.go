package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
)

// saveAs asks for a file and writes data into it. A user who closes the question wanted nothing.
func (w *Window) saveAs(name string, data []byte) {
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		if err == nil && file != nil {
			err = writeAll(file, data)
		}
		if err != nil {
			dialog.ShowError(err, w.window)
		}
	}, w.window)
	d.SetFileName(name)
	d.Resize(fyne.NewSize(760, 520))
	d.Show()
}

func writeAll(file fyne.URIWriteCloser, data []byte) error {
	_, err := file.Write(data)
	if shut := file.Close(); err == nil {
		err = shut
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file.URI().Path(), err)
	}
	return nil
}
