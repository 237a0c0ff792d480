package exit

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// rss is the memory of this process in KiB, 0 where the system does not tell.
func rss() int {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte("VmRSS:"))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	n, _ := strconv.Atoi(string(bytes.TrimSpace(line)))
	return n
}

// BenchmarkIdleExits tells what 100 started exits cost that nobody uses.
func BenchmarkIdleExits(b *testing.B) {
	const count = 100
	for b.Loop() {
		debug.FreeOSMemory()
		before, goroutines := rss(), runtime.NumGoroutine()
		exits := make([]*Exit, count)
		public, err := wgnet.NewPrivateKey().PublicKey()
		require.NoError(b, err)
		for i := range exits {
			exits[i] = New(Options{PrivateKey: wgnet.NewPrivateKey(), TunnelAddrs: []netip.Addr{exitV4, exitV6}})
			require.NoError(b, exits[i].AddPeer(public, []netip.Prefix{whole(clientV4), whole(clientV6)}))
		}
		runtime.GC()
		b.ReportMetric(float64(rss()-before)/count, "KiB-RSS/exit")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/count, "goroutines/exit")
		for _, e := range exits {
			e.Close()
		}
	}
}

// BenchmarkThroughput moves TCP between a client and a server of the host, both ends of the tunnel in this process.
func BenchmarkThroughput(b *testing.B) {
	const chunk = 1 << 20
	for _, down := range []bool{false, true} {
		b.Run(fmt.Sprintf("down=%v", down), func(b *testing.B) {
			c := newClient(b, newExit(b, nil))
			conn := c.dial(b, serveTCP(b, loopV4, func(s *net.TCPConn) {
				if !down {
					_, _ = io.Copy(io.Discard, s)
					return
				}
				buf := make([]byte, chunk)
				for {
					if _, err := s.Write(buf); err != nil {
						return
					}
				}
			}))
			buf := make([]byte, chunk)
			b.SetBytes(chunk)
			for b.Loop() {
				var err error
				if down {
					_, err = io.ReadFull(conn, buf)
				} else {
					_, err = conn.Write(buf)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
