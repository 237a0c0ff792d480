package tunnel

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const aliasesAtMost = 16 // CNAMEs followed in one answer

// dnsAnswer is what one message says about one question.
type dnsAnswer struct {
	code      dnsmessage.RCode
	addrs     []netip.Addr
	ttl       time.Duration // the least of all records used; 0 = do not keep
	truncated bool
}

var errOtherAnswer = errors.New("an answer to something else")

func newDNSID() uint16 {
	var b [2]byte
	rand.Read(b[:]) // never fails, by its documentation
	return binary.BigEndian.Uint16(b[:])
}

// appendQuestion writes the message that asks q.
func appendQuestion(b []byte, id uint16, q question) ([]byte, error) {
	name, err := dnsmessage.NewName(q.name + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.NewBuilder(b, dnsmessage.Header{ID: id, RecursionDesired: true})
	if err := m.StartQuestions(); err != nil {
		return nil, err
	}
	if err := m.Question(dnsmessage.Question{Name: name, Type: q.kind, Class: dnsmessage.ClassINET}); err != nil {
		return nil, err
	}
	return m.Finish()
}

// parseAnswer reads msg, which must answer q under id. Only records that the question leads to, by itself or through
// aliases in the same message, count.
func parseAnswer(msg []byte, id uint16, q question) (dnsAnswer, error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil {
		return dnsAnswer{}, err
	}
	asked, err := p.Question()
	if err != nil {
		return dnsAnswer{}, err
	}
	if !h.Response || h.ID != id || asked.Type != q.kind || asked.Class != dnsmessage.ClassINET || plainName(asked.Name.String()) != q.name {
		return dnsAnswer{}, errOtherAnswer
	}
	a := dnsAnswer{code: h.RCode, truncated: h.Truncated}
	if h.Truncated || h.RCode != dnsmessage.RCodeSuccess {
		return a, nil
	}
	if err := p.SkipAllQuestions(); err != nil {
		return dnsAnswer{}, err
	}
	type alias struct {
		to  string
		ttl uint32
	}
	type record struct {
		addr netip.Addr
		ttl  uint32
	}
	aliases := map[string]alias{}
	records := map[string][]record{}
	for {
		rh, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			break
		}
		if err != nil {
			return dnsAnswer{}, err
		}
		owner := strings.ToLower(strings.TrimSuffix(rh.Name.String(), "."))
		var addr netip.Addr
		switch {
		case rh.Class == dnsmessage.ClassINET && rh.Type == dnsmessage.TypeCNAME:
			r, err := p.CNAMEResource()
			if err != nil {
				return dnsAnswer{}, err
			}
			aliases[owner] = alias{plainName(r.CNAME.String()), rh.TTL}
			continue
		case rh.Class == dnsmessage.ClassINET && rh.Type == q.kind && q.kind == dnsmessage.TypeA:
			r, err := p.AResource()
			if err != nil {
				return dnsAnswer{}, err
			}
			addr = netip.AddrFrom4(r.A)
		case rh.Class == dnsmessage.ClassINET && rh.Type == q.kind && q.kind == dnsmessage.TypeAAAA:
			r, err := p.AAAAResource()
			if err != nil {
				return dnsAnswer{}, err
			}
			addr = netip.AddrFrom16(r.AAAA).Unmap()
		default:
			if err := p.SkipAnswer(); err != nil {
				return dnsAnswer{}, err
			}
			continue
		}
		records[owner] = append(records[owner], record{addr, rh.TTL})
	}
	name, ttl := q.name, ^uint32(0)
	for range aliasesAtMost {
		next, ok := aliases[name]
		if !ok {
			break
		}
		name, ttl = next.to, min(ttl, next.ttl)
	}
	for _, r := range records[name] {
		a.addrs = append(a.addrs, r.addr)
		ttl = min(ttl, r.ttl)
	}
	if len(a.addrs) > 0 {
		a.ttl = time.Duration(ttl) * time.Second
	}
	return a, nil
}
