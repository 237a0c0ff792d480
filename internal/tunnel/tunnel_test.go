package tunnel

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/proxy"
)

func TestMain(m *testing.M) {
	if os.Getenv(benchChildEnv) != "" {
		benchChild()
		return
	}
	// net/http stays for half a second with a connection that it has refused, and nobody can wait for it.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// dialSocks connects to host:port through the front as a program does.
func dialSocks(t testing.TB, p Proxy, to string) (net.Conn, error) {
	t.Helper()
	d, err := proxy.SOCKS5("tcp", p.SOCKS5.String(), nil, &net.Dialer{Timeout: 10 * time.Second})
	require.NoError(t, err)
	c, err := d.Dial("tcp", to)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	return c, nil
}

// dialConnect connects to host:port by HTTP CONNECT; on a refusal it gives the response.
func dialConnect(t testing.TB, p Proxy, to string) (net.Conn, *http.Response) {
	t.Helper()
	c, err := net.Dial("tcp", p.HTTP.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(c, "CONNECT "+to+" HTTP/1.1\r\nHost: "+to+"\r\n\r\n")
	require.NoError(t, err)
	r, err := http.ReadResponse(bufio.NewReaderSize(c, 16), &http.Request{Method: http.MethodConnect})
	require.NoError(t, err)
	if r.StatusCode == http.StatusOK {
		require.NoError(t, r.Body.Close())
		return c, nil
	}
	t.Cleanup(func() { _ = r.Body.Close() })
	return nil, r
}

func requireEcho(t testing.TB, c net.Conn) {
	t.Helper()
	sent := make([]byte, 300_000)
	rand.Read(sent)
	go func() {
		_, _ = c.Write(sent)
		_ = c.(duplex).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(sent), sha256.Sum256(got), "%d bytes came back", len(got))
}

func at(a netip.Addr, port uint16) string { return netip.AddrPortFrom(a, port).String() }

func TestConnectCarriesBytesBothWaysAndHalfCloses(t *testing.T) {
	far := newFarEnd(t)
	far.name("echo.example", exitV4)
	far.name("six.example", exitV6)
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	for _, to := range []string{at(exitV4, 7), at(exitV6, 7), "echo.example:7", "six.example:7", "ECHO.example.:7"} {
		c, err := dialSocks(t, p, to)
		require.NoError(t, err, to)
		requireEcho(t, c)
		c, no := dialConnect(t, p, to)
		require.Nil(t, no, to)
		requireEcho(t, c)
	}
	st, ok := tu.Stats()
	require.True(t, ok)
	assert.WithinDuration(t, time.Now(), st.LastHandshake, time.Minute)
	assert.Greater(t, st.BytesReceived, uint64(10*300_000))
	tu.Down()
	_, ok = tu.Stats()
	assert.False(t, ok)
}

func TestNotUpRefuses(t *testing.T) {
	_, p := newTunnel(t, Options{})
	_, err := dialSocks(t, p, at(exitV4, 7))
	require.ErrorContains(t, err, "general SOCKS server failure")
	_, r := dialConnect(t, p, at(exitV4, 7))
	require.NotNil(t, r)
	assert.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	assert.Equal(t, "The VPN is not connected, so nothing was sent; connect first, then try again.\n", string(body))
}

func TestPlainHTTPIsForwardedAsItCame(t *testing.T) {
	far := newFarEnd(t)
	far.name("site.example", exitV4)
	got := make(chan string, 8)
	far.listen(netip.AddrPortFrom(exitV4, 80), func(c net.Conn) {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		r := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			var head string
			for k, v := range req.Header {
				head += k + "=" + v[0] + ";"
			}
			got <- req.Method + " " + req.RequestURI + " " + req.Host + " " + head
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Far: yes\r\n\r\nhello")
		}
	})
	tu, p := newTunnel(t, Options{})
	require.NoError(t, tu.Up(t.Context(), far.config()))
	c, err := net.Dial("tcp", p.HTTP.String())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	r := bufio.NewReader(c)
	for i := range 2 { // keep-alive: two on one connection
		_, err = io.WriteString(c, "GET http://site.example/a;b?x=1;y=%zz&n="+strconv.Itoa(i)+" HTTP/1.1\r\nHost: site.example\r\n"+
			"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
		require.NoError(t, err)
		res, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Equal(t, "hello", string(body))
		assert.Equal(t, http.Header{"Content-Length": {"5"}, "X-Far": {"yes"}}, res.Header)
		assert.Equal(t, "GET /a;b?x=1;y=%zz&n="+strconv.Itoa(i)+" site.example X-Forwarded-For=1.2.3.4;", <-got)
	}
}

func TestOriginFormSaysWhatThisIs(t *testing.T) {
	_, p := newTunnel(t, Options{})
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(within(t, 5*time.Second), http.MethodGet, "http://"+p.HTTP.String()+"/", http.NoBody)
	require.NoError(t, err)
	r, err := tr.RoundTrip(req)
	require.NoError(t, err)
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, r.StatusCode)
	assert.Contains(t, string(body), "local proxy of MysteriumVPN")
}
