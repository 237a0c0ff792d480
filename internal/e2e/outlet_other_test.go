//go:build unix && !linux

package e2e

import "errors"

func playOutlet() { must(errors.New("packets are captured on Linux only")) }
