package redact

import (
	"encoding/base64"
	"strconv"
)

// Kind says what was replaced.
type Kind uint8

// The kinds, each with its placeholder. The zero Kind is never counted.
const (
	Unknown  Kind = iota
	Key           // <key-1>: a private, preshared or public key
	Token         // <token-1>: a JWT
	Secret        // <secret-1>: a passphrase, a credential, a part of a keystore, or what Known named
	Identity      // <identity-1>: an address on the chain: a user's, a provider's, a hermes', a channel's
	Hash          // <hash-1>: a transaction or a signature
	Session       // <session-1>: an id
	IP            // <ip-1>
	MAC           // <mac-1>
	Host          // <host-1>
	Email         // <email-1>
	Home          // ~
	User          // <user>, and <user-1> for others
	Encoded       // <encoded-1>: base64 with one of the others in it
	kinds
)

var kindNames = [kinds]string{
	"unknown", "key", "token", "secret", "identity", "hash", "session", "ip", "mac", "host", "email", "home", "user", "encoded",
}

// String is the word that stands in the placeholder.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return kindNames[Unknown]
}

// names gives secrets their numbers.
type names struct {
	numbers map[string]int // by kind and secret
	last    [kinds]int
	counts  [kinds]int
}

// own is the id of what belongs to the user: it needs no number.
const own = "\x00own"

// append writes the placeholder of what was found.
func (n *names) append(dst []byte, s *span) []byte {
	n.counts[s.kind]++
	switch {
	case s.kind == Home:
		return append(dst, '~')
	case s.id == own:
		return append(append(append(dst, '<'), kindNames[s.kind]...), '>')
	}
	key := string(rune(s.kind)) + s.id
	number, ok := n.numbers[key]
	if !ok {
		n.last[s.kind]++
		number = n.last[s.kind]
		n.numbers[key] = number
		switch { // the short form means the same
		case s.kind == Key && len(s.id) == 32:
			n.numbers[string(rune(Key))+short(base64.RawStdEncoding.EncodeToString([]byte(s.id)))] = number
		case s.kind == Identity && len(s.id) == 40:
			n.numbers[string(rune(Identity))+short(s.id)] = number
		}
	}
	dst = append(append(append(dst, '<'), kindNames[s.kind]...), '-')
	return append(strconv.AppendInt(dst, int64(number), 10), '>')
}

// placeholder gives the end of the placeholder that begins at s[i], 0 if none does.
func placeholder(s []byte, i int) int {
	if i+3 >= len(s) || s[i] != '<' {
		return 0
	}
	end := i + 1
	for end < len(s) && end-i < 12 && s[end] >= 'a' && s[end] <= 'z' {
		end++
	}
	if !isKindName(s[i+1 : end]) {
		return 0
	}
	if end < len(s) && s[end] == '-' {
		begin := end + 1
		for end = begin; end < len(s) && end-begin < 18 && s[end] >= '0' && s[end] <= '9'; end++ {
		}
		if end == begin {
			return 0
		}
	}
	if end < len(s) && s[end] == '>' {
		return end + 1
	}
	return 0
}

func isKindName(b []byte) bool {
	for _, n := range kindNames[Unknown+1:] {
		if string(b) == n {
			return true
		}
	}
	return false
}
