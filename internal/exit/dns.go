package exit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	dnsPort     = 53
	dnsTimeout  = 3 * time.Second  // for one server to answer
	dnsIdle     = 10 * time.Second // for a client to ask again from the same port or connection
	dnsHeader   = 12
	dnsUDPLimit = 1232 // of answers that we make ourselves: fits every tunnel
	dnsAtOnce   = 16   // questions under way for one client port
	dnsAtMost   = 256  // … and for all clients of the exit: each takes a socket of the host
	resolvConf  = "/etc/resolv.conf"
)

// resolver answers the DNS queries that clients send to the exit's own addresses. With servers it passes messages on
// untouched, so every record type works; without, it asks the host's resolver and knows addresses only.
type resolver struct {
	servers func() []string // host:port, best first; empty = ask the host's resolver
	host    *net.Resolver
	asking  atomic.Int64 // questions under way
}

// newResolver passes queries on to server, or with "" to the servers that the host uses.
func newResolver(server string) *resolver {
	r := &resolver{host: net.DefaultResolver}
	switch {
	case server != "":
		r.servers = func() []string { return []string{server} }
	case runtime.GOOS == "windows":
		r.servers = func() []string { return nil }
	default:
		r.servers = (&nameservers{path: filepath.FromSlash(resolvConf)}).list
	}
	return r
}

// serveUDP answers the queries of one client port until it is quiet.
func (r *resolver) serveUDP(ctx context.Context, c net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	slots := make(chan struct{}, dnsAtOnce)
	buf := takeBuffer()
	defer giveBuffer(buf)
	for {
		if c.SetReadDeadline(time.Now().Add(dnsIdle)) != nil {
			return
		}
		n, err := c.Read(buf[:])
		if err != nil {
			return
		}
		query := append([]byte(nil), buf[:n]...)
		select {
		case slots <- struct{}{}:
		default:
			continue // too many at once; the client asks again
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if answer := r.answer(ctx, "udp", query); answer != nil {
				_, _ = c.Write(answer)
			}
		})
	}
}

// serveTCP answers the queries of one connection, one after the other.
func (r *resolver) serveTCP(ctx context.Context, c net.Conn) {
	for {
		if c.SetDeadline(time.Now().Add(dnsIdle)) != nil {
			return
		}
		query, err := readFramed(c)
		if err != nil {
			return
		}
		answer := r.answer(ctx, "tcp", query)
		if answer == nil {
			return
		}
		if c.SetDeadline(time.Now().Add(dnsIdle)) != nil || writeFramed(c, answer) != nil {
			return
		}
	}
}

// answer gives the answer to a query, a refusal if nobody has one, or nil for what is not a query and when there are
// too many at once.
func (r *resolver) answer(ctx context.Context, network string, query []byte) []byte {
	if len(query) < dnsHeader || query[2]&0x80 != 0 {
		return nil
	}
	if code := judge(query); code != dnsmessage.RCodeSuccess {
		return failure(query, code)
	}
	defer r.asking.Add(-1)
	if r.asking.Add(1) > dnsAtMost {
		return nil
	}
	servers := r.servers()
	for _, s := range servers {
		if a, err := ask(ctx, network, s, query); err == nil {
			return a
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	if len(servers) == 0 {
		if a, err := r.resolve(ctx, network, query); err == nil {
			return a
		}
	}
	return failure(query, dnsmessage.RCodeServerFailure)
}

// judge says what a query is refused with, or success. The host's server may trust us more than it should trust a
// client: with updates, transfers of whole zones, and questions about itself.
func judge(query []byte) dnsmessage.RCode {
	if query[2]&0x78 != 0 { // not a standard query
		return dnsmessage.RCodeNotImplemented
	}
	var p dnsmessage.Parser
	if _, err := p.Start(query); err != nil {
		return dnsmessage.RCodeFormatError
	}
	q, err := p.AllQuestions()
	switch {
	case err != nil || len(q) != 1:
		return dnsmessage.RCodeFormatError
	case q[0].Class != dnsmessage.ClassINET || q[0].Type == dnsmessage.TypeAXFR || q[0].Type == typeIXFR:
		return dnsmessage.RCodeRefused
	default:
		return dnsmessage.RCodeSuccess
	}
}

const typeIXFR = dnsmessage.Type(251)

// ask passes one query on. The socket is new, so its port is as hard to guess as the kernel makes it, and connected,
// so only the server can answer.
func ask(ctx context.Context, network, server string, query []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if network == "tcp" {
		if err := writeFramed(c, query); err != nil {
			return nil, err
		}
		a, err := readFramed(c)
		if err == nil && !answers(a, query) {
			err = errors.New("answer to something else")
		}
		return a, err
	}
	if _, err := c.Write(query); err != nil {
		return nil, err
	}
	buf := takeBuffer()
	defer giveBuffer(buf)
	for {
		n, err := c.Read(buf[:])
		if err != nil {
			return nil, err
		}
		if answers(buf[:n], query) {
			return append([]byte(nil), buf[:n]...), nil
		}
	}
}

// answers reports whether a is an answer with the query's number.
func answers(a, query []byte) bool {
	return len(a) >= dnsHeader && a[2]&0x80 != 0 && a[0] == query[0] && a[1] == query[1]
}

func readFramed(c io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(c, b)
	return b, err
}

func writeFramed(c io.Writer, b []byte) error {
	if len(b) > 0xffff {
		return fmt.Errorf("DNS message of %d bytes", len(b))
	}
	_, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)) // in one write: some peers want that
	return err
}

