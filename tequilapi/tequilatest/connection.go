package tequilatest

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// attempt is what PUT /connection works with.
func (n *Node) attempt(r tequilapi.ConnectRequest) (context.Context, func(context.Context, tequilapi.ConnectRequest) error, *tequilapi.Error) {
	failed := func(text string) *tequilapi.Error {
		return &tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_connect", Message: "Failed to connect: " + text}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.identityLocked(r.ConsumerID)
	switch {
	case i == nil || i.Registration != tequilapi.Registered && i.Registration != tequilapi.RegistrationPending:
		return nil, nil, &tequilapi.Error{
			Status: http.StatusUnprocessableEntity, Code: "err_id_not_registered",
			Message: fmt.Sprintf("Identity %q is not registered. Please register the identity first", r.ConsumerID),
		}
	case n.conn.Status != tequilapi.NotConnected:
		return nil, nil, &tequilapi.Error{Status: http.StatusUnprocessableEntity, Code: "err_connection_already_exists", Message: "Connection already exists"}
	}
	n.used = true
	var pick *tequilapi.Proposal
	for _, p := range n.proposals {
		if (r.ProviderID == "" || r.ProviderID == p.ProviderID) && (r.ServiceType == "" || r.ServiceType == p.ServiceType) &&
			(r.Filter.CountryCode == "" || r.Filter.CountryCode == p.Location.Country) {
			pick = &p
			break
		}
	}
	switch {
	case pick == nil:
		return nil, nil, failed("failed to lookup proposal: no providers available for the filter")
	case !i.unlocked:
		return nil, nil, failed("unlock required")
	case !affords(i.balance, pick.Price):
		return nil, nil, failed("insufficient balance")
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel, n.idle = cancel, make(chan struct{})
	n.conn = tequilapi.LiveConnection{Connection: tequilapi.Connection{Status: tequilapi.Connecting, ConsumerID: r.ConsumerID, HermesID: HermesID, Proposal: pick}}
	close(n.changed)
	n.changed = make(chan struct{})
	return ctx, n.onConnect, nil
}

// affords is whether money lasts for a minute, and for a MiB.
func affords(m tequilapi.Money, p tequilapi.Price) bool {
	minute, mib := p.PerHour.Big(), p.PerGiB.Big()
	return m.Big().Cmp(minute.Quo(minute, big.NewInt(60))) >= 0 && m.Big().Cmp(mib.Quo(mib, big.NewInt(1024))) >= 0
}

func (n *Node) connect(w http.ResponseWriter, r *http.Request) {
	var in tequilapi.ConnectRequest
	if !read(w, r, &in) || !required(w, r, "consumer_id", in.ConsumerID != "") {
		return
	}
	ctx, dial, refused := n.attempt(in)
	if refused != nil {
		refuse(w, r, *refused)
		return
	}
	var err error
	if dial != nil {
		err = dial(ctx, in)
	}
	if err == nil {
		err = ctx.Err()
	}
	n.change(func() {
		n.cancel()
		n.cancel = nil
		close(n.idle)
		if err != nil {
			n.conn = tequilapi.LiveConnection{Connection: tequilapi.Connection{Status: tequilapi.NotConnected}}
			return
		}
		n.conn.Status, n.conn.SessionID = tequilapi.Connected, rand.Text()
		n.conn.Statistics = &tequilapi.Statistics{}
		n.since = time.Now()
		n.beginSessionLocked()
	})
	switch e := err.(type) { //nolint:errorlint // a wrapped one is meant to become an err_connect
	case nil:
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusCreated, n.conn.Connection)
	case *tequilapi.Error:
		refuse(w, r, *e)
	default:
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_connect", Message: "Failed to connect: " + err.Error()})
	}
}

func (n *Node) disconnect(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	idle := n.idle
	switch {
	case n.cancel != nil:
		n.cancel()
		n.mu.Unlock()
		<-idle
	case n.conn.Status == tequilapi.NotConnected && n.used: // before the first PUT the answer is 202
		n.mu.Unlock()
		refuse(w, r, tequilapi.Error{Status: http.StatusUnprocessableEntity, Code: "err_no_connection_exists", Message: "No connection exists"})
		return
	default:
		n.mu.Unlock()
	}
	n.change(func() { n.statusLocked(tequilapi.NotConnected) })
	w.WriteHeader(http.StatusAccepted)
}
