package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/unixsock"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// core is a running program with everything that a window in another process needs.
type core struct {
	*program
	purse   *account.Topics
	history *bus.State[uint64]
	counts  *bus.State[usage.Counts]
	saved   bustest.Sent[vpn.Settings]
	wishes  *bustest.Recorder[account.Wish]
	dial    func(context.Context) (net.Conn, error)
}

func startCore(t *testing.T) *core {
	c := newCore(t)
	l := newPipes()
	c.serve(l)
	c.dial = l.dial
	c.client = newClient("1.0", l.dial)
	return c
}

func newCore(t *testing.T) *core {
	c := &core{program: newProgram(t)}
	lane := c.bus.Go("feed")
	c.purse, c.history = account.NewTopics(c.bus), bus.NewState(c.bus, "history", uint64(0))
	c.counts = bus.NewState(c.bus, "usage", usage.Counts{})
	c.wishes = bustest.Record(t, c.purse.Wishes)
	d := &c.deps
	d.Account, d.Wishes, d.Settings, d.Save = c.purse.State.Via(lane), c.purse.Wishes, c.topics.Settings.Via(lane), &c.saved
	d.Proposals, d.Notices = c.topics.Proposals.Via(lane), c.topics.Notices.Via(lane)
	d.Computer, d.History, d.Counts = c.topics.Computer.Via(lane), c.history.Via(lane), c.counts.Via(lane)
	return c
}

// far is what the other process has of it.
type far struct {
	status   bustest.Sent[vpn.Status]
	traffic  bustest.Sent[vpn.Traffic]
	settings bustest.Sent[vpn.Settings]
	offers   bustest.Sent[uint64]
	account  bustest.Sent[account.State]
	computer bustest.Sent[vpn.Computer]
	history  bustest.Sent[uint64]
	counts   bustest.Sent[usage.Counts]
	notices  bustest.Sent[vpn.Notice]
	whole    bustest.Sent[int] // how many statuses there were by then
	book     proposals.Book
}

func (f *far) mirror() Mirror {
	return Mirror{
		Status: &f.status, Traffic: &f.traffic, Settings: &f.settings, Proposals: &f.offers, Account: &f.account,
		Computer: &f.computer, History: &f.history, Counts: &f.counts, Notices: &f.notices, Book: &f.book,
		Whole: func() { f.whole.Send(len(f.status.All())) },
	}
}

// everything fills a struct, so that no field of it can be lost unseen.
func everything[T any](t *testing.T) T {
	t.Helper()
	var v T
	n := uint64(0)
	fillIn(t, reflect.ValueOf(&v).Elem(), &n)
	return v
}