// failure is an answer without records.
func failure(query []byte, code dnsmessage.RCode) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return nil
	}
	h.Response, h.RecursionAvailable, h.Truncated, h.RCode = true, true, false, code
	b := dnsmessage.NewBuilder(nil, h)
	if q, err := p.Question(); err == nil {
		if b.StartQuestions() != nil || b.Question(q) != nil {
			return nil
		}
	}
	out, err := b.Finish()
	if err != nil {
		return nil
	}
	return out
}

// resolve answers by the host's resolver.
func (r *resolver) resolve(ctx context.Context, network string, query []byte) ([]byte, error) {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return nil, err
	}
	q, err := p.Question()
	if err != nil {
		return nil, err
	}
	var family string
	switch {
	case q.Class != dnsmessage.ClassINET:
	case q.Type == dnsmessage.TypeA:
		family = "ip4"
	case q.Type == dnsmessage.TypeAAAA:
		family = "ip6"
	}
	if family == "" {
		return failure(query, dnsmessage.RCodeNotImplemented), nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*dnsTimeout)
	defer cancel()
	found, err := r.host.LookupNetIP(ctx, family, q.Name.String())
	var missing *net.DNSError
	switch {
	case err == nil:
	case errors.As(err, &missing) && missing.IsNotFound:
		// The resolver says the same of a name without addresses of this family as of no such name.
		if _, err := r.host.LookupNetIP(ctx, "ip", q.Name.String()); err != nil {
			return failure(query, dnsmessage.RCodeNameError), nil
		}
	default:
		return nil, err
	}
	h.Response, h.RecursionAvailable, h.Truncated = true, true, false
	b := dnsmessage.NewBuilder(nil, h)
	b.EnableCompression()
	if err := errors.Join(b.StartQuestions(), b.Question(q), b.StartAnswers()); err != nil {
		return nil, err
	}
	rh := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}
	for i, a := range found {
		if network == "udp" && dnsHeader+len(q.Name.String())+6+(i+1)*32 > dnsUDPLimit {
			break // enough addresses for anybody
		}
		if family == "ip4" {
			err = b.AResource(rh, dnsmessage.AResource{A: a.Unmap().As4()})
		} else {
			err = b.AAAAResource(rh, dnsmessage.AAAAResource{AAAA: a.As16()})
		}
		if err != nil {
			return nil, err
		}
	}
	return b.Finish()
}

// nameservers reads the host's servers, again when the file changes.
type nameservers struct {
	path string

	mu      sync.Mutex
	checked time.Time
	changed time.Time
	servers []string
}

func (n *nameservers) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.checked) < time.Second {
		return n.servers
	}
	n.checked = time.Now()
	info, err := os.Stat(n.path)
	if err != nil {
		n.servers = nil
		return nil
	}
	if info.ModTime().Equal(n.changed) {
		return n.servers
	}
	text, err := os.ReadFile(n.path)
	if err != nil {
		n.servers = nil
		return nil
	}
	n.changed, n.servers = info.ModTime(), parseNameservers(string(text))
	return n.servers
}

// parseNameservers takes the nameserver lines of a resolv.conf(5): three at most, as the C library does.
func parseNameservers(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "nameserver" || len(out) == 3 {
			continue
		}
		if ip := net.ParseIP(strings.SplitN(f[1], "%", 2)[0]); ip != nil {
			out = append(out, net.JoinHostPort(f[1], "53"))
		}
	}
	return out
}
