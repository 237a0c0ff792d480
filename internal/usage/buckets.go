package usage

import (
	"time"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Names are what a count can be filed under. Each list is closed: its words are in the file and in --json, so they stay.

// Outcome is what became of a try to connect.
type Outcome uint8

// The outcomes. Zero is never counted.
const (
	UnknownOutcome Outcome = iota
	Connected
	Failed
	Cancelled // the user took it back
)

var outcomeNames = []string{"unknown", "connected", "failed", "cancelled"}

// String is the outcome's word; "" = there is no such outcome.
func (o Outcome) String() string { return nameAt(outcomeNames, o) }

// Wait is how long it took to connect, roughly.
type Wait uint8

var (
	waitNames = []string{"0-1 s", "1-3 s", "3-10 s", "10-30 s", "30-60 s", "60+ s"}
	waitEnds  = []time.Duration{time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}
)

// String is the span; "" = there is no such one.
func (w Wait) String() string { return nameAt(waitNames, w) }

// WaitOf files a duration.
func WaitOf(d time.Duration) Wait { return bucket[Wait](waitEnds, d) }

// Length is how long a connection was up, roughly.
type Length uint8

var (
	lengthNames = []string{"0-1 min", "1-10 min", "10-60 min", "1-6 h", "6-24 h", "24+ h"}
	lengthEnds  = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}
)

// String is the span; "" = there is no such one.
func (l Length) String() string { return nameAt(lengthNames, l) }

// LengthOf files a duration.
func LengthOf(d time.Duration) Length { return bucket[Length](lengthEnds, d) }

// Size is how much passed, roughly.
type Size uint8

var (
	sizeNames = []string{"0-1 MiB", "1-10 MiB", "10-100 MiB", "100-1024 MiB", "1-10 GiB", "10+ GiB"}
	sizeEnds  = []uint64{1 << 20, 10 << 20, 100 << 20, 1 << 30, 10 << 30}
)

// String is the span; "" = there is no such one.
func (s Size) String() string { return nameAt(sizeNames, s) }

// SizeOf files a number of bytes.
func SizeOf(bytes uint64) Size { return bucket[Size](sizeEnds, bytes) }

// Reason is the code of a vpn.Reason, without its arguments: those may name an exit.
type Reason uint8

// reasonNames are the codes that can end a try or a connection. Zero is any other. New ones go to the end.
var reasonNames = []string{
	"other",
	string(vpn.NodeWentAway), string(vpn.NodeGaveUp), string(vpn.NodeNotFound), string(vpn.NodePortTaken),
	string(vpn.NodeRefused), string(vpn.NoProposals), string(vpn.NoExitInCountry), string(vpn.NoSuchProvider),
	string(vpn.ProviderFailed), string(vpn.ProviderSilent), string(vpn.TunnelFailed), string(vpn.TunnelStalled),
	string(vpn.ConnectionDropped), string(vpn.NotUnlocked), string(vpn.NotRegistered), string(vpn.NoBalance),
	string(vpn.OnHold), string(vpn.SpendLimitRun), string(vpn.SpendLimitDay), string(vpn.NodeMissing),
	string(vpn.NodeNotOne), string(vpn.NodeTooOld), string(vpn.NodeNotUsed), string(vpn.NodeDataLocked),
	string(vpn.WaitingForNetwork), string(vpn.Registering), string(vpn.NotRegisterable), string(vpn.RegistrationDark),
	string(vpn.PriceChanged),
}

// String is the code; "" = there is no such reason.
func (r Reason) String() string { return nameAt(reasonNames, r) }

// ReasonOf files a code.
func ReasonOf(c vpn.Code) Reason {
	for i, name := range reasonNames {
		if name == string(c) {
			return Reason(i) //nolint:gosec // slots are few
		}
	}
	return 0
}

func nameAt[K ~uint8](names []string, k K) string {
	if int(k) < len(names) {
		return names[k]
	}
	return ""
}

// bucket is the first whose end is above v, or the last.
func bucket[K ~uint8, V time.Duration | uint64](ends []V, v V) K {
	for i, end := range ends {
		if v < end {
			return K(i) //nolint:gosec // slots are few
		}
	}
	return K(len(ends)) //nolint:gosec // likewise
}
