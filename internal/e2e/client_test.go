//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

// playClient is a program of the user: it uses the proxy, or goes past it.
//
//	socks5 PROXY URL · connect PROXY URL · direct URL   fetch; prints "SHA256 BYTES FIRST" where FIRST is a short body
//	stream PROXY URL                                    fetch until it breaks; prints "begun", then "broken"
//	udp PROXY HOST:PORT TEXT                            one datagram there and back; prints what came back
//	datagram HOST:PORT TEXT                             one datagram past the proxy
//	lookup NAME                                         asks this computer's name server
//	refused PROXY HOST:PORT                             prints the SOCKS5 reply and the HTTP status of a refusal
func playClient() {
	a := os.Args[1:]
	switch a[0] {
	case "socks5":
		fetch(dialSOCKS5(a[1]), a[2])
	case "connect":
		fetch(dialCONNECT(a[1]), a[2])
	case "direct":
		fetch((&net.Dialer{Timeout: 3 * time.Second}).Dial, a[1])
	case "stream":
		stream(dialSOCKS5(a[1]), a[2])
	case "udp":
		udp(a[1], a[2], a[3])
	case "datagram":
		c, err := net.Dial("udp", a[1])
		must(err)
		_, err = io.WriteString(c, a[2])
		must(err)
	case "lookup":
		_, err := net.LookupHost(a[1])
		must(err)
	case "refused":
		refused(a[1], a[2])
	default:
		must(fmt.Errorf("no such role: %v", a))
	}
	os.Exit(0)
}

type dialFunc func(network, addr string) (net.Conn, error)

func dialSOCKS5(at string) dialFunc {
	d, err := proxy.SOCKS5("tcp", at, nil, &net.Dialer{Timeout: 5 * time.Second})
	must(err)
	return d.Dial
}

func dialCONNECT(at string) dialFunc {
	return func(_, addr string) (net.Conn, error) {
		c, err := net.DialTimeout("tcp", at, 5*time.Second)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", addr, addr)
		r := bufio.NewReader(c)
		res, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
		if err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("CONNECT: %s", res.Status)
		}
		return c, nil
	}
}

func get(dial dialFunc, url string, limit time.Duration) *http.Response {
	t := &http.Transport{DisableKeepAlives: true, DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
		return dial(network, addr)
	}}
	c := http.Client{Transport: t, Timeout: limit}
	res, err := c.Get(url)
	must(err)
	if res.StatusCode != http.StatusOK {
		must(errors.New(res.Status))
	}
	return res
}

func fetch(dial dialFunc, url string) {
	res := get(dial, url, time.Minute)
	defer res.Body.Close()
	h := sha256.New()
	var first bytes.Buffer
	n, err := io.Copy(io.MultiWriter(h, &headWriter{&first}), res.Body)
	must(err)
	fmt.Println(hex.EncodeToString(h.Sum(nil)), n, strings.ToValidUTF8(first.String(), "?"))
}

// headWriter keeps the first 64 bytes.
type headWriter struct{ *bytes.Buffer }

func (h *headWriter) Write(b []byte) (int, error) {
	h.Buffer.Write(b[:min(len(b), max(0, 64-h.Len()))])
	return len(b), nil
}

func stream(dial dialFunc, url string) {
	res := get(dial, url, 2*time.Minute)
	defer res.Body.Close()
	_, err := io.CopyN(io.Discard, res.Body, 64<<10)
	must(err)
	fmt.Println("begun")
	_, err = io.Copy(io.Discard, res.Body)
	fmt.Println("broken:", err)
}

// udp asks for an association (RFC 1928 §7) and sends one datagram by it.
func udp(at, to, text string) {
	ctl, err := net.DialTimeout("tcp", at, 5*time.Second)
	must(err)
	defer ctl.Close()
	must(ctl.SetDeadline(time.Now().Add(10 * time.Second)))
	_, err = ctl.Write([]byte{5, 1, 0})
	must(err)
	_, err = io.ReadFull(ctl, make([]byte, 2))
	must(err)
	_, err = ctl.Write([]byte{5, 3, 0, 1, 0, 0, 0, 0, 0, 0})
	must(err)
	reply := make([]byte, 10)
	_, err = io.ReadFull(ctl, reply)
	must(err)
	if reply[1] != 0 || reply[3] != 1 {
		must(fmt.Errorf("UDP ASSOCIATE: reply %d, address type %d", reply[1], reply[3]))
	}
	relay := netip.AddrPortFrom(netip.AddrFrom4([4]byte(reply[4:8])), uint16(reply[8])<<8|uint16(reply[9]))
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(relay))
	must(err)
	defer func() { _ = c.Close() }()
	must(c.SetDeadline(time.Now().Add(10 * time.Second)))
	far := netip.MustParseAddrPort(to)
	ip := far.Addr().As4()
	head := append([]byte{0, 0, 0, 1}, ip[:]...)
	head = append(head, byte(far.Port()>>8), byte(far.Port()))
	b := make([]byte, 2048)
	n := 0
	for range 5 { // a datagram may be lost
		_, err = c.Write(append(head, text...))
		must(err)
		must(c.SetReadDeadline(time.Now().Add(2 * time.Second)))
		if n, err = c.Read(b); err == nil {
			break
		}
	}
	must(err)
	fmt.Println(string(b[min(n, 10):n]))
}

func refused(at, to string) {
	c, err := net.DialTimeout("tcp", at, 5*time.Second)
	must(err)
	must(c.SetDeadline(time.Now().Add(10 * time.Second)))
	far := netip.MustParseAddrPort(to)
	ip := far.Addr().As4()
	_, err = c.Write([]byte{5, 1, 0})
	must(err)
	_, err = io.ReadFull(c, make([]byte, 2))
	must(err)
	_, err = c.Write(append(append([]byte{5, 1, 0, 1}, ip[:]...), byte(far.Port()>>8), byte(far.Port())))
	must(err)
	reply := make([]byte, 2)
	_, err = io.ReadFull(c, reply)
	must(err)
	h, err := net.DialTimeout("tcp", at, 5*time.Second)
	must(err)
	must(h.SetDeadline(time.Now().Add(10 * time.Second)))
	fmt.Fprintf(h, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to)
	res, err := http.ReadResponse(bufio.NewReader(h), nil)
	must(err)
	_ = res.Body.Close()
	fmt.Println(reply[1], res.StatusCode)
}
