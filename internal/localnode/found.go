package localnode

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/mysteriumvpn/desktop/internal/store"
)

// Where own servers that are given by name were found last. While the whole device is blocked no name server can be
// asked, and a node that has just been started must find the way back all the same. So the addresses are kept on the
// disk, by the servers' ids, which tell no name; those of servers that are removed go.

// foundFile is beside the folder of own servers, so that it is found whichever home the node has.
func (n *Node) foundFile() string { return filepath.Clean(n.o.Own) + "-addresses.json" }

// usable reports whether a server can be at a.
func usable(a netip.Addr) bool {
	return a.IsValid() && a.Zone() == "" && !a.IsUnspecified() && !a.IsMulticast()
}

// readFound reads what was kept. A file that is damaged counts as empty, and the next look-up writes it anew: nothing
// is lost that a look-up does not bring back.
func (n *Node) readFound() map[string]netip.Addr {
	found := map[string]netip.Addr{}
	if n.o.Own == "" {
		return found
	}
	data, err := os.ReadFile(n.foundFile())
	if errors.Is(err, fs.ErrNotExist) {
		return found
	}
	if err == nil {
		err = json.Unmarshal(data, &found)
	}
	if err != nil {
		n.logf("WRN", "the addresses where own servers were last cannot be read; they are looked up again")
		return map[string]netip.Addr{}
	}
	if found == nil { // "null"
		return map[string]netip.Addr{}
	}
	maps.DeleteFunc(found, func(_ string, a netip.Addr) bool { return !usable(a) })
	return found
}

// keepFound takes down where a server is.
func (n *Node) keepFound(id string, a netip.Addr) {
	n.mu.Lock()
	news := n.found[id] != a
	n.found[id] = a
	n.mu.Unlock()
	if news {
		n.writeFound()
	}
}

// forgetFound drops the servers that are not there any more.
func (n *Node) forgetFound(there map[string]bool) {
	n.mu.Lock()
	before := len(n.found)
	maps.DeleteFunc(n.found, func(id string, _ netip.Addr) bool { return !there[id] })
	news := len(n.found) != before
	n.mu.Unlock()
	if news {
		n.writeFound()
	}
}

func (n *Node) writeFound() {
	n.disk.Lock()
	defer n.disk.Unlock()
	n.mu.Lock()
	found := maps.Clone(n.found)
	n.mu.Unlock()
	if err := store.WriteJSON(n.foundFile(), found); err != nil {
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			err = path.Err // without the path, which has the user's name
		} else {
			err = errors.New("the file cannot be written")
		}
		n.logf("WRN", "where an own server is cannot be kept, so its name must be looked up at the next start: %v", err)
	}
}
