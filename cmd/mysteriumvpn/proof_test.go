package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/probes"
	"github.com/mysteriumvpn/desktop/internal/proof"
)

// TestTheProofIsReadable: rules by group with their counters, then where each probe went; a leak is a failure.
func TestTheProofIsReadable(t *testing.T) {
	text, err := os.ReadFile("../../internal/proof/testdata/connected.txt")
	require.NoError(t, err)
	r := probes.Result{Probes: []probes.Probe{
		{Kind: probes.TCP, Outcome: probes.Tunnel},
		{Kind: probes.DoT, IPv6: true, Interface: "eth0", Outcome: probes.Blocked},
		{Kind: probes.Ping, Outcome: probes.Untested, Why: probes.NotYours},
		{Kind: probes.UDP, Outcome: probes.Untested, Why: probes.Other, Said: "no buffer space"},
	}}
	var out bytes.Buffer
	require.NoError(t, printProof(&out, proof.Parse(string(text)), &r))
	for _, want := range []string{
		"The rules say: connected.", "May leave\n", "Everything, through the tunnel.", "Is refused, and how often so far\n",
		"  0  Every other TCP connection beside the tunnel.", "May come in\n", "Leak self-test, 4 probes: 2 went through the tunnel or nowhere, 2 could not be tested, 0 left.\n",
		"TCP", "through the tunnel", "DNS over TLS", "eth0", "could not be tested: this system lets no ordinary program do that", "could not be tested: no buffer space",
	} {
		assert.Contains(t, out.String(), want)
	}
	require.NoError(t, leaked(r))
	r.Probes[0].Outcome = probes.Left
	assert.EqualError(t, leaked(r), "1 of 4 probes LEFT this computer beside the tunnel. Take it off the network")
	assert.Equal(t, "LEFT", outcomeWords(r.Probes[0]))
	out.Reset()
	require.NoError(t, printProof(&out, proof.Parse(""), nil))
	assert.Equal(t, "The network is open: there is no rule of MysteriumVPN.\n", out.String())
	out.Reset()
	require.NoError(t, printProof(&out, proof.Parse(strings.Replace(string(text), "{\n", "{\n\tflags dormant\n", 1)), nil))
	assert.Contains(t, out.String(), "The network is OPEN: the rules of MysteriumVPN are there and hold nothing back.")
	assert.Contains(t, out.String(), "is switched off (dormant)")
	r = probes.Result{LeftOut: 3, Probes: r.Probes[2:]}
	assert.Equal(t, "none could be sent, so nothing was tested. Network interfaces that were not tried, because there are too many: 3.", testWords(r))
	for _, k := range probes.Kinds() {
		assert.NotEmpty(t, probeName(k))
	}
}
