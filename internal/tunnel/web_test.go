package tunnel

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newFakeSite is a front whose every dial is the same connection; far is the site's end of it.
func newFakeSite(t testing.TB) (f *front, l *link, far *net.TCPConn) {
	t.Helper()
	near, far := hostPair(t)
	l = newLink(fakeCarrier(func(context.Context, netip.AddrPort) (net.Conn, error) { return near, nil }), everywhere, nil)
	f, err := listen("127.0.0.1:0", false, 0, noLog, func() *link { return l })
	require.NoError(t, err)
	t.Cleanup(func() { l.close(); f.close() })
	return f, l, far
}

// dialFront is a program's connection to the front.
func dialFront(t testing.TB, f *front) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", f.addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return c, bufio.NewReader(c)
}

func say(t testing.TB, c io.Writer, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
}

// hear reads until text has come.
func hear(t testing.TB, r io.Reader, text string) string {
	t.Helper()
	var got []byte
	b := make([]byte, 1)
	for !endsWith(got, text) {
		_, err := io.ReadFull(r, b)
		require.NoError(t, err, "after %q", got)
		got = append(got, b[0])
	}
	return string(got)
}

func endsWith(b []byte, s string) bool { return len(b) >= len(s) && string(b[len(b)-len(s):]) == s }

func TestAProgramThatStoppedSendingDoesNotHoldTheTunnelUp(t *testing.T) {
	for name, request := range map[string]string{
		"POST":    "POST http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nthe beginning",
		"chunked": "POST http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nthe beginning\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f, l, far := newFakeSite(t)
			c, r := dialFront(t, f)
			say(t, c, request)
			hear(t, far, "the beginning")
			start := time.Now()
			l.close()
			assert.Less(t, time.Since(start), 5*time.Second)
			_, err := io.ReadAll(r) // it is told or cut off, but not left waiting
			if err != nil {
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
			}
		})
	}
}

func TestAnUpgradedConnectionEndsWithTheTunnel(t *testing.T) {
	f, l, far := newFakeSite(t)
	c, r := dialFront(t, f)
	say(t, c, "GET http://8.8.8.8/ws HTTP/1.1\r\nHost: 8.8.8.8\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	assert.Contains(t, hear(t, far, "\r\n\r\n"), "Upgrade: websocket")
	say(t, far, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfar")
	hear(t, r, "\r\n\r\nfar")
	say(t, c, "near")
	hear(t, far, "near")
	start := time.Now()
	l.close()
	assert.Less(t, time.Since(start), 5*time.Second)
	_, _ = io.ReadAll(r)
}

func TestAnAnswerMayComeBeforeTheEndOfItsRequest(t *testing.T) {
	f, _, far := newFakeSite(t)
	c, r := dialFront(t, f)
	say(t, c, "POST http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
	hear(t, far, "one\r\n")
	say(t, far, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
	hear(t, r, "first\r\n")
	say(t, c, "3\r\ntwo\r\n0\r\n\r\n")
	hear(t, far, "two\r\n0\r\n\r\n")
	say(t, far, "0\r\n\r\n")
	hear(t, r, "0\r\n\r\n")
}

func TestABodyThatTheSiteDoesNotWantIsNotSent(t *testing.T) {
	f, _, far := newFakeSite(t)
	c, r := dialFront(t, f)
	say(t, c, "PUT http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	assert.Contains(t, hear(t, far, "\r\n\r\n"), "Expect: 100-continue")
	say(t, far, "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	assert.Contains(t, hear(t, r, "\r\n\r\n"), "HTTP/1.1 401 ", "the program must not be asked for the body")
}

func TestABodyThatTheSiteWantsIsAskedForOnce(t *testing.T) {
	f, _, far := newFakeSite(t)
	c, r := dialFront(t, f)
	say(t, c, "PUT http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	hear(t, far, "\r\n\r\n")
	say(t, far, "HTTP/1.1 100 Continue\r\n\r\n")
	assert.Equal(t, "HTTP/1.1 100 Continue\r\n\r\n", hear(t, r, "\r\n\r\n"))
	say(t, c, "body")
	hear(t, far, "body")
	say(t, far, "HTTP/1.1 204 No Content\r\n\r\n")
	assert.Contains(t, hear(t, r, "\r\n\r\n"), "HTTP/1.1 204 ")
}

func TestNothingIsAddedAfterAnEarlyHint(t *testing.T) {
	f, _, far := newFakeSite(t)
	c, r := dialFront(t, f)
	say(t, c, "GET http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\n\r\n")
	hear(t, far, "\r\n\r\n")
	say(t, far, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
	assert.Contains(t, hear(t, r, "\r\n\r\n"), "103 Early Hints\r\nLink: </a>")
	say(t, far, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Far: yes\r\n\r\n<html>")
	res, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	assert.Equal(t, http.Header{"Content-Length": {"6"}, "X-Far": {"yes"}}, res.Header)
}

func TestTheAddressOfARequestWinsOverItsHost(t *testing.T) {
	f, _, far := newFakeSite(t)
	c, _ := dialFront(t, f)
	say(t, c, "GET http://8.8.8.8:8080/x HTTP/1.1\r\nHost: other.example\r\n\r\n")
	head := hear(t, far, "\r\n\r\n")
	assert.Contains(t, head, "GET /x HTTP/1.1\r\n")
	assert.Contains(t, head, "Host: 8.8.8.8:8080\r\n")
}

func TestARequestThatCanBeReadTwoWaysIsNotPassedOnAsItCame(t *testing.T) {
	f, _, far := newFakeSite(t)
	c, _ := dialFront(t, f)
	say(t, c, "POST http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"+
		"4\r\nbody\r\n0\r\n\r\n")
	head := hear(t, far, "\r\n\r\n")
	assert.NotContains(t, head, "Content-Length")
	hear(t, far, "4\r\nbody\r\n0\r\n\r\n")
	for _, bad := range []string{
		"POST http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"POST http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
		"GET http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",
		"GET http://8.8.8.8/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	} {
		c, r := dialFront(t, f)
		say(t, c, bad)
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		assert.Regexp(t, "^HTTP/1.1 (400|501) ", line, bad)
	}
}
