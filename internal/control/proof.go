package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
)

// ProofDoc is what `proof --json` prints: the firewall's rules in words, and with --test where probes went.
type ProofDoc struct {
	Phase          string         `json:"phase"`           // open, blocked, connecting or connected, as the rules have it
	RefusedPackets uint64         `json:"refused_packets"` // by all rules, since they were set
	RefusedBytes   uint64         `json:"refused_bytes"`   // likewise
	Rules          []RuleDoc      `json:"rules"`           // in the kernel's order
	Test           *probes.Result `json:"test"`            // null = none was asked for
}

// RuleDoc is one rule.
type RuleDoc struct {
	Group   string  `json:"group"`   // leaves, refused, enters or other
	Code    string  `json:"code"`    // "" = the program does not know this rule
	Text    string  `json:"text"`    // in words; of a rule that is not known the rule
	Rule    string  `json:"rule"`    // as the kernel lists it, without its counter
	Chain   string  `json:"chain"`   // table and chain
	Packets *uint64 `json:"packets"` // null = it does not count
	Bytes   *uint64 `json:"bytes"`   // likewise
}

// NewProofDoc makes one of a listing.
func NewProofDoc(l proof.Listing) ProofDoc {
	d := ProofDoc{Phase: l.Phase.String(), Rules: []RuleDoc{}}
	d.RefusedPackets, d.RefusedBytes = l.Blocked()
	for _, r := range l.Rules {
		x := RuleDoc{Group: r.Group.String(), Code: string(r.Code), Text: r.Words(), Rule: r.Text, Chain: r.Chain}
		if r.Counted {
			x.Packets, x.Bytes = &r.Packets, &r.Bytes
		}
		d.Rules = append(d.Rules, x)
	}
	return d
}

// rulesDoc is the rules as nft lists them.
type rulesDoc struct {
	Text string  `json:"text"`
	Node *uint32 `json:"node"` // user that the helper runs the node as, 0 = none; null = an older program, which does not tell
}

func (s *server) rules(w http.ResponseWriter, r *http.Request) {
	if s.Rules == nil {
		refuse(w, http.StatusConflict, errNoGuard)
		return
	}
	l, err := s.Rules(r.Context())
	if err != nil {
		refuse(w, http.StatusConflict, guardError(err))
		return
	}
	answer(w, rulesDoc{l.Text, l.Node})
}

func (s *server) probe(w http.ResponseWriter, r *http.Request) {
	if s.Probe == nil {
		refuse(w, http.StatusConflict, errNoGuard)
		return
	}
	result, err := s.Probe(r.Context())
	if refusal, ok := errors.AsType[*probes.Refusal](err); ok {
		refuse(w, http.StatusConflict, &Error{Code: refusal.Code, Text: refusal.Text})
		return
	}
	if err != nil {
		refuse(w, http.StatusConflict, guardError(err))
		return
	}
	answer(w, result)
}

// Rules asks the running program for the firewall's rules.
func (c *Client) Rules(ctx context.Context) (proof.Listing, error) {
	var d rulesDoc
	if err := c.older(c.ask(ctx, "/rules", &d)); err != nil {
		return proof.Listing{}, err
	}
	l := proof.Parse(d.Text)
	if d.Node != nil {
		l = l.Checked(*d.Node)
	}
	return l, nil
}

// Probe has the running program run the leak self-test. A *probes.Refusal says why there is no result.
func (c *Client) Probe(ctx context.Context) (probes.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, ErrSilent)
	defer cancel()
	var result probes.Result
	r, err := c.do(ctx, http.MethodPost, "/probe", nil)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			if refusal := probes.RefusalOf(e.Code); refusal != nil {
				return result, refusal
			}
		}
		return result, c.older(err)
	}
	defer func() { _ = r.Close() }()
	if err := json.NewDecoder(r).Decode(&result); err != nil {
		return result, fmt.Errorf("read the running program's answer: %w", err)
	}
	return result, nil
}
