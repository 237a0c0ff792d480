package proposals

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func TestWhatAProviderDidCountsInItsRank(t *testing.T) {
	var b Book
	list := []tequilapi.Proposal{offer(1, "DE", "Berlin", 2.5), offer(2, "DE", "Bonn", 2.1)}
	first, second := list[0].ProviderID, list[1].ProviderID
	best := func() string {
		p, why := b.Replace(list, noon).Pick(vpn.Target{}, nil)
		require.True(t, why.Zero())
		return p.ProviderID
	}
	assert.Equal(t, first, best())
	for range 3 {
		b.Note(first, DidNot, 0, noon)
	}
	assert.Equal(t, second, best(), "one that does not answer steps back")
	for range 15 {
		b.Note(first, CameUp, 0, noon)
	}
	assert.Equal(t, first, best(), "until it does")
	kept := b.Note(first, Dropped, 3_000_000, noon)
	assert.Equal(t, Record{Tries: 18, Came: 15, Drops: 1, Speed: 3_000_000, At: noon}, kept[first])

	var again Book
	kept["bad id!"] = Record{Tries: 1, At: noon}
	kept[second] = Record{Tries: 9, At: noon.Add(-61 * 24 * time.Hour)}
	again.Remember(kept, noon)
	s := again.Replace(list, noon)
	p, _ := s.Provider(first)
	assert.Equal(t, 18, p.Record.Tries)
	p, _ = s.Provider(second)
	assert.Zero(t, p.Record, "what is old says nothing")
}

func TestTheWeightOfARecord(t *testing.T) {
	for _, c := range []struct {
		r    Record
		want int
	}{
		{Record{}, 0},
		{Record{Tries: 1, Came: 1}, 1},
		{Record{Tries: 4, Came: 4}, 2},
		{Record{Tries: 4, Came: 4, Speed: 5_000_000}, 3},
		{Record{Tries: 1}, -4},
		{Record{Tries: 4}, -15},
		{Record{Tries: 20}, -15},
		{Record{Tries: 4, Came: 4, Drops: 2}, -8},
		{Record{Tries: 4, Came: 4, Drops: 9}, -15},
	} {
		assert.Equal(t, c.want, c.r.Weight(), "%+v", c.r)
	}
}

func TestRecordsAreBounded(t *testing.T) {
	var b Book
	var all map[string]Record
	for i := range mostRecords + 5 {
		all = b.Note(fmt.Sprintf("0x%d", i), CameUp, 0, noon.Add(time.Duration(i)*time.Second))
	}
	assert.Len(t, all, mostRecords)
	assert.NotContains(t, all, "0x0", "the oldest goes")
	for range 100 {
		all = b.Note("0x7", DidNot, 0, noon)
	}
	assert.LessOrEqual(t, all["0x7"].Tries, mostTries)
}

func TestAChangeOfStatusSaysSomethingOfItsProvider(t *testing.T) {
	at := func(p vpn.Phase, provider string, c vpn.Code) vpn.Status {
		return vpn.Status{Phase: p, Exit: vpn.Exit{ProviderID: provider}, Reason: vpn.Reason{Code: c}}
	}
	for name, c := range map[string]struct {
		was, now vpn.Status
		id       string
		want     Event
	}{
		"came up":     {at(vpn.Dialing, "a", ""), at(vpn.Up, "a", ""), "a", CameUp},
		"came back":   {at(vpn.Reconnecting, "a", ""), at(vpn.Up, "a", ""), "a", CameUp},
		"switched":    {at(vpn.Up, "a", ""), at(vpn.Up, "b", ""), "b", CameUp},
		"stalled":     {at(vpn.Up, "a", ""), at(vpn.Reconnecting, "a", vpn.TunnelStalled), "a", Dropped},
		"node died":   {at(vpn.Up, "a", ""), at(vpn.Reconnecting, "a", vpn.NodeWentAway), "", NoEvent},
		"ended":       {at(vpn.Up, "a", ""), at(vpn.Closing, "a", ""), "a", Ended},
		"held, freed": {at(vpn.Blocked, "a", ""), at(vpn.Up, "a", ""), "", NoEvent},
		"nothing":     {at(vpn.Down, "", ""), at(vpn.Finding, "", ""), "", NoEvent},
	} {
		id, e := Noted(c.was, c.now)
		assert.Equal(t, c.want, e, name)
		if e != NoEvent {
			assert.Equal(t, c.id, id, name)
		}
	}
}
