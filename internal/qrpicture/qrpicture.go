// Package qrpicture reads the text of a QR code in a picture, PNG or JPEG: a photograph, or what was saved from a
// screen.
//
// The window and the command line add own servers with it. Everything here may be called from any goroutine; it takes
// a moment, in proportion to the picture's size.
package qrpicture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for image.Decode
	_ "image/png"  // likewise
	"io"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// The bounds of a picture: what a telephone's camera makes stays below.
const (
	MaxSize   = 32 << 20 // bytes of the file
	maxPixels = 64 << 20
)

// The reasons why there is no text. Each is a sentence that says what to do.
var (
	ErrTooBig    = errors.New("the picture is too large; choose one of at most 32 MB")
	ErrNoPicture = errors.New("this is no picture that can be read; choose a PNG or a JPEG")
	ErrNoCode    = errors.New("no QR code was found in the picture; take one that shows the code whole, sharp and straight")
)

// Is reports whether a file that begins so is a picture of a kind that Read knows.
func Is(begin []byte) bool {
	return bytes.HasPrefix(begin, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(begin, []byte("\xff\xd8\xff"))
}

// Read gives the text of the QR code in a picture.
func Read(r io.Reader) (string, error) {
	file, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return "", fmt.Errorf("read the picture: %w", err)
	}
	if len(file) > MaxSize {
		return "", ErrTooBig
	}
	if !Is(file) {
		return "", ErrNoPicture
	}
	// The size is known before memory is taken for it.
	head, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || head.Width <= 0 || head.Height <= 0 {
		return "", ErrNoPicture
	}
	if head.Width > maxPixels/head.Height {
		return "", ErrTooBig
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return "", ErrNoPicture
	}
	return find(picture)
}

// find looks for a code anywhere in the picture, then takes all of it for one, as a computer draws it: there is nothing
// to confuse its corners with then. Each as for a photograph and as for a drawing, dark on light or the reverse. A
// picture that is not even close to a code must not end the program, whatever the decoder makes of it.
func find(picture image.Image) (text string, err error) {
	defer func() {
		if recover() != nil {
			text, err = "", ErrNoCode
		}
	}()
	light := gozxing.NewLuminanceSourceFromImage(picture)
	for _, how := range []gozxing.DecodeHintType{gozxing.DecodeHintType_TRY_HARDER, gozxing.DecodeHintType_PURE_BARCODE} {
		for _, source := range []gozxing.LuminanceSource{light, gozxing.NewInvertedLuminanceSource(light)} {
			for _, binary := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
				bitmap, err := gozxing.NewBinaryBitmap(binary)
				if err != nil {
					continue
				}
				hints := map[gozxing.DecodeHintType]any{how: true}
				if found, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
					return found.GetText(), nil
				}
			}
		}
	}
	return "", ErrNoCode
}
