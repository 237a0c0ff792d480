package tequilatest

import (
	"crypto/rand"
	"fmt"
	"net/http"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

type passphrase struct {
	ID         string  `json:"id"`
	Passphrase *string `json:"passphrase"`
}

func (n *Node) listIdentities(w http.ResponseWriter, _ *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	refs := []map[string]string{}
	for _, i := range n.ids {
		refs = append(refs, map[string]string{"id": i.ID})
	}
	answer(w, http.StatusOK, map[string]any{"identities": refs})
}

func (n *Node) createIdentity(w http.ResponseWriter, r *http.Request) {
	var in passphrase
	if !read(w, r, &in) || !required(w, r, "passphrase", in.Passphrase != nil) {
		return
	}
	answer(w, http.StatusOK, map[string]string{"id": n.create(*in.Passphrase).ID})
}

func (n *Node) create(pass string) *identity {
	var b [20]byte
	_, _ = rand.Read(b[:])
	i := &identity{
		Identity:   tequilapi.Identity{ID: fmt.Sprintf("0x%x", b), Registration: tequilapi.Unregistered, HermesID: HermesID},
		passphrase: pass,
	}
	n.change(func() { n.ids = append(n.ids, i) })
	return i
}

func (n *Node) useIdentity(w http.ResponseWriter, r *http.Request) {
	var in passphrase
	if !read(w, r, &in) || !required(w, r, "passphrase", in.Passphrase != nil) {
		return
	}
	n.mu.Lock()
	i := n.identityLocked(in.ID)
	if in.ID == "" && len(n.ids) > 0 {
		i = n.ids[0]
	}
	n.mu.Unlock()
	if i == nil && in.ID == "" {
		i = n.create(*in.Passphrase)
	}
	if i == nil || i.passphrase != *in.Passphrase {
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "err_to_id_use_or_create", Message: "Failed to use or create identity"})
		return
	}
	n.change(func() { i.unlocked = true })
	answer(w, http.StatusOK, map[string]string{"id": i.ID})
}

// find answers 404 if the identity in the path is not there.
func (n *Node) find(w http.ResponseWriter, r *http.Request) *identity {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.identityLocked(r.PathValue("id"))
	if i == nil {
		refuse(w, r, tequilapi.Error{Status: http.StatusNotFound, Code: "not_found", Message: "Identity not found"})
	}
	return i
}

func (n *Node) unlock(w http.ResponseWriter, r *http.Request) {
	var in passphrase
	if !read(w, r, &in) || !required(w, r, "passphrase", in.Passphrase != nil) {
		return
	}
	i := n.find(w, r)
	switch {
	case i == nil:
	case i.passphrase != *in.Passphrase:
		refuse(w, r, tequilapi.Error{Status: http.StatusForbidden, Code: "err_id_unlock", Message: "Unlock failed"})
	default:
		n.change(func() { i.unlocked = true })
		w.WriteHeader(http.StatusAccepted)
	}
}

func (n *Node) getIdentity(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, i.viewLocked())
	}
}

func (n *Node) refreshBalance(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		m := i.viewLocked().Balance
		answer(w, http.StatusOK, map[string]any{"balance": m, "balance_tokens": tequilapi.Tokens{Money: m}})
	}
}

func (n *Node) getRegistration(w http.ResponseWriter, r *http.Request) {
	if i := n.find(w, r); i != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		answer(w, http.StatusOK, tequilapi.Registration{Status: i.Registration, Registered: i.Registration == tequilapi.Registered})
	}
}
