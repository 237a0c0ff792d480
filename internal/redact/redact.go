// Package redact takes out of text what its reader must not see: Secrets for the log that the user keeps, a Redactor for
// what is given to a stranger, such as the files of a problem report.
//
// internal/logs calls Secrets for each line before it keeps it. Whoever makes a report makes one Redactor for all of its
// files.
//
// Everything here may be used from any goroutine. A Redactor is one mutex: callers wait for one another, and numbers are
// given in the order in which text comes.
package redact

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
)

// Known is what is known of this computer and its user before the first text comes. Every part may be empty.
type Known struct {
	Home    string   // the home folder, as the operating system spells it
	User    string   // the user's name at log-in
	Host    string   // this computer's name, with or without its domain
	Secrets []string // more that must go, wherever it stands: identities, names, passphrases; under 4 bytes they are left alone
	Keep    []string // hosts that say nothing of the user, such as the network's own services, and all names below them
}

// Redactor turns text into text that may be given away. It replaces
//
//   - keys, in base64 or hexadecimal, WireGuard's public ones too: a peer's key says where you went; base64 of 44 letters
//     or more that looks random, such as a signature; tokens, passphrases, credentials, the parts of a keystore
//   - identities (0x and 40 hexadecimal digits, or the digits alone), longer hashes and signatures, ids of sessions (UUIDs)
//   - IPv4, IPv6 and MAC addresses, host names, e-mail addresses, user names and home folders
//
// by a placeholder of the kind and a number, such as <ip-1>, <host-2>, <identity-1>. The same secret gets the same
// placeholder for the Redactor's life, whether it is spelled in upper or lower case, as IPv4 or as IPv6 that carries it,
// as a key in base64 or in hexadecimal. The home folder becomes ~, the user's own name <user>.
//
// It sees through JSON and Go escapes and percent-encoding, up to four of them around one another; base64 of text, up to
// two layers, becomes <encoded-1> as a whole if there is a secret in it. It takes time in proportion to the text's
// length. A second time changes nothing.
//
// What stays: loopback and unspecified addresses, netmasks, localhost; what is already [redacted]; versions, times,
// durations, sizes; names of files and places in them (machine.go:123); Go import paths and symbols, so that the trace of
// a panic keeps its use.
//
// Where a text can be read in two ways its position decides, in doubt for privacy:
//
//   - In a URL, behind lookup and behind what announces a host (host=, Host:, server_name=, dial tcp) any name is a host,
//     and before a port any name with a dot. In other text a name is one if it ends in a top-level domain that exists. node.id, main.run, install.sh and the
//     like are not, if two words are all there is.
//   - name.go:12 is a place in a file, for endings that are those of source and settings. foo.sh:443 is a host.
//   - github.com/x/y without a scheme is an import path, and so is any path that is called or has an @version.
//     https://github.com/x/y has a host.
//   - Four numbers with dots are an address, unless a v is attached, the word version, build or firmware is before them,
//     or the name of a package's file goes on behind them. Three or five are none.
//   - 40 or 64 hexadecimal digits are an identity or a key, unless the word before says commit, revision, sha256 or the
//     like. So are 32 with letters and digits: a machine's id has that form.
//   - a::b without any digit is no address unless it is in brackets.
//   - name@host without a dot is no e-mail address: it may be a module or a unit.
//   - A user's name that is a word of the system (root, user, admin) is only replaced in paths.
type Redactor struct {
	known known

	mu     sync.Mutex // guards what is below
	names  names
	finder finder
	work   int64 // bytes looked at, for the test that time stays in proportion
	out    [2][]byte
}

// New makes a Redactor for a computer of which this is known.
func New(k Known) *Redactor {
	r := &Redactor{known: newKnown(k)}
	r.finder.known = &r.known
	r.names.numbers = map[string]int{}
	return r
}

// String gives s as it may be given away; s itself if there is nothing to hide. Bytes that are no UTF-8 stay.
func (r *Redactor) String(s string) string {
	b := r.Append(make([]byte, 0, len(s)), []byte(s))
	if string(b) == s {
		return s
	}
	return string(b)
}

// Append adds src, as it may be given away, to dst. It keeps neither. Lines are looked at one by one, so src must not end
// within one: call it with whole files or whole lines.
func (r *Redactor) Append(dst, src []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(src) > 0 {
		end := bytes.IndexByte(src, '\n')
		if end < 0 {
			end = len(src)
		}
		dst = r.lineLocked(dst, src[:end])
		if end < len(src) {
			dst = append(dst, '\n')
			end++
		}
		src = src[end:]
	}
	return dst
}

// Copy reads up to the end and writes what may be given away. It needs memory for the longest line only. Errors are those
// of from and to; n counts bytes written.
func (r *Redactor) Copy(to io.Writer, from io.Reader) (n int64, err error) {
	in := bufio.NewReaderSize(from, 64<<10)
	var line, out []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		out = r.Append(out[:0], line)
		line = line[:0]
		w, werr := to.Write(out)
		n += int64(w)
		switch {
		case werr != nil:
			return n, werr
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, err
		}
	}
}

// Counts tells how often something of each kind was replaced so far; kinds that were not are not in it.
func (r *Redactor) Counts() map[Kind]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[Kind]int{}
	for k, n := range r.names.counts {
		if n > 0 {
			out[Kind(k)] = n
		}
	}
	return out
}

// rounds is how often a line is looked at: what is replaced may bring the next to light (a@b.org@c.org).
const rounds = 6

func (r *Redactor) lineLocked(dst, src []byte) []byte {
	for round := range rounds {
		found := r.finder.find(src)
		r.work += int64(r.finder.work)
		if len(found) == 0 {
			return append(dst, src...)
		}
		out := r.out[round%2][:0]
		at := 0
		for i := range found {
			out = append(out, src[at:found[i].lo]...)
			out = r.names.append(out, &found[i])
			at = found[i].hi
		}
		out = append(out, src[at:]...)
		r.out[round%2], src = out, out
	}
	// Nobody writes such a line by accident. None of it is worth the risk.
	if rest := r.finder.find(src); len(rest) > 0 {
		return r.names.append(dst, &span{kind: Secret, id: strings.Clone(string(src))})
	}
	return append(dst, src...)
}
