package account

import (
	"slices"

	"github.com/mysteriumvpn/desktop/internal/bus"
)

// Wish is what the user wants done with the account. It travels as an event; its answer is the State that it causes.
type Wish struct {
	ID       uint64 // from vpn.NextCommand; State.Done tells when it was carried out; 0 = the sender does not care
	Verb     Verb
	Identity string // for Use; for the others the one in use
	Old      Secret // the passphrase that is: of the identity, or of the file to restore
	New      Secret // the passphrase that shall be: of what is created, or of the file to save
	Keep     bool   // keep the passphrase in the desktop's keyring
	File     []byte // for Restore: what Save wrote. Not to be changed any more
	Path     string // for Backup: where to write the file; what is there is replaced
	Order    OrderWish
}

// OrderWish is what to order. One of MYST and USD is set.
type OrderWish struct {
	Gateway  string
	MYST     string // how much to get, a decimal number
	USD      string // how much to pay, likewise
	Currency string // to pay with; one of the gateway's
	Country  string // ISO 3166-1 alpha-2, for the tax
	State    string // of the United States or Canada
}

// Verb is what a Wish asks for.
type Verb uint8

// The verbs.
const (
	NoVerb   Verb = iota
	Refresh       // ask for the balance
	Create        // make an identity under New and use it
	Use           // use Identity, which Old unlocks
	Unlock        // unlock the one in use by Old
	Register      // have it registered
	Backup        // save it as a file under New
	Restore       // take one from File, which Old opens, and use it under New
	LookUp        // ask for the ways to pay
	Buy           // order money as Order says
	Forget        // put the order away
)

var verbNames = [...]string{"", "refresh", "create", "use", "unlock", "register", "backup", "restore", "gateways", "order", "forget"}

// String is the verb's name.
func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return ""
}

// VerbNamed is the verb with a name; NoVerb = there is none.
func VerbNamed(name string) Verb { return Verb(max(slices.Index(verbNames[:], name), 0)) } //nolint:gosec // few

// Secret is a passphrase. It prints as "(secret)" whatever the verb, and as that in JSON.
type Secret struct{ s string }

// NewSecret hides s.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal gives what was hidden.
func (s Secret) Reveal() string { return s.s }

// String hides it from logs.
func (s Secret) String() string { return "(secret)" }

// GoString likewise.
func (s Secret) GoString() string { return "(secret)" }

// MarshalText likewise.
func (s Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

// Topics are the account's two ends on the bus. cmd makes them and hands out halves.
type Topics struct {
	State  *bus.State[State]
	Wishes *bus.Events[Wish]
}

// NewTopics makes them on bus b.
func NewTopics(b *bus.Bus) *Topics {
	return &Topics{State: bus.NewStateFunc(b, "account", State{}, same), Wishes: bus.NewEvents[Wish](b, "account wishes")}
}
