package exit

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUDPFlowEndsWhenBothDirectionsAreQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlows()
		fl, ok := f.begin(flowUDP, clientV4)
		require.True(t, ok)
		client, inner := net.Pipe()
		host, outer := net.Pipe()
		ended := make(chan time.Time)
		go func() {
			exchange(fl, inner, outer)
			f.end(fl)
			ended <- time.Now()
		}()
		start := time.Now()
		pass := func(from, to net.Conn) {
			_, err := from.Write([]byte("x"))
			require.NoError(t, err)
			_, err = to.Read(make([]byte, 1))
			require.NoError(t, err)
		}
		pass(client, host)
		time.Sleep(40 * time.Second)
		pass(host, client)
		time.Sleep(59 * time.Second)
		pass(host, client) // one direction alone keeps both open
		require.Equal(t, 99*time.Second+udpIdle, (<-ended).Sub(start))
		_, err := client.Write([]byte("x"))
		require.Error(t, err)
		_, err = host.Write([]byte("x"))
		require.Error(t, err)
		f.stop()
		f.wait()
	})
}

func TestCutFlowEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlows()
		fl, ok := f.begin(flowUDP, clientV4)
		require.True(t, ok)
		_, inner := net.Pipe()
		_, outer := net.Pipe()
		start := time.Now()
		stop := fl.closeWith(inner)
		go func() {
			defer stop()
			exchange(fl, inner, outer)
			f.end(fl)
		}()
		synctest.Wait()
		f.cut(nil, nil)
		require.NoError(t, fl.ctx.Err())
		f.stop()
		f.wait()
		require.Zero(t, time.Since(start))
		_, ok = f.begin(flowTCP, clientV4)
		require.False(t, ok, "a stopped exit begins nothing")
	})
}

func TestFlowsAreLimited(t *testing.T) {
	f := newFlows()
	var open []*flow
	for range maxUDP {
		fl, ok := f.begin(flowUDP, clientV4)
		require.True(t, ok)
		open = append(open, fl)
	}
	_, ok := f.begin(flowUDP, clientV4)
	require.False(t, ok)
	other, ok := f.begin(flowTCP, clientV4)
	require.True(t, ok, "one kind does not use up the other")
	f.end(other)
	f.end(open[0])
	again, ok := f.begin(flowUDP, clientV4)
	require.True(t, ok)
	for _, fl := range append(open[1:], again) {
		f.end(fl)
	}
	f.stop()
	f.wait()
}
