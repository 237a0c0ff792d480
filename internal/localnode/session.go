package localnode

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// keepSessions is how many sessions the history holds.
const keepSessions = 500

// newSessionID makes a random UUID, as the real node's are.
func newSessionID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// cost is what a session owes: so much per hour and so much per GiB.
func cost(p tequilapi.Price, d time.Duration, bytes uint64) tequilapi.Money {
	part := func(price tequilapi.Money, n *big.Int, of int64) *big.Int {
		v := price.Big()
		v.Mul(v, n)
		return v.Div(v, big.NewInt(of))
	}
	sum := part(p.PerHour, big.NewInt(int64(d/time.Second)), 3600)
	sum.Add(sum, part(p.PerGiB, new(big.Int).SetUint64(bytes), 1<<30))
	m, err := tequilapi.MoneyFromBig(sum)
	if err != nil {
		return tequilapi.Money{} // more than all money there is: the counters lie
	}
	return m
}

func add(a, b tequilapi.Money) tequilapi.Money {
	x := a.Big()
	m, err := tequilapi.MoneyFromBig(x.Add(x, b.Big()))
	if err != nil {
		return a
	}
	return m
}

// beginSessionLocked writes a session into the history. If the process dies it stays "New" for ever, as in the real
// node.
func (n *Node) beginSessionLocked(at time.Time) {
	p := n.view.Proposal
	n.history = append(n.history, tequilapi.Session{
		ID: n.view.SessionID, Direction: "Consumed", ConsumerID: n.view.ConsumerID, HermesID: n.view.HermesID,
		ProviderID: p.ProviderID, ServiceType: p.ServiceType, ProviderCountry: p.Location.Country,
		CreatedAt: at.UTC().Truncate(time.Second), Status: "New", IPType: p.Location.IPType,
	})
	if extra := len(n.history) - keepSessions; extra > 0 {
		n.history = append([]tequilapi.Session(nil), n.history[extra:]...)
	}
}

// sessionLocked brings the session's line in the history up to date.
func (n *Node) sessionLocked(status string) {
	for i := len(n.history) - 1; i >= 0; i-- {
		if s := &n.history[i]; s.ID == n.view.SessionID {
			if n.stats != nil {
				s.Duration, s.BytesReceived, s.BytesSent, s.Tokens = n.stats.Duration, n.stats.BytesReceived, n.stats.BytesSent, n.stats.TokensSpent
			}
			s.Status = status
			return
		}
	}
}

func (n *Node) saveHistory() { n.save(historyFile, func() any { return n.history }) }
