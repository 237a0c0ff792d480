package netd

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Who on a computer decides which name servers are asked.
const (
	resolved       = "org.freedesktop.resolve1"
	networkManager = "org.freedesktop.NetworkManager"
)

// globalDNS is NetworkManager's property of that name.
var globalDNS = []string{networkManager, "/org/freedesktop/NetworkManager", networkManager, "GlobalDnsConfiguration"}

// names sets DNS by what the machine has, found anew each time: its manager is told, systemd-resolved and NetworkManager
// over D-Bus by systemd's own busctl, or resolvconf; then the plain file is made to say the same, unless it does already.
// So names stay inside also where the manager does not do as told. Errors of managers are returned after the file is
// done with. It belongs to one goroutine.
type names struct {
	paths  Paths
	file   *resolvConf
	told   string // file with the manager that must be told again, after a crash too
	index  uint32 // of our interface, while there is something that is wanted
	wanted []netip.Addr
	toldTo string // which start of resolved; "" = there is none
}

func newNames(p Paths) *names {
	return &names{paths: p, file: newResolvConf(p), told: filepath.Join(p.Kept, "names.manager")}
}

// set makes resolvers the only ones, inside the interface of that index. None leaves DNS to others.
func (n *names) set(index uint32, resolvers []netip.Addr) (left, err error) {
	if len(resolvers) == 0 {
		return n.restore(), nil
	}
	n.index, n.wanted = index, resolvers
	left = n.tell()
	return left, n.file.set(resolvers)
}

// tell has the machine's manager know our resolvers. resolved forgets them with the interface; others have to be told.
func (n *names) tell() error {
	n.file.stub = false
	if n.toldTo = n.owner(resolved); n.toldTo != "" {
		err := n.tellResolved()
		n.file.stub = err == nil
		return step("tell systemd-resolved", err)
	}
	manager := "resolvconf"
	switch {
	case n.madeBy("NetworkManager") && n.owner(networkManager) != "":
		manager = networkManager
		was, err := n.bus("get-property", globalDNS...)
		ours, _ := os.ReadFile(n.told)
		if err != nil || was != "a{sv} 0" && string(ours) != networkManager { // somebody else's stay
			return step("ask NetworkManager", err)
		}
	case !n.madeBy(manager):
		return nil
	}
	err := writeWhole(n.told, manager, 0o600)
	switch {
	case err != nil:
	case manager == networkManager:
		err = n.setGlobal(n.wanted)
	default: // as wg-quick(8) does: first of all, and alone where it can do that
		_, err = output(n.paths.Resolvconf, nameservers(n.wanted), "-a", "tun."+Interface, "-m", "0", "-x")
	}
	return step("tell "+manager, err)
}

// restore tells the manager that has been told that ours are not wanted any more, and brings the file back.
func (n *names) restore() error {
	n.wanted, n.index = nil, 0
	b, err := os.ReadFile(n.told)
	switch {
	case err != nil: // nobody was told
		err = nil
	case string(b) == networkManager && n.owner(networkManager) == "": // it keeps ours on its disk
		err = errors.New("NetworkManager does not run; it is told as soon as it does")
	case string(b) == networkManager:
		err = n.setGlobal(nil)
	case string(b) == "resolvconf":
		_, err = output(n.paths.Resolvconf, "", "-d", "tun."+Interface, "-f")
	}
	if err == nil {
		err = removeIfThere(n.told)
	}
	if back := n.file.restore(); back != nil {
		return back
	}
	return step("take our name servers back", err)
}

// hold tells the manager again if it has forgotten, which it does when it starts again, and then holds the file. A manager
// that was not there to be told the end is told it now.
func (n *names) hold() error {
	var left error
	if _, err := os.Stat(n.told); err == nil && len(n.wanted) == 0 {
		return n.restore()
	}
	if len(n.wanted) > 0 && n.owner(resolved) != n.toldTo {
		left = n.tell()
	}
	return errors.Join(left, n.file.hold())
}

// tellResolved: names of every domain are asked of ours alone, and not of the link.
func (n *names) tellResolved() error {
	link := fmt.Sprint(n.index)
	dns := []string{"SetLinkDNS", "ia(iay)", link, fmt.Sprint(len(n.wanted))}
	for _, a := range n.wanted {
		bytes, family := a.AsSlice(), unix.AF_INET
		if a.Is6() {
			family = unix.AF_INET6
		}
		dns = append(dns, fmt.Sprint(family), fmt.Sprint(len(bytes)))
		for _, v := range bytes {
			dns = append(dns, fmt.Sprint(v))
		}
	}
	for _, call := range [][]string{
		dns,
		{"SetLinkDomains", "ia(sb)", link, "1", ".", "true"},
		{"SetLinkDefaultRoute", "ib", link, "true"},
		{"SetLinkLLMNR", "is", link, "no"},
		{"SetLinkMulticastDNS", "is", link, "no"},
		{"FlushCaches"},
	} {
		if _, err := n.bus("call", append([]string{resolved, "/org/freedesktop/resolve1", resolved + ".Manager"}, call...)...); err != nil {
			return err
		}
	}
	return nil
}

// setGlobal gives NetworkManager the resolvers of all its connections; none leaves each its own.
func (n *names) setGlobal(list []netip.Addr) error {
	value := []string{"a{sv}", "0"}
	if len(list) > 0 {
		value = strings.Fields("a{sv} 1 domains a{sv} 1 * a{sv} 1 servers as " + fmt.Sprint(len(list)))
	}
	for _, a := range list {
		value = append(value, a.String())
	}
	_, err := n.bus("set-property", append(slices.Clone(globalDNS), value...)...)
	return err
}

// owner is who on the bus is a service, another one each time that it starts. Where there is no bus, nobody is: "".
func (n *names) owner(service string) string {
	out, _ := n.bus("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner", "s", service)
	return out
}

func (n *names) bus(verb string, args ...string) (string, error) {
	return output(n.paths.Busctl, "", append([]string{"--address=" + n.paths.Bus, "--auto-start=no", "--timeout=5", verb}, args...)...)
}

// madeBy tells whether resolv.conf is that manager's, by its first line or by where it links to.
func (n *names) madeBy(manager string) bool {
	b, _ := os.ReadFile(n.paths.Resolv)
	to, _ := os.Readlink(n.paths.Resolv)
	return strings.Contains(to, "/"+manager+"/") || strings.Contains(firstLine(string(b)), manager)
}
