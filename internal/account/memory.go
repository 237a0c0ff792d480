package account

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// memory is what is kept from start to start. Passphrases are not: they are in the desktop's keyring, or nowhere.
type memory struct {
	Current  string   `json:"current,omitempty"` // the identity that the user chose last
	BackedUp backups  `json:"backed_up,omitempty"`
	InRing   []string `json:"in_keyring,omitempty"` // identities whose passphrase is there

	typed map[string]Secret // passphrases of this run, by identity
}

// backups are when identities were saved, by identity.
type backups map[string]time.Time

func load(path string, say func(string)) memory {
	m := memory{typed: map[string]Secret{}}
	if err := store.ReadJSON(path, &m); err != nil && !errors.Is(err, fs.ErrNotExist) {
		say("read what is noted of the account: " + err.Error())
	}
	return m
}

// note changes what is kept.
func (k *Keeper) note(change func(m *memory)) {
	k.mu.Lock()
	m := k.memory
	m.BackedUp = maps.Clone(m.BackedUp)
	m.typed = maps.Clone(m.typed)
	m.InRing = slices.Clone(m.InRing)
	change(&m)
	k.memory = m
	k.mu.Unlock()
	if err := store.WriteJSON(k.o.Path, m); err != nil {
		k.o.Say("note something of the account: " + err.Error())
	}
}

type noKeyring struct{}

func (noKeyring) Get(string) (string, error) { return "", nil }
func (noKeyring) Set(string, string) error   { return errors.New("this desktop has no keyring") }
