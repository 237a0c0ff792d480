package tequilapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bytesServer answers each request on a loopback port with the very bytes given, then closes the connection.
func bytesServer(t *testing.T, answer func(io.Writer)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer func() { _ = c.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		served.Wait()
	})
	return l.Addr().String()
}

func client(t *testing.T, addr string, o ...tequilapi.Option) *tequilapi.Client {
	t.Helper()
	c, err := tequilapi.New(addr, o...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func respond(contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", contentType, len(body), body)
}

func TestHostileAnswersAreErrorsThatSayWhat(t *testing.T) {
	const isJSON = "application/json; charset=utf-8"
	for name, c := range map[string]struct {
		answer string
		is     error
		says   string
	}{
		"cut off half-way":         {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"ip\":\"1.2", io.ErrUnexpectedEOF, "unexpected EOF"},
		"cut off in a chunk":       {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"ip\":", io.ErrUnexpectedEOF, "unexpected EOF"},
		"cut off in the head":      {"HTTP/1.1 200 OK\r\nContent-Ty", nil, "malformed"},
		"nothing at all":           {"", io.EOF, "EOF"},
		"not HTTP":                 {"SSH-2.0-OpenSSH_9.2\r\n", nil, "malformed HTTP"},
		"wrong type":               {respond(isJSON, `{"ip":17}`), tequilapi.ErrBadAnswer, "cannot unmarshal number"},
		"a list for an object":     {respond(isJSON, `[1,2]`), tequilapi.ErrBadAnswer, "cannot unmarshal array"},
		"not JSON":                 {respond(isJSON, `<html>`), tequilapi.ErrBadAnswer, "invalid character"},
		"something after it":       {respond(isJSON, `{"ip":"1.2.3.4"}{}`), tequilapi.ErrBadAnswer, "after top-level value"},
		"null":                     {respond(isJSON, ` null `), tequilapi.ErrBadAnswer, "empty"},
		"empty":                    {respond(isJSON, ``), tequilapi.ErrBadAnswer, "empty"},
		"wrong content type":       {respond("text/html", `{"ip":"1.2.3.4"}`), tequilapi.ErrBadAnswer, `content type "text/html", want application/json`},
		"no content type":          {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", tequilapi.ErrBadAnswer, `content type ""`},
		"redirect":                 {"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", tequilapi.ErrRedirect, "307"},
		"redirect without a place": {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", tequilapi.ErrRedirect, "302"},
		"huge, and says so":        {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat(" ", 1_000_000), tequilapi.ErrTooLarge, "10000 bytes"},
		"huge head":                {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200_000) + "\r\n\r\n", nil, "header"},
		"huge error":               {"HTTP/1.1 500 Oh\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1_000_000), tequilapi.ErrTooLarge, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := bytesServer(t, func(w io.Writer) { _, _ = io.WriteString(w, c.answer) })
			_, err := client(t, addr, tequilapi.WithMaxBody(10_000)).ConnectionIP(t.Context())
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), "GET /connection/ip: "), err.Error())
			assert.Equal(t, 1, strings.Count(err.Error(), "/connection/ip"), err.Error())
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			assert.Contains(t, err.Error(), c.says)
		})
	}
}

func TestEndlessAnswerIsCut(t *testing.T) {
	addr := bytesServer(t, func(w io.Writer) {
		_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
		for { // until the client hangs up
			if _, err := io.WriteString(w, strings.Repeat("0,", 5000)); err != nil {
				return
			}
		}
	})
	_, err := client(t, addr, tequilapi.WithMaxBody(1<<20)).Proposals(t.Context(), tequilapi.ProposalQuery{})
	require.ErrorIs(t, err, tequilapi.ErrTooLarge)
}

func TestWhatIsNoKeyFileIsNotGivenAsOne(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "<html>", `{"address":"c0aa"}`, `{"crypto":{}}`, `{"address":7,"crypto":{}}`} {
		addr := bytesServer(t, func(w io.Writer) { _, _ = io.WriteString(w, respond("text/plain", body)) })
		file, err := client(t, addr).ExportIdentity(t.Context(), "0x1", "secret")
		require.ErrorIs(t, err, tequilapi.ErrBadAnswer, body)
		assert.Nil(t, file)
		assert.NotContains(t, err.Error(), "secret")
	}
	addr := bytesServer(t, func(w io.Writer) { _, _ = io.WriteString(w, respond("text/plain", strings.Repeat("x", 2000))) })
	_, err := client(t, addr, tequilapi.WithMaxBody(1000)).ExportIdentity(t.Context(), "0x1", "secret")
	require.ErrorIs(t, err, tequilapi.ErrTooLarge)
}