func fillIn(t *testing.T, v reflect.Value, n *uint64) {
	t.Helper()
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = noon.Add(time.Duration(*n) * time.Second)
		return
	case *tequilapi.Money:
		*x = tequilapi.Wei(1<<60 + *n)
		return
	case *vpn.Phase, *vpn.NodeState: // by name: few numbers have one
		v.SetUint(3)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillIn(t, v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillIn(t, v.Index(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d <&>  ü", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(*n % 200)
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.3)
	default:
		require.Failf(t, "a kind that the feed has not met", "%s", v.Type())
	}
}

// TestTheFeedHasEveryFieldOfEveryTopic: what a window draws from the feed is what it would draw from the topics.
func TestTheFeedHasEveryFieldOfEveryTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCore(t)
		status, traffic, settings := everything[vpn.Status](t), everything[vpn.Traffic](t), everything[vpn.Settings](t)
		purse, computer := everything[account.State](t), everything[vpn.Computer](t)
		c.say(status)
		c.topics.Traffic.Send(traffic)
		c.topics.Settings.Send(settings)
		c.purse.State.Send(purse)
		c.topics.Computer.Send(computer)
		c.history.Send(7)
		counted := usage.Counts{Since: 20000, Version: usage.Version{Minor: 1}}
		counted.Sandbox.Tries[usage.Connected], counted.Mysterium.Losses[3], counted.Sandbox.Reconnects = 1<<60, 2, 3
		c.counts.Send(counted)
		list := []proposals.Proposal{everything[proposals.Proposal](t), everything[proposals.Proposal](t)}
		list[0].ProviderID, list[1].ProviderID = "0xa", "0xb"
		list[0].Country, list[1].Country = "DE", "US"
		presets := []tequilapi.FilterPreset{{ID: 1, Name: "Streaming"}}
		c.topics.Proposals.Send(c.book.Take(list, presets, 1, noon).Version)

		f := &far{}
		ended := make(chan error, 1)
		go func() { ended <- c.client.Feed(t.Context(), f.mirror()) }()
		synctest.Wait()
		assert.Equal(t, []int{1}, f.whole.All(), "all is there when it is said to be")
		assert.Equal(t, status, f.status.Last())
		assert.Equal(t, traffic, f.traffic.Last())
		assert.Equal(t, settings, f.settings.Last())
		assert.Equal(t, purse, f.account.Last())
		assert.Equal(t, computer, f.computer.Last())
		assert.Equal(t, uint64(7), f.history.Last())
		assert.Equal(t, counted, f.counts.Last())
		there, here := c.book.Load(), f.book.Load()
		assert.Equal(t, here.Version, f.offers.Last())
		assert.Equal(t, there.Proposals, here.Proposals)
		assert.Equal(t, there.Countries, here.Countries)
		assert.Equal(t, presets, here.Presets)
		assert.Equal(t, 1, here.Preset)
		assert.Empty(t, f.notices.All())

		notice := everything[vpn.Notice](t)
		c.topics.Notices.Send(notice)
		c.history.Send(8)
		c.say(vpn.Status{Phase: vpn.Down})
		synctest.Wait()
		assert.Equal(t, []vpn.Notice{notice}, f.notices.All())
		assert.Equal(t, []uint64{7, 8}, f.history.All())
		assert.Equal(t, vpn.Down, f.status.Last().Phase)
		assert.Len(t, f.offers.All(), 1, "a list that is the same is not sent again")
		assert.Len(t, f.settings.All(), 1)
		assert.Len(t, f.whole.All(), 1)

		require.NoError(t, c.stop())
		assert.ErrorIs(t, <-ended, ErrEnded)
	})
}

func TestNothingIsFedBeforeAllIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCore(t)
		lane := bustest.Lane(t, c.bus)
		c.deps.Computer = c.topics.Computer.Via(lane.Lane)
		l := newPipes()
		c.serve(l)
		f := &far{}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- newClient("1.0", l.dial).Feed(ctx, f.mirror()) }()
		synctest.Wait()
		assert.Empty(t, f.status.All())
		lane.Run()
		synctest.Wait()
		assert.Len(t, f.status.All(), 1)
		assert.Len(t, f.whole.All(), 1)
		stop()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
}

// TestASlowWindowMissesValuesNotTheLast: nothing piles up for a reader that is slow, and one that does not read at all
// is let go.
func TestASlowWindowMissesValuesNotTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCore(t)
		conn, err := c.dial(t.Context())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /feed HTTP/1.1\r\nHost: x\r\nMysteriumvpn-Protocol: 1\r\nMysteriumvpn-Version: 1.0\r\n\r\n")
		require.NoError(t, err)
		synctest.Wait() // it is about to send the head, and nobody reads
		for i := range 1000 {
			c.say(vpn.Status{Attempt: i + 1})
			c.topics.Notices.Send(vpn.Notice{Reason: vpn.Reason{A: fmt.Sprint(i)}})
			synctest.Wait()
		}
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		var got []frame
		read := make(chan struct{})
		go func() {
			defer close(read)
			for d := json.NewDecoder(r.Body); ; {
				var f frame
				if d.Decode(&f) != nil {
					return
				}
				got = append(got, f)
			}
		}()
		synctest.Wait()
		require.NotEmpty(t, got)
		statuses := 0
		for _, f := range got {
			if f.Status != nil {
				statuses++
				assert.Equal(t, 1000, f.Status.Attempt)
			}
		}
		assert.Equal(t, 1, statuses, "those between were left out")
		_ = conn.Close()
		<-read
		_ = r.Body.Close()
		synctest.Wait()

		conn, err = c.dial(t.Context())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /feed HTTP/1.1\r\nHost: x\r\nMysteriumvpn-Protocol: 1\r\nMysteriumvpn-Version: 1.0\r\n\r\n")
		require.NoError(t, err)
		time.Sleep(2 * writeTime)
		synctest.Wait()
		left, err := io.ReadAll(conn)
		require.NoError(t, err, "closed")
		assert.Empty(t, left)
		_ = conn.Close()
	})
}

