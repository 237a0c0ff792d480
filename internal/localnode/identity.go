package localnode

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/http"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// keystore is the file of identities. An identity is an address derived from the seed: the sandbox pays with nothing,
// so there is no key behind it, and the passphrase guards nothing but what the API does.
type keystore struct {
	Current    string      `json:"current,omitempty"` // remembered by PUT /identities/current
	Identities []*identity `json:"identities"`
}

type identity struct {
	ID    string `json:"id"`
	Salt  string `json:"salt,omitempty"`
	Check string `json:"check,omitempty"` // of the passphrase; "" = it is empty
}

const checkRounds = 20_000

func check(pass, salt string) string {
	b, err := pbkdf2.Key(sha256.New, pass, []byte(salt), checkRounds, 32)
	if err != nil {
		panic(err) // only for lengths that nobody asks for
	}
	return hex.EncodeToString(b)
}

func (i *identity) opens(pass string) bool {
	if i.Check == "" || pass == "" {
		return i.Check == "" && pass == ""
	}
	return subtle.ConstantTimeCompare([]byte(check(pass, i.Salt)), []byte(i.Check)) == 1
}

func (n *Node) identityLocked(id string) *identity {
	for _, i := range n.keys.Identities {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// createIdentity adds the next identity of the home.
func (n *Node) createIdentity(pass string) string {
	i := &identity{}
	if pass != "" {
		i.Salt = rand.Text()
		i.Check = check(pass, i.Salt)
	}
	n.change(func() {
		i.ID = n.home.account(fmt.Sprintf("identity %d", len(n.keys.Identities)+1))
		n.keys.Identities = append(n.keys.Identities, i)
	})
	n.saveIdentities()
	n.logf("INF", "identity %s created", i.ID)
	return i.ID
}

func (n *Node) saveIdentities() { n.save(identitiesFile, func() any { return n.keys }) }

// startBalance is what each identity of the sandbox owns when the node starts. It is play money.
const startBalance = 5_000_000 * microMYST

// viewLocked is the identity as the API shows it. As in the real node the money shows only after unlocking.
func (n *Node) viewLocked(i *identity) tequilapi.Identity {
	v := tequilapi.Identity{
		ID: i.ID, Registration: tequilapi.Registered,
		ChannelAddress: n.home.account("channel of " + i.ID), HermesID: n.hermes(),
	}
	if n.unlocked[i.ID] && n.o.Own == "" { // own servers are paid elsewhere, if at all
		left := new(big.Int).Sub(tequilapi.Wei(startBalance).Big(), n.spent.Big())
		if n.stats != nil { // of the connection that is up
			left.Sub(left, n.stats.TokensSpent.Big())
		}
		if m, err := tequilapi.MoneyFromBig(left); err == nil && left.Sign() > 0 {
			v.Balance = m
		}
	}
	return v
}

func (n *Node) hermes() string { return n.home.account("hermes") }

func (n *Node) identityCalls(mux *http.ServeMux) {
	mux.HandleFunc("GET /identities", n.listIdentities)
	mux.HandleFunc("POST /identities", n.postIdentity)
	mux.HandleFunc("PUT /identities/current", n.putCurrent)
	mux.HandleFunc("PUT /identities/{id}/unlock", n.putUnlock)
	mux.HandleFunc("GET /identities/{id}", n.getIdentity)
	mux.HandleFunc("GET /identities/{id}/status", n.getIdentity)
	mux.HandleFunc("GET /identities/{id}/registration", n.getRegistration)
}

type reference struct {
	ID string `json:"id"`
}

type passphraseBody struct {
	ID         string  `json:"id"`
	Passphrase *string `json:"passphrase"`
}

// passphrase reads a body that must have a passphrase, be it empty, or answers what is wrong.
func passphrase(w http.ResponseWriter, r *http.Request) (b passphraseBody, ok bool) {
	return b, read(w, r, &b) && required(w, r, "passphrase", b.Passphrase != nil)
}

func (n *Node) listIdentities(w http.ResponseWriter, _ *http.Request) {
	refs := []reference{}
	n.mu.Lock()
	for _, i := range n.keys.Identities {
		refs = append(refs, reference{i.ID})
	}
	n.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"identities": refs})
}

func (n *Node) postIdentity(w http.ResponseWriter, r *http.Request) {
	if in, ok := passphrase(w, r); ok {
		answer(w, http.StatusOK, reference{n.createIdentity(*in.Passphrase)})
	}
}

// putCurrent uses the identity named, or the remembered one, or the first, or a new one, and unlocks it.
func (n *Node) putCurrent(w http.ResponseWriter, r *http.Request) {
	in, ok := passphrase(w, r)
	if !ok {
		return
	}
	n.mu.Lock()
	id := in.ID
	if id == "" {
		id = n.keys.Current
	}
	if id == "" && len(n.keys.Identities) > 0 {
		id = n.keys.Identities[0].ID
	}
	n.mu.Unlock()
	if id == "" {
		id = n.createIdentity(*in.Passphrase)
	}
	if !n.unlock(id, *in.Passphrase) {
		refuse(w, r, http.StatusInternalServerError, "err_to_id_use_or_create", "Failed to use or create ID: unlock failed")
		return
	}
	n.change(func() { n.keys.Current = id })
	n.saveIdentities()
	answer(w, http.StatusOK, reference{id})
}

// unlock opens an identity until the process ends.
func (n *Node) unlock(id, pass string) bool {
	n.mu.Lock()
	i := n.identityLocked(id)
	n.mu.Unlock()
	if i == nil || !i.opens(pass) { // an identity is not changed once made; its check takes a while
		return false
	}
	n.change(func() { n.unlocked[id] = true })
	return true
}

// find gives the identity in the path, or answers 404.
func (n *Node) find(w http.ResponseWriter, r *http.Request) *identity {
	n.mu.Lock()
	i := n.identityLocked(r.PathValue("id"))
	n.mu.Unlock()
	if i == nil {
		refuse(w, r, http.StatusNotFound, "not_found", "Identity not found")
	}
	return i
}

func (n *Node) putUnlock(w http.ResponseWriter, r *http.Request) {
	in, ok := passphrase(w, r)
	if !ok {
		return
	}
	i := n.find(w, r)
	switch {
	case i == nil:
	case !n.unlock(i.ID, *in.Passphrase):
		refuse(w, r, http.StatusForbidden, "err_id_unlock", "Unlock failed")
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (n *Node) getIdentity(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		n.mu.Lock()
		v := n.viewLocked(i)
		n.mu.Unlock()
		answer(w, http.StatusOK, v)
	}
}

func (n *Node) getRegistration(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		answer(w, http.StatusOK, tequilapi.Registration{Status: tequilapi.Registered, Registered: true})
	}
}