func TestARedirectIsNeverFollowed(t *testing.T) {
	bait := bytesServer(t, func(io.Writer) { t.Error("followed") })
	addr := bytesServer(t, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "HTTP/1.1 308 Permanent Redirect\r\nLocation: http://%s/\r\nContent-Length: 0\r\n\r\n", bait)
	})
	require.ErrorIs(t, client(t, addr).UnlockIdentity(t.Context(), "0x1", "secret"), tequilapi.ErrRedirect)
}

// silent accepts requests and never answers, as a node does while it starts.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// trickle sends a head, then a byte a second.
type trickle struct{}

func (trickle) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: "200 OK", StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(readerFunc(func(b []byte) (int, error) {
			select {
			case <-time.After(time.Second):
				b[0] = ' '
				return 1, nil
			case <-r.Context().Done():
				return 0, r.Context().Err()
			}
		})),
	}, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestSlowAnswersEndInTime(t *testing.T) {
	for name, transport := range map[string]http.RoundTripper{"silent": silent{}, "trickle": trickle{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, "127.0.0.1:1", tequilapi.WithTransport(transport))
				begin := time.Now()
				_, err := c.Healthcheck(t.Context())
				require.ErrorIs(t, err, tequilapi.ErrNoAnswer)
				require.EqualError(t, err, "GET /healthcheck: no answer within 2s")
				assert.Equal(t, 2*time.Second, time.Since(begin))

				begin = time.Now()
				_, err = c.Location(t.Context())
				require.EqualError(t, err, "GET /location: no answer within 10s")
				assert.Equal(t, 10*time.Second, time.Since(begin))

				begin = time.Now()
				_, err = c.Connect(t.Context(), tequilapi.ConnectRequest{})
				require.ErrorIs(t, err, tequilapi.ErrNoAnswer)
				assert.Equal(t, 3*time.Minute, time.Since(begin), "connecting takes its time")

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err = c.Location(ctx)
				require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's own deadline")
				require.NotErrorIs(t, err, tequilapi.ErrNoAnswer)

				gone := errors.New("window closed")
				ctx2, cancel2 := context.WithCancelCause(t.Context())
				cancel2(gone)
				_, err = c.Location(ctx2)
				require.ErrorIs(t, err, gone)
			})
		})
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	_, err = client(t, addr).Healthcheck(t.Context())
	require.ErrorContains(t, err, "GET /healthcheck: dial tcp "+addr)
}

func TestAnotherProgramIsNotANode(t *testing.T) {
	for _, body := range []string{`{}`, `{"status":"ok"}`, `{"uptime":"1s","process":0,"version":"1"}`, `{"uptime":"1s","process":7}`, `{"uptime":5,"process":7,"version":"1"}`, `{"uptime":"soon","process":7,"version":"1"}`} {
		addr := bytesServer(t, func(w io.Writer) { _, _ = io.WriteString(w, respond("application/json", body)) })
		_, err := client(t, addr).Healthcheck(t.Context())
		require.ErrorIs(t, err, tequilapi.ErrBadAnswer, body)
	}
}

func TestAddressesThatAreNotANodes(t *testing.T) {
	for _, s := range []string{"", "http://", "ftp://127.0.0.1:1", "unix:///run/x", "http://u:p@127.0.0.1:1", "http://127.0.0.1:1?x=1", "http://127.0.0.1:1#x", "http://127.0.0.1:abc", "::bad::"} {
		_, err := tequilapi.New(s)
		require.Error(t, err, s)
		assert.Contains(t, err.Error(), "node address")
	}
	for in, want := range map[string]string{"127.0.0.1:4050": "http://127.0.0.1:4050", "http://[::1]:4050/": "http://[::1]:4050", "https://h/tequilapi/": "https://h/tequilapi"} {
		c, err := tequilapi.New(in)
		require.NoError(t, err)
		assert.Equal(t, want, c.BaseURL())
	}
}
