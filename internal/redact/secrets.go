package redact

// bytestring is text in either form.
type bytestring interface{ ~string | ~[]byte }

const (
	hidden   = "[redacted]"
	lookBack = 40  // bytes in front of a separator in which a key's name is looked for
	userinfo = 512 // bytes after :// in which an @ is looked for
)

// Secrets replaces what must not be kept anywhere: private and preshared keys, tokens, passphrases, credentials in URLs,
// the secret parts of a keystore. It takes time in proportion to the length of s, and returns s itself when there is
// nothing to hide. Public keys named as such, hashes, addresses and ids stay: the user's own log without them helps
// nobody. What is handed to a stranger goes through a Redactor.
func Secrets(s string) string {
	b, found := AppendSecrets(nil, s)
	if !found {
		return s
	}
	return string(b)
}

// AppendSecrets adds s to dst as Secrets would give it, if there is something to hide. If there is not it says so, and
// gives dst back without a copy being made.
func AppendSecrets[S ~string | ~[]byte](dst []byte, s S) (b []byte, found bool) {
	var work int
	lo, hi, ok := secret(s, 0, &work)
	if !ok {
		return dst, false
	}
	if dst == nil {
		dst = make([]byte, 0, len(s)+len(hidden))
	}
	at := 0
	for ; ok; lo, hi, ok = secret(s, at, &work) {
		dst = append(dst, s[at:lo]...)
		dst = append(dst, hidden...)
		at = hi
	}
	return append(dst, s[at:]...), true
}

// kinds of bytes; a byte of a token is one that a key, a JWT or a word may have.
const (
	isToken = 1 << iota
	isHex
	isLower
	isUpper
	isDigit
	isSpace
	isQuote
	endsValue
)

var kind = func() (k [256]uint8) {
	for c := range k {
		switch {
		case c >= 'a' && c <= 'z':
			k[c] |= isToken | isLower
		case c >= 'A' && c <= 'Z':
			k[c] |= isToken | isUpper
		case c >= '0' && c <= '9':
			k[c] |= isToken | isDigit | isHex
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			k[c] |= isHex
		}
	}
	for _, c := range []byte("+/_-") {
		k[c] |= isToken
	}
	for _, c := range []byte(" \t") {
		k[c] |= isSpace | endsValue
	}
	for _, c := range []byte("\"'`") {
		k[c] |= isQuote | endsValue
	}
	for _, c := range []byte("\r\n,;&)}]>\\") {
		k[c] |= endsValue
	}
	return k
}()

// secret finds the first secret at or after from. It adds to work how many bytes it looked
// at beside those on the straight way to hi.
func secret[S bytestring](s S, from int, work *int) (lo, hi int, ok bool) {
	for i := from; i < len(s); {
		switch c := s[i]; {
		case kind[c]&isToken != 0:
			end := i + 1
			for end < len(s) && kind[s[end]]&isToken != 0 {
				end++
			}
			if lo, hi, ok := inToken(s, from, i, end, work); ok {
				return lo, hi, true
			}
			i = end
		case c == ':' && i+2 < len(s) && s[i+1] == '/' && s[i+2] == '/':
			if hi, ok := credentials(s, i+3, work); ok {
				return i + 3, hi, true
			}
			i += 3
		case c == ':' || c == '=':
			if lo, hi, ok := valueOf(s, from, i, work); ok {
				return lo, hi, true
			}
			i++
		default:
			i++
		}
	}
	return 0, 0, false
}

