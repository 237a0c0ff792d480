package usage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// slots is how many names a list can have.
const slots = 32

// name is something that counts are filed under: a place in a closed list.
type name interface {
	~uint8
	String() string // "" = there is no such one
}

// Tally says how often each name came up. It is a plain value that == compares. As JSON it is an object of the names
// that came up, in the order of their list.
type Tally[K name] [slots]uint64

func (t *Tally[K]) add(k K) { t[k]++ }

// MarshalJSON gives the object.
func (t Tally[K]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, n := range t {
		if n == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, K(i).String()) //nolint:gosec // slots are few
		b = append(b, ':')
		b = strconv.AppendUint(b, n, 10)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object. A name that is not of the list is an error: nothing else gets in.
func (t *Tally[K]) UnmarshalJSON(b []byte) error {
	var counts map[string]uint64
	if err := json.Unmarshal(b, &counts); err != nil {
		return err
	}
	if bytes.Equal(b, []byte("null")) {
		return fmt.Errorf("null is no object of counts")
	}
	var out Tally[K]
	for word, n := range counts {
		k, ok := named[K](word)
		if !ok {
			return fmt.Errorf("%q is nothing that is counted", word)
		}
		out[k] = n
	}
	*t = out
	return nil
}

func named[K name](word string) (K, bool) {
	for i := range K(slots) {
		if word != "" && i.String() == word {
			return i, true
		}
	}
	return 0, false
}
