package vpn

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWhatTravelsOnTheBusNamesNoPlace: a tap shows what happened, not where the user went.
func TestWhatTravelsOnTheBusNamesNoPlace(t *testing.T) {
	exit := Exit{ProviderID: "0xsecret", Country: "DE", City: "Secretville"}
	for want, v := range map[string]interface{ Redacted() string }{
		"phase=reconnecting node=running attempt=2 reason=provider_failed refused=no_exit_in_country connection=k7 command=4": Status{
			Phase: Reconnecting, Node: Node{State: NodeRunning, API: "secret:1"}, Attempt: 2, Exit: exit, Connection: "k7", Command: 4,
			Reason:  Reason{Code: ProviderFailed, A: "0xsecret", B: "secret"},
			Refused: Reason{Code: NoExitInCountry, A: "Secretland"}, Proxy: Proxy{SOCKS5: "secret"},
		},
		"phase=unknown node=unknown": Status{},
		"connect command=3":          Command{ID: 3, Verb: Connect, Target: Target{Country: "DE", ProviderID: "0xsecret"}},
		"connect command=3 quick":    Command{ID: 3, Verb: Connect},
		"nothing command=0":          Command{Verb: 200},
		"sent=1 received=2":          Traffic{BytesSent: 1, BytesReceived: 2},
		"provider_failed":            Notice{Reason: Reason{Code: ProviderFailed, A: "0xsecret"}},
		"raise":                      Raise{},
	} {
		assert.Equal(t, want, v.Redacted())
	}
}
