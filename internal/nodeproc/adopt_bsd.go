//go:build unix && !linux

package nodeproc

import "context"

// awaitGone waits for the end of a process that is not our child. False: it was not there to begin with, or ctx ended.
func awaitGone(ctx context.Context, pid int) bool { return pollGone(ctx, pid) }
