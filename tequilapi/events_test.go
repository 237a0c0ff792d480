package tequilapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// streams gives the nth connection the nth text; after the last it refuses.
func streams(times *[]time.Time, texts ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		n := len(*times)
		*times = append(*times, time.Now())
		if n >= len(texts) {
			return nil, errors.New("refused")
		}
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(strings.NewReader(texts[n]))}, nil
	}
}

func frame(status string) string {
	return `data: {"payload":{"consumer":{"connection":{"status":"` + status + `"}}},"type":"state-change"}` + "\n\n"
}

func TestEventsReconnectWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var times []time.Time
		c := client(t, "127.0.0.1:1", tequilapi.WithTransport(streams(&times, frame("Connecting")+frame("Connected"), frame("NotConnected"))))
		var got []string
		fails := 0
		for e, err := range c.Events(ctx) {
			if err != nil {
				fails++
				assert.True(t, strings.HasPrefix(err.Error(), "GET /events/state: "), err.Error())
				continue
			}
			got = append(got, string(e.State.Consumer.Connection.Status))
		}
		assert.Equal(t, []string{"Connecting", "Connected", "NotConnected"}, got)
		assert.Equal(t, len(times), fails, "each broken stream is told")
		base := []time.Duration{250, 250, 500, 1000, 2000, 4000, 8000, 8000} // starts anew after an event
		for i := 1; i < len(times); i++ {
			want := base[min(i-1, len(base)-1)] * time.Millisecond
			have := times[i].Sub(times[i-1])
			assert.True(t, have >= want/2 && have <= want, "wait %d was %s, want up to %s", i, have, want)
		}
		assert.Greater(t, len(times), 10)
	})
}

func TestEventsEndOnlyWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := tequilatest.NewNode(t, tequilatest.InMemory())
		c := node.Client()
		ctx, cancel := context.WithCancel(t.Context())
		var seen []tequilapi.ConnectionStatus
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for e, err := range c.Events(ctx) {
				if err != nil {
					seen = append(seen, "error")
					continue
				}
				seen = append(seen, e.State.Consumer.Connection.Status)
			}
		}()
		synctest.Wait()
		assert.Equal(t, []tequilapi.ConnectionStatus{tequilapi.NotConnected}, seen, "the whole state at once")
		<-time.After(time.Hour) // synctest's clock: a stream may be silent
		synctest.Wait()
		assert.Len(t, seen, 1)
		node.SetStatus(tequilapi.OnHold)
		synctest.Wait()
		assert.Equal(t, tequilapi.OnHold, seen[1])
		node.Kill()
		<-time.After(time.Minute)
		synctest.Wait()
		assert.Greater(t, len(seen), 5, "it goes on trying")
		cancel()
		<-ended
	})
}

func TestLeavingTheLoopEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if anything is left
		node := tequilatest.NewNode(t, tequilatest.InMemory())
		for _, err := range node.Client().Events(t.Context()) {
			require.NoError(t, err)
			break
		}
	})
}

func TestBadStreamsAreToldAndTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answer roundTrip
		is     error
		says   string
	}{
		"silence":       {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, tequilapi.ErrNoAnswer, "no answer within 10s"},
		"not a stream":  {answerWith(200, "application/json", "{}"), tequilapi.ErrBadAnswer, "want text/event-stream"},
		"an error":      {answerWith(503, "application/json", `{"error":{"code":"unavailable","message":"no"}}`), tequilapi.ErrUnavailable, "503 unavailable: no"},
		"a redirect":    {answerWith(302, "", ""), tequilapi.ErrRedirect, "Found"},
		"not JSON":      {answerWith(200, "text/event-stream", "data: oh\n\n"), tequilapi.ErrBadAnswer, "invalid character"},
		"an empty data": {answerWith(200, "text/event-stream", "data\n\n"), tequilapi.ErrBadAnswer, "unexpected end"},
		"wrong type":    {answerWith(200, "text/event-stream", `data: {"type":"state-change","payload":{"identities":7}}`+"\n\n"), tequilapi.ErrBadAnswer, "cannot unmarshal"},
		"no payload":    {answerWith(200, "text/event-stream", `data: {"type":"state-change"}`+"\n\n"), tequilapi.ErrBadAnswer, "event"},
		"too large":     {answerWith(200, "text/event-stream", "data: "+strings.Repeat("x", 2000)), tequilapi.ErrTooLarge, "1000 bytes"},
		"the end":       {answerWith(200, "text/event-stream", ""), nil, "the node closed the stream"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				cl := client(t, "127.0.0.1:1", tequilapi.WithMaxBody(1000), tequilapi.WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
					tries++
					return c.answer(r)
				})))
				for _, err := range cl.Events(t.Context()) {
					require.Error(t, err)
					if c.is != nil {
						require.ErrorIs(t, err, c.is)
					}
					assert.Contains(t, err.Error(), c.says)
					assert.Equal(t, 1, strings.Count(err.Error(), "GET /events/state"), err.Error())
					if tries == 3 {
						break
					}
				}
			})
		})
	}
}

func answerWith(status int, contentType, body string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}
