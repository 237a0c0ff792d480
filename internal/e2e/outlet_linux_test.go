package e2e

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// playOutlet is where the default routes of a network namespace end: a device whose other end is this process. It prints
// a line for each packet that is sent there, and answers none, until its standard input ends.
//
//	outlet DEVICE
func playOutlet() {
	device := os.Args[1]
	must(exec.Command("sysctl", "-q", "-w", "net.ipv6.conf.default.accept_ra=0", "net.ipv6.conf.default.router_solicitations=0",
		"net.ipv6.conf.default.addr_gen_mode=1", "net.ipv6.conf.default.forwarding=0").Run()) // so that the kernel says nothing by itself
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	must(err)
	r, err := unix.NewIfreq(device)
	must(err)
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	must(unix.IoctlIfreq(fd, unix.TUNSETIFF, r))
	for _, line := range []string{
		"addr add 10.66.0.2/24 dev " + device,
		"addr add 2001:db8:66::2/64 dev " + device + " nodad",
		"link set " + device + " up",
		"route add default dev " + device,
		"-6 route add default dev " + device,
	} {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			must(fmt.Errorf("ip %s: %w: %s", line, err, out))
		}
	}
	fmt.Println("ready")
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := unix.Read(fd, b)
			must(err)
			dropped, err := os.ReadFile("/sys/class/net/" + device + "/statistics/tx_dropped")
			must(err)
			fmt.Printf("packet %s, dropped %s\n", packetWords(b[:n]), strings.TrimSpace(string(dropped)))
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// packetWords says of an IP packet from where to where it goes, and by what.
func packetWords(b []byte) string {
	var from, to netip.Addr
	var by byte
	var rest []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		from, to = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		by, rest = b[9], b[min(len(b), int(b[0]&15)*4):]
	case len(b) >= 40 && b[0]>>4 == 6:
		from, to = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		by, rest = b[6], b[40:]
	default:
		return fmt.Sprintf("of no kind: %x", b)
	}
	if by != unix.IPPROTO_TCP && by != unix.IPPROTO_UDP || len(rest) < 4 {
		return fmt.Sprintf("protocol %d from %s to %s", by, from, to)
	}
	port := func(a netip.Addr, b []byte) string {
		return net.JoinHostPort(a.String(), fmt.Sprint(binary.BigEndian.Uint16(b)))
	}
	return fmt.Sprintf("protocol %d from %s to %s", by, port(from, rest), port(to, rest[2:]))
}
