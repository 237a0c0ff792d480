package redact

import (
	"bytes"
	"net/netip"
)

// ip adds an address, unless it says nothing: loopback, unspecified, a netmask.
func (sc *scanner) ip(lo, hi int, a netip.Addr) {
	a = a.Unmap().WithZone("")
	if a.IsLoopback() || a.IsUnspecified() {
		return
	}
	if a.Is4() {
		if b := a.As4(); b[0] == 255 || a == halfTheInternet {
			return
		}
	}
	sc.add(lo, hi, IP, a.String())
}

// halfTheInternet is in every route table of a VPN: 128.0.0.0/1.
var halfTheInternet = netip.AddrFrom4([4]byte{128, 0, 0, 0})

// ipv4 looks for addresses in a word: 192.0.2.1, peer-192.0.2.1, 192.0.2.1.example.
func (sc *scanner) ipv4(lo, hi int) {
	s := sc.s
	sc.work += hi - lo
	for i := lo; i < hi; {
		if class[s[i]]&cDigit == 0 || i > lo && class[s[i-1]]&(cASCII|cDot) != 0 {
			i++
			continue
		}
		begin := i
		var a [4]byte
		parts := 0
		for ; parts < 5; parts++ {
			n, digits := 0, 0
			for i < hi && class[s[i]]&cDigit != 0 && digits < 5 {
				n, digits = n*10+int(s[i]-'0'), digits+1
				i++
			}
			if digits == 0 || parts < 4 && (digits > 3 || n > 255) || parts == 4 && n < 256 {
				parts = 9
				break
			}
			if parts < 4 {
				a[parts] = byte(n)
			}
			if parts == 3 && !(i+1 < hi && s[i] == '.' && class[s[i+1]]&cDigit != 0) {
				break
			}
			if i >= hi || s[i] != '.' {
				if parts < 4 {
					parts = 9
				}
				break
			}
			if parts < 4 {
				i++
			}
		}
		if parts == 9 || parts == 5 || i < hi && class[s[i]]&cASCII != 0 {
			continue
		}
		if !sc.afterVersion(begin) && !sc.beforePackage(i) {
			sc.ip(begin, i, netip.AddrFrom4(a))
		}
	}
}

// afterVersion reports whether the word before i says that a version follows.
func (sc *scanner) afterVersion(i int) bool {
	var word [lookBack]byte
	w := letters(&word, sc.s, max(sc.floor, i-24), i)
	for _, v := range versionWords {
		if ends(w, v) {
			return true
		}
	}
	return false
}

// versionWords has no "ver" and no "release": nameserver 192.0.2.1, DHCP release 192.0.2.1.
var versionWords = []string{"version", "build", "firmware"}

// beforePackage reports whether the name of a package's file goes on at i.
func (sc *scanner) beforePackage(i int) bool {
	rest := sc.s[i:min(len(sc.s), i+10)]
	for _, p := range packageEndings {
		if bytes.HasPrefix(rest, []byte(p)) {
			return true
		}
	}
	return false
}

var packageEndings = []string{".tar", ".tgz", ".zip", ".deb", ".rpm", ".exe", ".msi", ".dmg", ".apk", ".so", ".dll", ".AppImage", "_amd64", "_arm", "-amd64", "-arm", "-rc", "-beta", "-alpha"}

// partedMAC finds 02-42-ac-11-00-02 and 0242.ac11.0002, with anything but letters and digits around.
func (sc *scanner) partedMAC(lo, hi int) {
	s := sc.s
	sc.work += hi - lo
	for i := lo; i+14 <= hi; i++ {
		if i > lo && class[s[i-1]]&cASCII != 0 || class[s[i]]&cHex == 0 {
			continue
		}
		for _, form := range [...]struct {
			sep        byte
			each, size int
		}{{'-', 2, 17}, {'.', 4, 14}} {
			end := i + form.size
			if end > hi || s[i+form.each] != form.sep || end < hi && class[s[end]]&cASCII != 0 {
				continue
			}
			if id, digits, ok := macID(s[i:end], form.sep, form.each); ok && (form.sep == '-' || digits > 0) {
				sc.add(i, end, MAC, id)
			}
		}
	}
}

