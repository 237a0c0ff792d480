package tunnel

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	smallBuffer = 4 << 10  // what a waiting direction holds
	bigBuffer   = 64 << 10 // what a busy one takes from the pool
	// After one side has said all it will say, the other gets this long between two reads. Without it a flow whose far
	// end has vanished would stay for ever.
	halfClosedIdle = 5 * time.Minute
)

var bigBuffers = sync.Pool{New: func() any { return new([bigBuffer]byte) }}

// duplex is a connection each way of which closes by itself.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// relay carries bytes both ways between a program and the far end until both have finished or one has failed. early
// is what the program sent before the flow stood. An end of one way is passed on as one (half-close); a failure is
// passed on as a reset, so that the program never takes half a page for a whole one. Both are closed on return.
type relay struct {
	client, remote duplex
	half           atomic.Bool // one way has ended
	aborted        atomic.Bool
}

func (r *relay) run(early []byte) {
	defer func() {
		_ = r.client.Close()
		_ = r.remote.Close()
	}()
	var up sync.WaitGroup
	up.Go(func() {
		_, err := r.remote.Write(early)
		if err == nil {
			err = r.copy(r.remote, r.client)
		}
		r.finish(r.remote, err)
	})
	r.finish(r.client, r.copy(r.client, r.remote))
	up.Wait()
}

// finish is called when the way that ends in to is over; err says why, nil being the good end.
func (r *relay) finish(to duplex, err error) {
	if err == nil {
		err = to.CloseWrite()
	}
	if err != nil {
		r.abort()
		return
	}
	r.half.Store(true)
	r.patience(to)
}

// patience gives from another while to say something.
func (r *relay) patience(from duplex) {
	_ = from.SetReadDeadline(time.Now().Add(halfClosedIdle))
	if r.aborted.Load() { // meanwhile: its deadline must win
		_ = from.SetReadDeadline(time.Unix(1, 0))
	}
}

// abort makes both ways fail, and the program's side a reset when it closes.
func (r *relay) abort() {
	r.aborted.Store(true)
	if l, ok := r.client.(interface{ SetLinger(int) error }); ok {
		_ = l.SetLinger(0)
	}
	past := time.Unix(1, 0)
	_ = r.client.SetDeadline(past)
	_ = r.remote.SetDeadline(past)
}

// copy moves bytes until src ends. io.Copy would find (*net.TCPConn).ReadFrom and WriteTo, which have no fast path for
// a netstack connection and bring a buffer of their own.
func (r *relay) copy(dst, src duplex) error {
	small := make([]byte, smallBuffer)
	buf := small
	var big *[bigBuffer]byte
	drop := func() {
		if big != nil {
			bigBuffers.Put(big)
			big, buf = nil, small
		}
	}
	defer drop()
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if _, werr := dst.Write(buf[:n]); werr != nil {
				return werr
			}
			if r.half.Load() {
				r.patience(src)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case big == nil && n == len(buf):
			big = bigBuffers.Get().(*[bigBuffer]byte)
			buf = big[:]
		case n < smallBuffer:
			drop()
		}
	}
}
