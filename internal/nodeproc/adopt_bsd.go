//go:build unix && !linux

package nodeproc

import "context"

// awaitGone waits for the end of a process that is not our child. False: it was not there to begin with, or ctx ended.
// watched is called once, when its end can be missed no more, or it is clear that it will be.
func awaitGone(ctx context.Context, pid int, watched func()) bool { return pollGone(ctx, pid, watched) }