// inToken looks at s[i:end], a run of letters, digits and + / _ -, for secrets that show by their form.
func inToken[S bytestring](s S, from, i, end int, work *int) (lo, hi int, ok bool) {
	n := end - i
	switch {
	case n < 6:
		return 0, 0, false
	case n >= 43 && base64Key(s, end):
		if lo = end - 43; (lo == i || kind[s[lo-1]]&(isLower|isUpper|isDigit) == 0) && !public(s, from, lo) {
			return lo, end + 1, true
		}
	case n == 64 || n == 66:
		lo = end - 64
		if (n == 64 || s[i] == '0' && s[i+1]|0x20 == 'x') && allHex(s, lo, end) && afterKeyWord(s, from, i) {
			return i, end, true
		}
	}
	switch {
	case end < len(s) && s[end] == '.' && n >= 8:
		for lo = i; lo < end-3; lo++ { // /verify/eyJ…, token+eyJ…
			if s[lo] == 'e' && s[lo+1] == 'y' && s[lo+2] == 'J' && (lo == i || kind[s[lo-1]]&(isLower|isUpper|isDigit) == 0) {
				if hi = jwt(s, end, work); hi > 0 {
					return lo, hi, true
				}
				break
			}
		}
		*work += n
	case n == 7 && s[i] == '-' && s[i+1] == 'c' && end < len(s) && s[end] == ' ' && equalFold(s, i, end, "-config"):
		// The node asks its supervisor for a tunnel by wg-up … -config and JSON in base64, private key and all.
		if lo, hi, ok := plainValue(s, end+1, 40, work); ok {
			return lo, hi, true
		}
	case n == 6 && fold(s[i]) == 'b' && equalFold(s, i, end, "bearer"):
		return bearer(s, end, work)
	case s[i] == '-' && s[i+1] == '-' && end < len(s) && s[end] == ' ': // --identity-passphrase VALUE
		if isSecretName(s, from, end) {
			return plainValue(s, end+1, 1, work)
		}
	}
	if end < len(s) && s[end] == ' ' && n <= lookBack { // -identity.passphrase VALUE: the token begins after the dot
		if j := i - 1; j > from && s[j] == '.' && dashed(s, from, j) && isSecretName(s, from, end) {
			return plainValue(s, end+1, 1, work)
		}
	}
	return 0, 0, false
}

// dashed reports whether the word that ends at j is a command-line flag.
func dashed[S bytestring](s S, from, j int) bool {
	stop := max(from, j-lookBack)
	for j > stop && (kind[s[j-1]]&isToken != 0 || s[j-1] == '.') {
		j--
	}
	return s[j] == '-'
}

// base64Key reports whether the 43 bytes before end and a single = are 32 bytes in base64. Random bytes have letters of
// both cases; a long name that happens to stand before an = has not.
func base64Key[S bytestring](s S, end int) bool {
	if end >= len(s) || s[end] != '=' || end+1 < len(s) && (s[end+1] == '=' || kind[s[end+1]]&isToken != 0) {
		return false
	}
	var have uint8
	for _, c := range []byte(s[end-43 : end]) {
		if c == '_' || c == '-' {
			return false
		}
		have |= kind[c]
	}
	if have&isLower == 0 || have&isUpper == 0 {
		return false
	}
	switch s[end-1] { // the last letter carries only four bits
	case 'A', 'E', 'I', 'M', 'Q', 'U', 'Y', 'c', 'g', 'k', 'o', 's', 'w', '0', '4', '8':
		return true
	}
	return false
}

func allHex[S bytestring](s S, lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if kind[s[i]]&isHex == 0 {
			return false
		}
	}
	return true
}

// jwt gives the end of a token of three parts whose first one ends at end, 0 if it is none.
func jwt[S bytestring](s S, end int, work *int) int {
	for range 2 {
		if end >= len(s) || s[end] != '.' {
			return 0
		}
		begin := end + 1
		for end = begin; end < len(s) && kind[s[end]]&isToken != 0; end++ {
		}
		*work += end - begin
		if end-begin < 4 {
			return 0
		}
	}
	return end
}

// bearer finds the token after the word that ends at i. Words of prose follow it too: a token is long and no word.
func bearer[S bytestring](s S, i int, work *int) (lo, hi int, ok bool) {
	for i < len(s) && (kind[s[i]]&isSpace != 0 || s[i] == ':' || s[i] == '=') {
		i++
	}
	var have uint8
	for hi = i; hi < len(s) && kind[s[hi]]&endsValue == 0; hi++ {
		have |= kind[s[hi]]
	}
	*work += hi - i
	return i, hi, hi-i >= 8 && (have&isDigit != 0 || hi-i >= 24)
}