// TestNoticesOfAMomentAreEachFed: up to as many as are kept for a reader that is slow; then the oldest go.
func TestNoticesOfAMomentAreEachFed(t *testing.T) {
	f := &feed{changed: make(chan struct{})}
	var at reader
	_, _ = f.news(&at)
	for i := range 10 {
		f.note(vpn.Notice{Severity: vpn.Severity(i)})
	}
	news, _ := f.news(&at)
	require.Len(t, news, 10)
	assert.Equal(t, vpn.Severity(9), news[9].Notice.Severity)
	for i := range 2 * mostNotices {
		f.note(vpn.Notice{Severity: vpn.Severity(i)})
	}
	news, _ = f.news(&at)
	require.Len(t, news, mostNotices)
	assert.Equal(t, vpn.Severity(2*mostNotices-1), news[mostNotices-1].Notice.Severity)
	news, _ = f.news(&at)
	assert.Empty(t, news)
	var late reader
	news, _ = f.news(&late)
	require.Len(t, news, 1, "who comes later hears nothing of the past")
	assert.True(t, news[0].Whole)
}

func TestWishesOfAWindowReachTheCore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCore(t)
		ctx := t.Context()
		require.NoError(t, c.client.Command(ctx, vpn.Command{ID: 1 << 60, Verb: vpn.Connect, Target: vpn.Target{Country: "DE", ProviderID: "0xa"}}))
		require.NoError(t, c.client.Command(ctx, vpn.Command{Verb: vpn.RestartNode}))
		settings := vpn.Settings{Network: vpn.Sandbox, Theme: "dark", Proxy: "127.0.0.1:1080"}
		require.NoError(t, c.client.Save(ctx, settings))
		wish := account.Wish{
			Verb: account.Restore, Identity: "0x1", Old: account.NewSecret("old <secret>"), New: account.NewSecret("new"), Keep: true,
			File: bytes.Repeat([]byte("{}"), 1<<19), Path: "/tmp/x",
			Order: account.OrderWish{Gateway: "g", MYST: "1", USD: "2", Currency: "BTC", Country: "DE", State: "s"},
		}
		require.NoError(t, c.client.Wish(ctx, wish))
		synctest.Wait()
		heard := c.heard.All()
		require.Len(t, heard, 2)
		assert.Equal(t, vpn.Target{Country: "DE", ProviderID: "0xa"}, heard[0].Target)
		assert.Less(t, heard[0].ID, heard[1].ID, "numbers are the running program's own, and rise")
		assert.Less(t, heard[1].ID, uint64(1<<60))
		assert.Equal(t, []vpn.Settings{settings}, c.saved.All())
		wished := c.wishes.All()
		require.Len(t, wished, 1)
		assert.NotZero(t, wished[0].ID)
		wished[0].ID = 0
		assert.Equal(t, wish, wished[0])
		for _, s := range []string{c.ringText(), fmt.Sprint(wished)} {
			assert.NotContains(t, s, "old <secret>")
		}

		var no *Error
		require.ErrorAs(t, c.client.Command(ctx, vpn.Command{}), &no)
		require.ErrorAs(t, c.client.Command(ctx, vpn.Command{Verb: 99}), &no)
		require.ErrorAs(t, c.client.Save(ctx, vpn.Settings{Theme: "pink"}), &no)
		assert.Equal(t, "bad_setting", no.Code)
		require.ErrorAs(t, c.client.Wish(ctx, account.Wish{}), &no)
		assert.Len(t, c.heard.All(), 2)
		assert.Len(t, c.saved.All(), 1)
	})
}

