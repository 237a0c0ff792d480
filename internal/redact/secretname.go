package redact

import "bytes"

// wholeLine is the length that stands for "everything up to the end".
const wholeLine = 1 << 20

// secretName says whether the name that ends at end promises a secret: the least length that a value must have to be
// taken for one, 0 if it promises none, and whether it must be hexadecimal. A name's last words decide, whatever is
// between them: wg_private_key, PrivateKey, "private key", node.passphrase.
func secretName[S bytestring](s S, from, end int) (least int, hex bool) {
	switch fold(s[end-1]) { // nearly every name that is none leaves here
	case 'y', 'k', 'e', 'd', 't', 'n', 'c', 'm', 'v', 's':
	default:
		return 0, false
	}
	var word [lookBack]byte
	w := letters(&word, s, from, end)
	switch {
	case ends(w, "privatekey"), ends(w, "presharedkey"), ends(w, "secretkey"), ends(w, "privkey"), ends(w, "psk"),
		ends(w, "passphrase"), ends(w, "password"), ends(w, "passwd"), ends(w, "proxypass"), ends(w, "mnemonic"):
		return 1, false
	case ends(w, "apikey"), ends(w, "accesstoken"), ends(w, "refreshtoken"), ends(w, "clientsecret"), ends(w, "authtoken"):
		return 6, false
	case ends(w, "authorization"):
		return wholeLine, false
	case ends(w, "token"), ends(w, "jwt"), ends(w, "secret"), ends(w, "cookie"):
		return 16, false
	case ends(w, "ciphertext"), ends(w, "salt"), ends(w, "seed"):
		return 16, true
	case string(w) == "iv", ends(w, "cipherparamsiv"):
		return 32, true
	case string(w) == "mac":
		return 64, true
	case ends(w, "publickey"):
		return 0, false
	case ends(w, "key"):
		return 64, true
	}
	return 0, false
}

func isSecretName[S bytestring](s S, from, end int) bool {
	least, _ := secretName(s, from, end)
	return least == 1 || least == 6
}

// public reports whether the word before place i says that what follows may be known.
func public[S bytestring](s S, from, i int) bool {
	var word [lookBack]byte
	w := letters(&word, s, from, i)
	return ends(w, "public") || ends(w, "publickey") || ends(w, "pubkey") || ends(w, "peerkey")
}

// afterKeyWord reports whether the words before place i speak of a key that is not public.
func afterKeyWord[S bytestring](s S, from, i int) bool {
	var word [lookBack]byte
	w := letters(&word, s, from, i)
	w = bytes.TrimSuffix(bytes.TrimSuffix(w, []byte("is")), []byte("was"))
	return (ends(w, "key") && !ends(w, "publickey") && !ends(w, "pubkey")) || ends(w, "secret") || ends(w, "seed") || ends(w, "psk")
}

// letters collects the last letters before end, lower case, in word, leaving out what may stand between the words of a
// name or between a name and its value.
func letters[S bytestring](word *[lookBack]byte, s S, from, end int) []byte {
	n := len(word)
	for i := end - 1; i >= max(from, end-lookBack); i-- {
		switch c := s[i]; {
		case kind[c]&(isLower|isUpper|isDigit) != 0:
			n--
			word[n] = fold(c)
		case c == '_' || c == '-' || c == ' ' || c == '.' || kind[c]&isQuote != 0 || c == '\\' || i >= end-4 && (c == ':' || c == '='):
		default:
			return word[n:]
		}
	}
	return word[n:]
}

func ends(w []byte, with string) bool {
	return len(w) >= len(with) && string(w[len(w)-len(with):]) == with
}