// credentials looks for user:password@ after ://.
func credentials[S bytestring](s S, i int, work *int) (hi int, ok bool) {
	colon := false
	for hi = i; hi < len(s) && hi < i+userinfo; hi++ {
		*work++
		switch c := s[hi]; {
		case c == '@':
			return hi, colon || hi-i >= 20
		case c == ':':
			colon = true
		case c == '/' || c == '?' || c == '#' || kind[c]&(isSpace|isQuote) != 0 || c == '\n':
			return 0, false
		}
	}
	return 0, false
}

// valueOf looks at the : or = at place sep: the name before it may say that a secret follows.
func valueOf[S bytestring](s S, from, sep int, work *int) (lo, hi int, ok bool) {
	end := sep
	for end > from && (kind[s[end-1]]&(isSpace|isQuote) != 0 || s[end-1] == '\\') && sep-end < 6 {
		end--
	}
	if end == from || kind[s[end-1]]&isToken == 0 {
		return 0, 0, false
	}
	least, hex := secretName(s, from, end)
	if least == 0 {
		return 0, 0, false
	}
	i := sep + 1
	if i < len(s) && s[i] == '=' || i < len(s) && s[sep] == ':' && s[i] == ':' { // ==, :=, ::
		i++
	}
	for i < len(s) && kind[s[i]]&isSpace != 0 {
		i++
	}
	if i+1 < len(s) && s[i] == '[' && (kind[s[i+1]]&isQuote != 0 || s[i+1] == '\\') { // ["…"]
		i++
	}
	begin, slashes := i, 0
	for i < len(s) && s[i] == '\\' {
		i, slashes = i+1, slashes+1
	}
	inQuotes := i < len(s) && kind[s[i]]&isQuote != 0
	lo = begin
	if inQuotes {
		lo = i + 1
	}
	if isHidden(s, lo) { // look no further: a value is looked at once only
		return 0, 0, false
	}
	switch {
	case hex:
		for hi = lo; hi < len(s) && kind[s[hi]]&isHex != 0; hi++ {
		}
		*work += hi - lo
		if hi < len(s) && kind[s[hi]]&endsValue == 0 {
			return 0, 0, false
		}
	case inQuotes:
		hi = quoted(s, lo, s[i], slashes)
	case least == wholeLine: // Authorization: Basic …
		for hi = lo; hi < len(s) && (kind[s[hi]]&endsValue == 0 || kind[s[hi]]&isSpace != 0); hi++ {
		}
	case least == 1 && lo < len(s) && (s[lo] == '[' || s[lo] == '{'): // bytes as Go prints them: [200 15 159]
		for hi = lo + 1; hi < len(s) && s[hi-1] != ']' && s[hi-1] != '}'; hi++ {
		}
	default:
		_, hi, _ = plainValue(s, lo, least, work)
	}
	*work += lookBack + hi - sep
	if hi == lo || hi-lo < least && least != wholeLine {
		return 0, 0, false
	}
	return lo, hi, true
}

// plainValue is the value without quotes that begins at i.
func plainValue[S bytestring](s S, i, least int, work *int) (lo, hi int, ok bool) {
	if isHidden(s, i) {
		return 0, 0, false
	}
	for hi = i; hi < len(s) && kind[s[hi]]&endsValue == 0; hi++ {
	}
	*work += hi - i
	return i, hi, hi-i >= least
}

// quoted is where the quote ends that began before i with so many backslashes before it.
func quoted[S bytestring](s S, i int, quote byte, slashes int) int {
	run := 0
	for ; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			run++
			continue
		case s[i] == quote && (slashes == 0 && run%2 == 0 || slashes > 0 && run <= slashes):
			return max(i-run*min(slashes, 1), 0)
		}
		run = 0
	}
	return len(s)
}

// isHidden reports whether a value that begins at lo was replaced before.
func isHidden[S bytestring](s S, lo int) bool {
	return lo+len(hidden) <= len(s) && string(s[lo:lo+len(hidden)]) == hidden
}

func fold(c byte) byte {
	if kind[c]&isUpper != 0 {
		return c | 0x20
	}
	return c
}

func equalFold[S bytestring](s S, lo, hi int, lower string) bool {
	if hi-lo != len(lower) {
		return false
	}
	for i := range len(lower) {
		if fold(s[lo+i]) != lower[i] {
			return false
		}
	}
	return true
}
