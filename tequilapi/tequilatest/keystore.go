package tequilatest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// keyFile looks like a keystore file. It has no key in it: a fake node has none.
type keyFile struct {
	Address string            `json:"address"`
	Crypto  map[string]string `json:"crypto"`
	ID      string            `json:"id"`
	Version int               `json:"version"`
}

func seal(id, passphrase string) keyFile {
	return keyFile{
		Address: strings.TrimPrefix(id, "0x"), ID: "00000000-0000-4000-8000-000000000000", Version: 3,
		Crypto: map[string]string{"cipher": "fake", "mac": fmt.Sprintf("%x", sha256.Sum256([]byte(id+passphrase)))},
	}
}

func (n *Node) exportIdentity(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Identity   string `json:"identity"`
		Passphrase string `json:"newpassphrase"`
	}
	if !read(w, r, &in) || !required(w, r, "identity", in.Identity != "") || !required(w, r, "newpassphrase", in.Passphrase != "") {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	i := n.identityLocked(in.Identity)
	if i == nil || i.passphrase != "" { // it can export only what has none
		refuse(w, r, tequilapi.Error{Status: http.StatusInternalServerError, Code: "internal", Message: "could not decrypt key with given password"})
		return
	}
	b, err := json.Marshal(seal(i.ID, in.Passphrase))
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(b) // without a type, as the real one
}

func (n *Node) importIdentity(w http.ResponseWriter, r *http.Request) {
	var in tequilapi.ImportRequest
	if !read(w, r, &in) || !required(w, r, "current_passphrase", in.Passphrase != "") {
		return
	}
	no := func(why string) {
		refuse(w, r, tequilapi.Error{Status: http.StatusUnprocessableEntity, Code: "err_id_import", Message: "Failed to import identity: " + why})
	}
	var f keyFile
	if err := json.Unmarshal(in.File, &f); err != nil {
		no(err.Error())
		return
	}
	id := "0x" + f.Address
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case f.Version != 3:
		no(fmt.Sprintf("version not supported: %d", f.Version))
	case f.Crypto["mac"] != seal(id, in.Passphrase).Crypto["mac"]:
		no("could not decrypt key with given password")
	case n.identityLocked(id) != nil:
		no("account already exists")
	default:
		i := &identity{Identity: tequilapi.Identity{ID: id, Registration: tequilapi.Unregistered, HermesID: HermesID}, passphrase: in.NewPassphrase}
		n.changeLocked(func() {
			if in.SetDefault {
				n.ids = append([]*identity{i}, n.ids...)
			} else {
				n.ids = append(n.ids, i)
			}
		})
		answer(w, http.StatusOK, map[string]string{"id": id})
	}
}
