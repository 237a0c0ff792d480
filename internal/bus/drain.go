package bus

import (
	"bytes"
	"runtime"
	"strconv"
	"time"
)

// drain is one turn of the lane: it runs what is queued until there is no more or, on a lane made by Lane, until the
// time slice is used up. At most one turn is asked for or under way at any time.
func (l *Lane) drain() {
	l.mu.Lock()
	if l.handing { // called on the spot by the turn that asks for its successor: let that one go on
		l.handing = false
		l.mu.Unlock()
		return
	}
	if l.done == nil { // the goroutine may be another each time; finding out costs 5 µs a turn, whatever its length
		l.owner = goroutineID(l.idBuf[:])
	}
	now := time.Since(l.epoch)
	end := now + slice
	for l.queue.n > 0 {
		j := l.beginLocked(now)
		l.mu.Unlock()
		j.fn()
		now = time.Since(l.epoch)
		l.mu.Lock()
		l.endLocked(j, now)
		if l.kind == runLane && now >= end && l.queue.n > 0 {
			if !l.handOverLocked() {
				return
			}
			end = now + slice
		}
	}
	l.asked = false
	l.mu.Unlock()
}

// handOverLocked asks for the next turn. false means that it will come and that the present one must end without
// touching anything; the lock is then not held. true means that the runner called it on the spot, or so soon that it
// met the present turn: it has left, and the present turn goes on, lest such runners nest deeper every 4 ms.
func (l *Lane) handOverLocked() (goOn bool) {
	l.handing = true
	l.mu.Unlock()
	l.wake()
	l.mu.Lock()
	if !l.handing {
		return true
	}
	l.handing = false
	l.mu.Unlock()
	return false
}

// Step runs the oldest function that is queued on a lane made by Hand, and tells whether there was one.
func (l *Lane) Step() bool {
	if l.kind != handLane {
		panic("bus: Step on lane " + l.name + ", which runs by itself")
	}
	l.mu.Lock()
	if l.running {
		l.mu.Unlock()
		panic("bus: Step on lane " + l.name + " while one is under way")
	}
	if l.queue.n == 0 {
		l.mu.Unlock()
		return false
	}
	l.owner = goroutineID(l.idBuf[:])
	j := l.beginLocked(time.Since(l.epoch))
	l.mu.Unlock()
	defer func() { // also when fn panics or ends its goroutine, as a failing test does
		l.mu.Lock()
		l.endLocked(j, time.Since(l.epoch))
		l.mu.Unlock()
	}()
	j.fn()
	return true
}

func (l *Lane) beginLocked(now time.Duration) job {
	l.current = l.queue.pop()
	l.running, l.began = true, now
	l.watchLocked()
	return l.current
}

func (l *Lane) endLocked(j job, now time.Duration) {
	if j.seat != nil {
		j.seat.busy += now - l.began
	}
	l.running, l.current = false, job{}
	if l.closed {
		l.idle.Broadcast()
	}
}

// goroutineID is the number of the calling goroutine, from the first line of its stack: "goroutine 7 [running]:". Go
// has no better way to ask "am I on this lane?", which Close must know in order not to wait for itself.
func goroutineID(buf []byte) uint64 {
	_, line, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte(" "))
	digits, _, _ := bytes.Cut(line, []byte(" "))
	id, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		panic("bus: the runtime names goroutines in a new way: " + string(buf))
	}
	return id
}