func (p *program) ringText() string {
	var b strings.Builder
	lines, _, _ := p.ring.Read(0, 1000)
	for _, l := range lines {
		b.WriteString(l.String())
	}
	return b.String()
}

// TestOnlyTheVeryVersionIsFed: the structs on the feed are no stable protocol.
func TestOnlyTheVeryVersionIsFed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCore(t)
		other := newClient("1.0.1", c.dial)
		f := &far{}
		for what, err := range map[string]error{
			"feed": other.Feed(t.Context(), f.mirror()), "command": other.Command(t.Context(), vpn.Command{Verb: vpn.Quit}),
			"settings": other.Save(t.Context(), vpn.Settings{}), "wish": other.Wish(t.Context(), account.Wish{Verb: account.Refresh}),
		} {
			var no *Error
			require.ErrorAs(t, err, &no, what)
			assert.Equal(t, CodeVersion, no.Code, what)
			assert.Contains(t, no.Text, "version 1.0 and this command is version 1.0.1", what)
		}
		synctest.Wait()
		assert.Empty(t, c.heard.All())
		assert.Empty(t, f.status.All())

		old := newPipes() // of a version that had no feed
		plain := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(headerProtocol, fmt.Sprint(protocol))
			refuse(w, http.StatusNotFound, &Error{Code: codeNoCall, Text: "?"})
		})}
		go func() { _ = plain.Serve(old) }()
		var no *Error
		require.ErrorAs(t, newClient("1.0", old.dial).Feed(t.Context(), f.mirror()), &no)
		assert.Equal(t, CodeVersion, no.Code)
		_ = plain.Close()
	})
}

func TestLogsAreCopiedAndGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCore(t)
		c.ring.Append(logs.Line{Source: logs.Node, Level: logs.Warn, Text: "one", Fields: "k=v"})
		here := logs.NewRing(300)
		here.Append(logs.Line{Source: logs.App, Text: "the window's own"})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan uint64)
		run := func(ctx context.Context, from uint64) { n, _ := c.client.CopyLogs(ctx, here, from); done <- n }
		go run(ctx, 0)
		synctest.Wait()
		c.ring.Append(logs.Line{Source: logs.Tunnel, Text: "two"})
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		at := <-done
		assert.Equal(t, uint64(2), at)
		c.ring.Append(logs.Line{Source: logs.App, Text: "three"})
		ctx, stop = context.WithCancel(t.Context())
		go run(ctx, at)
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		<-done
		lines, _, _ := here.Read(0, 10)
		var texts []string
		for _, l := range lines {
			texts = append(texts, l.Text)
		}
		assert.Equal(t, []string{"the window's own", "one", "two", "three"}, texts)
		assert.Equal(t, "k=v", lines[1].Fields)
		assert.Equal(t, logs.Node, lines[1].Source)
	})
}

// TestAWindowAnswersForItself: one whose core is elsewhere is raised by its own socket, and answers nothing else there.
func TestAWindowAnswersForItself(t *testing.T) {
	path := t.TempDir() + "/window.sock"
	l, err := unixsock.Listen(path)
	require.NoError(t, err)
	b := bustest.Bus(t)
	raised := make(chan vpn.Raise, 1)
	window := bus.NewEvents[vpn.Raise](b, "window")
	defer window.On(func(r vpn.Raise) { raised <- r })()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- ServeWindow(ctx, l, window, "1.0") }()
	require.NoError(t, NewClient(path, "other").Raise(t.Context()), "by any version")
	<-raised
	_, err = NewClient(path, "1.0").Status(t.Context())
	require.Error(t, err)
	stop()
	require.NoError(t, <-served)
	assert.ErrorIs(t, NewClient(path, "1.0").Raise(t.Context()), ErrNotRunning)
}
