package control

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// TestTheHelperIsAskedThroughTheRunningProgram: how things stand, its switches, the rules, the leak self-test; and why it
// did not do what it was asked comes back as what it was.
func TestTheHelperIsAskedThroughTheRunningProgram(t *testing.T) {
	p := newProgram(t)
	const rules = "table inet mysteriumvpn {\n\tchain out {\n\t\ttype filter hook output priority 0; policy drop;\n\t\tmeta skuid 990 ct mark set 0x2d000000 accept\n\t}\n}\n"
	var fail error
	var asked []string
	p.deps.Look = func(context.Context) error { asked = append(asked, "look"); return fail }
	p.deps.Switch = func(_ context.Context, what string, on bool) error {
		if on {
			what += " on"
		}
		asked = append(asked, what)
		return fail
	}
	p.deps.Rules = func(context.Context) (proof.Listing, error) { return proof.Parse(rules).Checked(991), fail }
	want := probes.Result{At: noon, Phase: "blocked", Counted: 3, Probes: []probes.Probe{{Kind: probes.DoT, IPv6: true, Interface: "eth0", To: "[2001:db8::1]:853", Outcome: probes.Left}}}
	p.deps.Probe = func(context.Context) (probes.Result, error) { return want, fail }
	pipes := newPipes()
	p.serve(pipes)
	c := newClient("1.0", pipes.dial)

	require.NoError(t, c.LookGuard(t.Context()))
	require.NoError(t, c.SwitchGuard(t.Context(), "lan", true))
	require.NoError(t, c.SwitchGuard(t.Context(), "lockdown", false))
	assert.Equal(t, []string{"look", "lan on", "lockdown"}, asked)
	l, err := c.Rules(t.Context())
	require.NoError(t, err)
	assert.Equal(t, rules, l.Text)
	assert.Equal(t, proof.Blocked, l.Phase)
	require.Len(t, l.Rules, 1)
	assert.Empty(t, l.Rules[0].Code, "a user that passes and is not the node's")
	r, err := c.Probe(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, r)

	calls := map[string]func() error{
		"look":   func() error { return c.LookGuard(t.Context()) },
		"switch": func() error { return c.SwitchGuard(t.Context(), "lan", false) },
		"rules":  func() error { _, err := c.Rules(t.Context()); return err },
		"probe":  func() error { _, err := c.Probe(t.Context()); return err },
	}
	fail = vpn.Reason{Code: vpn.HelperAbsent}
	for name, call := range calls {
		e, ok := errors.AsType[*Error](call())
		require.True(t, ok, name)
		assert.Equal(t, string(vpn.HelperAbsent), e.Code, name)
		assert.Contains(t, e.Text, "does not answer", name)
	}
	fail = errors.New("user 7 may not use this")
	for name, call := range calls {
		assert.EqualError(t, call(), "User 7 may not use this.", name)
	}
	fail = probes.ErrOpen
	_, err = c.Probe(t.Context())
	assert.ErrorIs(t, err, probes.ErrOpen)
}

// TestAProgramWithoutAHelperSaysSo, and does not fall over.
func TestAProgramWithoutAHelperSaysSo(t *testing.T) {
	p := start(t)
	for _, err := range []error{
		p.client.LookGuard(t.Context()), p.client.SwitchGuard(t.Context(), "lan", true),
		func() error { _, err := p.client.Rules(t.Context()); return err }(), func() error { _, err := p.client.Probe(t.Context()); return err }(),
	} {
		assert.ErrorContains(t, err, "cannot carry the whole device")
	}
}

// TestTheProofDocumentLeavesNothingOut: every rule, its counter where it has one.
func TestTheProofDocumentLeavesNothingOut(t *testing.T) {
	text, err := os.ReadFile("../proof/testdata/connected-lan.txt")
	require.NoError(t, err)
	l := proof.Parse(string(text))
	d := NewProofDoc(l)
	assert.Equal(t, "connected", d.Phase)
	require.Len(t, d.Rules, len(l.Rules))
	for i, r := range d.Rules {
		assert.NotEmpty(t, r.Text)
		assert.Equal(t, l.Rules[i].Counted, r.Packets != nil, r.Rule)
		assert.Contains(t, []string{"leaves", "refused", "enters", "other"}, r.Group)
	}
	assert.Empty(t, NewProofDoc(proof.Parse("")).Rules)
	assert.NotNil(t, NewProofDoc(proof.Parse("")).Rules, "an array all the same")
}
