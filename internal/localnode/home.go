package localnode

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const seedLen = 32

// home is the node's folder, held by a lock, and the seed that all keys and identities come from.
type home struct {
	dir  string
	lock io.Closer
	seed []byte
}

func openHome(dir string) (*home, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the node's folder: %w", err)
	}
	lock, err := lockHome(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("open the node's folder %s: %w", dir, err)
	}
	h := &home{dir: dir, lock: lock}
	if h.seed, err = h.readSeed(); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *home) close() { _ = h.lock.Close() }

// readSeed reads the seed, or makes it in a home that has none. A seed that is damaged is not replaced: identities
// would change without a word.
func (h *home) readSeed() ([]byte, error) {
	path := filepath.Join(h.dir, seedFile)
	seed, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		seed = make([]byte, seedLen)
		rand.Read(seed) // never fails, by its documentation
		if err := h.write(seedFile, seed); err != nil {
			return nil, fmt.Errorf("keep the node's seed: %w", err)
		}
		return seed, nil
	case err != nil:
		return nil, fmt.Errorf("read the node's seed: %w", err)
	case len(seed) != seedLen:
		return nil, fmt.Errorf("the node's seed %s is damaged: put it back from a copy, or move it away to get new identities", path)
	}
	return seed, os.Chmod(path, 0o600) // a copied home may have opened it to others
}

// derive gives n bytes that depend on the seed and what they are for, and on nothing else.
func (h *home) derive(what string, n int) []byte {
	b, err := hkdf.Key(sha256.New, h.seed, nil, "mysteriumvpn sandbox "+what, n)
	if err != nil {
		panic(err) // only for lengths that nobody asks for
	}
	return b
}

// account derives an address in the form of an identity's.
func (h *home) account(what string) string { return fmt.Sprintf("0x%x", h.derive(what, 20)) }

// key derives a WireGuard private key.
func (h *home) key(what string) wgnet.Key {
	k := wgnet.Key(h.derive(what, 32))
	k[0] &= 248
	k[31] = k[31]&127 | 64
	return k
}

// load reads a JSON file into v; without the file v stays as it is.
func (h *home) load(name string, v any) error {
	path := filepath.Join(h.dir, name)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		err = d.Decode(v)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w: put it back from a copy, or move it away", path, err)
	}
	return nil
}

func encode(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }

// write replaces a file as a whole: a crash leaves the old one or the new one.
func (h *home) write(name string, data []byte) (err error) {
	f, err := os.CreateTemp(h.dir, name+".*.tmp") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(h.dir, name))
}
