//go:build unix

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// What the far site serves.
const (
	fileSize = 20 << 20
	farName  = "only.far.test." // known to the far site's name server alone
)

// file is the site's 20 MB, the same each time.
func file() io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{'f', 'a', 'r'}), fileSize)
}

// fileHash is the SHA-256 of file, in hex.
func fileHash() string {
	h := sha256.New()
	if _, err := io.Copy(h, file()); err != nil {
		panic(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// playSite serves HTTP, UDP echo and names at the address given, and HTTP at a second one if there is one, until its
// standard input ends.
func playSite() {
	addr := os.Args[1]
	port := func(p int) string { return net.JoinHostPort(addr, strconv.Itoa(p)) }
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(fileSize))
		_, _ = io.Copy(w, file())
	})
	mux.HandleFunc("/ip", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			<-time.After(10 * time.Millisecond)
		}
	})
	web, err := net.Listen("tcp", port(8080))
	must(err)
	go func() { must(http.Serve(web, mux)) }()
	if len(os.Args) > 2 {
		web6, err := net.Listen("tcp", net.JoinHostPort(os.Args[2], "8080"))
		must(err)
		go func() { must(http.Serve(web6, mux)) }()
	}

	echo, err := net.ListenPacket("udp", port(7007))
	must(err)
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, from, err := echo.ReadFrom(b)
			must(err)
			_, _ = echo.WriteTo(b[:n], from)
		}
	}()

	names, err := net.ListenPacket("udp", port(5353))
	must(err)
	go serveNames(names, net.ParseIP(addr).To4())

	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func serveNames(c net.PacketConn, answer net.IP) {
	b := make([]byte, 4096)
	for {
		n, from, err := c.ReadFrom(b)
		must(err)
		var m dnsmessage.Message
		if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.RecursionAvailable = true, true
		m.Additionals = nil
		switch q := m.Questions[0]; {
		case q.Name.String() != farName:
			m.RCode = dnsmessage.RCodeNameError
		case q.Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
				Body:   &dnsmessage.AResource{A: [4]byte(answer)},
			}}
		default:
		}
		out, err := m.Pack()
		must(err)
		_, _ = c.WriteTo(out, from)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
