package wgnet

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"golang.zx2c4.com/wireguard/tun"
)

// pipeTUN is an interface whose other end is a test.
type pipeTUN struct {
	tun.Device // nil: what is not here is not asked
	near       *os.File

	mu      sync.Mutex
	written [][]byte
}

func (p *pipeTUN) File() *os.File { return p.near }

func (p *pipeTUN) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	n, err := p.near.Read(bufs[0][offset:])
	if err != nil {
		return 0, err
	}
	sizes[0] = n
	return 1, nil
}

func (p *pipeTUN) Write(bufs [][]byte, offset int) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range bufs {
		p.written = append(p.written, b[offset:])
	}
	return len(bufs), nil
}

func newPipeTUN(t *testing.T) (p *pipeTUN, programs *os.File) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	p, programs = &pipeTUN{near: os.NewFile(uintptr(fds[0]), "near")}, os.NewFile(uintptr(fds[1]), "programs")
	t.Cleanup(func() { p.near.Close(); programs.Close() })
	return p, programs
}

// TestAnEchoGoesBesideWhatProgramsSend: it is put in while the interface is waited for, is as large as it should be, and its
// answer is ours alone. Only what programs send is counted.
func TestAnEchoGoesBesideWhatProgramsSend(t *testing.T) {
	for _, ends := range [][2]netip.Addr{{leftV4, rightV4}, {leftV6, rightV6}} {
		p, programs := newPipeTUN(t)
		h := &hostInterface{Device: p}
		sent := make(chan []byte, 10)
		var work sync.WaitGroup
		work.Go(func() { // as wireguard-go reads
			bufs, sizes := [][]byte{make([]byte, 2000)}, make([]int, 1)
			for {
				if _, err := h.Read(bufs, sizes, 10); err != nil {
					assert.ErrorIs(t, err, os.ErrClosed)
					close(sent)
					return
				}
				sent <- append([]byte(nil), bufs[0][10:10+sizes[0]]...)
			}
		})
		asked := make(chan error)
		work.Go(func() { asked <- h.echo(soon(t), ends[0], ends[1], 1300) })
		request := <-sent
		require.Len(t, request, 1300)
		require.True(t, checksumsFit(request))
		_, err := programs.Write([]byte("a program's"))
		require.NoError(t, err)
		assert.Equal(t, "a program's", string(<-sent))
		assert.Equal(t, uint64(1), h.packets.Load())

		// What comes in: somebody's answer, then ours.
		others := append([]byte(nil), request...)
		answer := func(b []byte) []byte {
			if ends[0].Is4() {
				b[20] = 0
			} else {
				b[40] = 129
			}
			return b
		}
		answer(others)[24+20*boolInt(ends[0].Is6())] ^= 0xff // another id
		ours := answer(append([]byte(nil), request...))
		n, err := h.Write([][]byte{append(make([]byte, 10), others...), append(make([]byte, 10), ours...)}, 10)
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		require.NoError(t, <-asked)
		assert.Equal(t, [][]byte{others}, p.written, "the system has no use for ours")
		_, err = h.Write([][]byte{append(make([]byte, 10), ours...)}, 10)
		require.NoError(t, err)
		assert.Len(t, p.written, 2, "nobody waits for it any more")

		impatient, stop := context.WithCancelCause(t.Context())
		gone := errors.New("gone")
		stop(gone)
		require.ErrorIs(t, h.echo(impatient, ends[0], ends[1], 1280), gone)
		<-sent
		assert.Empty(t, h.echoes.waiting)
		p.near.Close()
		work.Wait()
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func FuzzEchoReply(f *testing.F) {
	f.Add(echoRequest(leftV4, rightV4, 1, 2, 100))
	f.Add(echoRequest(leftV6, rightV6, 1, 2, 100))
	f.Fuzz(func(t *testing.T, b []byte) { echoReply(b) })
}

// TestEchoesAreOfTheSizeThatWasAsked, through a Net, and nothing larger than the MTU is tried.
func TestEchoesAreOfTheSizeThatWasAsked(t *testing.T) {
	l, r, _ := newPair(t, NewBind(), NewBind(), nil)
	for _, size := range []int{0, 100, 576, 1280, DefaultMTU} {
		before := r.Stack().Stats().IP.PacketsReceived.Value()
		require.NoError(t, l.dev.Echo(soon(t), leftV4, rightV4, size))
		require.NoError(t, l.dev.Echo(soon(t), leftV6, rightV6, size))
		assert.Equal(t, before+2, r.Stack().Stats().IP.PacketsReceived.Value(), "one packet each, %d bytes", size)
	}
	require.ErrorContains(t, l.dev.Echo(soon(t), leftV4, rightV4, DefaultMTU+1), "carries 1420")
	l.dev.SetMTU(1280)
	require.ErrorContains(t, l.dev.Echo(soon(t), leftV4, rightV4, 1281), "carries 1280")
	assert.Equal(t, 1280, l.dev.Stats().MTU)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, l.dev.Echo(ctx, leftV4, rightV4, 1280))
}
