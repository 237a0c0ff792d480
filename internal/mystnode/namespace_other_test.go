//go:build !linux

package mystnode

func playMiddle([]string) int { return 99 }
