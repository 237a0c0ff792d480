package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

// carryOut does what a wish says, tells what it is at meanwhile, and reads everything afterwards.
func (k *Keeper) carryOut(ctx context.Context, w Wish) {
	k.state.Problem = vpn.Reason{}
	defer func() {
		if w.ID != 0 {
			k.state.Done = w.ID
		}
	}()
	if w.Verb == Forget {
		k.state.Order = Order{}
		return
	}
	if k.api == nil {
		k.state.Problem = vpn.Reason{Code: vpn.NodeIsStarting} // until one runs; this was not carried out
		return
	}
	k.state.Doing = w.Verb
	k.publish()
	k.state.Problem = k.try(ctx, w)
	k.read(ctx)
	k.state.Doing = NoVerb
}

func (k *Keeper) try(ctx context.Context, w Wish) vpn.Reason {
	switch w.Verb {
	case Refresh:
		if k.state.Identity == "" || k.state.Locked {
			return vpn.Reason{}
		}
		return k.refresh(ctx)
	case Create:
		return k.create(ctx, w)
	case Use, Unlock:
		id := w.Identity
		if w.Verb == Unlock {
			id = k.state.Identity
		}
		if !slices.Contains(k.state.Identities, id) {
			return vpn.Reason{Code: vpn.NoSuchIdentity, A: id}
		}
		return k.use(ctx, id, w.Old, w.Keep)
	case Register:
		if _, err := within(ctx, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, k.api.Register(ctx, k.state.Identity, tequilapi.RegisterRequest{})
		}); err != nil && !errors.Is(err, tequilapi.ErrRegistrationProgress) {
			return vpn.Reason{Code: vpn.RegisterRefused, A: said(err)}
		}
	case Backup, Restore:
		switch {
		case k.state.Network == vpn.Sandbox, k.state.Network == vpn.Own:
			return vpn.Reason{Code: vpn.NoBackupHere}
		case w.Verb == Backup:
			return k.backup(ctx, w)
		}
		return k.restore(ctx, w)
	case LookUp:
		return k.lookUp(ctx)
	case Buy:
		return k.buy(ctx, w.Order)
	case NoVerb, Forget:
	}
	return vpn.Reason{}
}

func (k *Keeper) create(ctx context.Context, w Wish) vpn.Reason {
	id, err := within(ctx, func(ctx context.Context) (string, error) { return k.api.CreateIdentity(ctx, w.New.Reveal()) })
	if err != nil {
		return vpn.Reason{Code: vpn.AccountRefused, A: said(err)}
	}
	return k.use(ctx, id, w.New, w.Keep)
}

// use unlocks an identity and makes it the one that connects, also after the next start.
func (k *Keeper) use(ctx context.Context, id string, pass Secret, keep bool) vpn.Reason {
	used, err := within(ctx, func(ctx context.Context) (string, error) { return k.api.CurrentIdentity(ctx, id, pass.Reveal()) })
	switch {
	case errors.Is(err, tequilapi.ErrUseOrCreate), errors.Is(err, tequilapi.ErrUnlock):
		return vpn.Reason{Code: vpn.WrongPassphrase}
	case err != nil:
		return vpn.Reason{Code: vpn.AccountRefused, A: said(err)}
	}
	k.open = used
	k.note(func(m *memory) { m.Current, m.typed[used] = used, pass })
	if !keep || pass.Reveal() == "" {
		return vpn.Reason{}
	}
	if err := k.o.Keyring.Set(keyName(used), pass.Reveal()); err != nil {
		return vpn.Reason{Code: vpn.KeyringRefused, A: err.Error()}
	}
	k.note(func(m *memory) {
		if !slices.Contains(m.InRing, used) {
			m.InRing = append(m.InRing, used)
		}
	})
	return vpn.Reason{}
}

// backup writes the key as a file that only its passphrase opens.
func (k *Keeper) backup(ctx context.Context, w Wish) vpn.Reason {
	file, err := within(ctx, func(ctx context.Context) ([]byte, error) {
		return k.api.ExportIdentity(ctx, k.state.Identity, w.New.Reveal())
	})
	if err != nil {
		if _, pass := k.Who(); pass != "" { // the node tries it without one, whatever it is told
			return vpn.Reason{Code: vpn.BackupSealed}
		}
		return vpn.Reason{Code: vpn.BackupFailed, A: said(err)}
	}
	if err := store.WriteFile(w.Path, file); err != nil {
		return vpn.Reason{Code: vpn.BackupFailed, A: err.Error()}
	}
	k.saved(k.state.Identity)
	return vpn.Reason{}
}

// saved notes that there is a copy of an identity.
func (k *Keeper) saved(id string) {
	now := k.o.Now().UTC()
	k.note(func(m *memory) {
		if m.BackedUp == nil {
			m.BackedUp = backups{}
		}
		m.BackedUp[id] = now
	})
}

// mostKeystore is the size in bytes beyond which a file cannot be a key; a real one has some 500.
const mostKeystore = 64 << 10

// restore takes a key from a file. What is wrong with it is said before the node is asked: the node says "failed".
func (k *Keeper) restore(ctx context.Context, w Wish) vpn.Reason {
	var shape struct {
		Address string          `json:"address"`
		Crypto  json.RawMessage `json:"crypto"`
		Version int             `json:"version"`
	}
	if len(w.File) > mostKeystore || json.Unmarshal(w.File, &shape) != nil || shape.Address == "" || len(shape.Crypto) == 0 || shape.Version != 3 {
		return vpn.Reason{Code: vpn.NotAKey}
	}
	if w.Old.Reveal() == "" {
		return vpn.Reason{Code: vpn.WrongPassphrase} // the node takes none that is empty
	}
	if id := "0x" + strings.TrimPrefix(strings.ToLower(shape.Address), "0x"); slices.Contains(k.state.Identities, id) {
		return k.use(ctx, id, w.New, w.Keep)
	}
	id, err := within(ctx, func(ctx context.Context) (string, error) {
		return k.api.ImportIdentity(ctx, tequilapi.ImportRequest{File: w.File, Passphrase: w.Old.Reveal(), NewPassphrase: w.New.Reveal(), SetDefault: true})
	})
	if err != nil {
		return vpn.Reason{Code: vpn.RestoreFailed, A: said(err)}
	}
	k.saved(id) // the file is the backup
	return k.use(ctx, id, w.New, w.Keep)
}