// macID takes a hardware address apart: so many digits between separators. It counts the letters among them.
func macID(b []byte, sep byte, each int) (id string, letters int, ok bool) {
	var out [12]byte
	n := 0
	for i, c := range b {
		switch {
		case i%(each+1) == each:
			if c != sep {
				return "", 0, false
			}
		case class[c]&cHex == 0 || n == len(out):
			return "", 0, false
		default:
			if class[c]&cDigit == 0 {
				letters++
			}
			out[n] = fold(c)
			n++
		}
	}
	return string(out[:n]), letters, n == len(out)
}

// interfaceMAC finds the address in the name that systemd gives an adapter: enx0242ac110002.
func (sc *scanner) interfaceMAC(lo, hi int) {
	if hi-lo == 15 && (string(sc.s[lo:lo+3]) == "enx" || string(sc.s[lo:lo+3]) == "wlx") {
		if id, _, ok := macID(sc.s[lo+3:hi], 0, 12); ok {
			sc.add(lo+3, hi, MAC, id)
		}
	}
}

// colon looks at the run of hexadecimal digits, colons and dots around the colon at i: an IPv6 address, a MAC address, or
// none, such as a time.
func (sc *scanner) colon(i int) {
	if i < sc.colons {
		return
	}
	s := sc.s
	lo := i
	for lo > sc.floor && class[s[lo-1]]&cHex != 0 {
		lo--
	}
	if lo > sc.floor && class[s[lo-1]]&cASCII != 0 { // the word before is no number
		lo = i
	}
	hi, count, digits, double := i, 0, 0, false
	for ; hi < len(s) && (class[s[hi]]&(cHex|cDot) != 0 || s[hi] == ':'); hi++ {
		if s[hi] == ':' {
			count++
			double = double || sc.byteAt(hi+1) == ':'
		} else if class[s[hi]]&cDigit != 0 {
			digits++
		}
	}
	sc.colons = hi
	sc.work += hi - lo
	if count < 2 {
		return
	}
	if sc.is(hi, cASCII) { // it ends within a word, which is then none of it
		for hi > lo && s[hi-1] != ':' && s[hi-1] != '.' {
			hi--
		}
		if hi > lo {
			hi--
		}
	}
	for hi > lo && (s[hi-1] == '.' || s[hi-1] == ':' && !(hi-lo >= 2 && s[hi-2] == ':')) {
		hi--
	}
	for lo < hi && (s[lo] == '.' || s[lo] == ':' && !(lo+1 < hi && s[lo+1] == ':')) {
		lo++
	}
	for k := lo; k < i; k++ {
		if class[s[k]]&cDigit != 0 {
			digits++
		}
	}
	if lo >= hi {
		return
	}
	if hi-lo == 17 {
		if id, _, ok := macID(s[lo:hi], ':', 2); ok {
			sc.add(lo, hi, MAC, id)
			return
		}
	}
	if digits == 0 && sc.byteAt(lo-1) != '[' && count < 4 {
		return
	}
	if sc.ipv6(lo, hi) {
		return
	}
	if dot := bytes.LastIndexByte(s[lo:hi], '.'); dot > 0 && dot < 64 && sc.ipv6(lo, lo+dot) {
		return
	}
	if first := bytes.IndexByte(s[lo:hi], ':'); first > 0 && first < 5 && sc.ipv6(lo+first+1, hi) { // id:2001:…
		return
	}
	if last := bytes.LastIndexByte(s[lo:hi], ':'); last > 0 && last < 64 && sc.ipv6(lo, lo+last) { // …:443
		return
	}
	if count >= 6 || double && digits > 0 && count > 2 { // whatever it is, it is no time
		sc.add(lo, hi, IP, string(s[lo:hi]))
	}
}

// ipv6 adds the address if s[lo:hi] is one.
func (sc *scanner) ipv6(lo, hi int) bool {
	if hi-lo > 45 || hi-lo < 2 {
		return false
	}
	a, err := netip.ParseAddr(string(sc.s[lo:hi]))
	if err != nil || !a.Is6() {
		return false
	}
	sc.ip(lo, hi, a)
	return true
}
