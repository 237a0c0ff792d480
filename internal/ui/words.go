package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// phaseWords is the headline of a phase.
func phaseWords(p vpn.Phase) string {
	switch p {
	case vpn.Down:
		return lang.L("Not connected")
	case vpn.Finding:
		return lang.L("Finding an exit")
	case vpn.Dialing:
		return lang.L("Connecting")
	case vpn.Up:
		return lang.L("Connected")
	case vpn.Reconnecting:
		return lang.L("Reconnecting")
	case vpn.Blocked:
		return lang.L("On hold")
	case vpn.Closing:
		return lang.L("Disconnecting")
	case vpn.Failed:
		return lang.L("Could not connect")
	default:
		return lang.L("Starting")
	}
}

// phaseTone is the colour of a phase. It is never the only sign: words and shapes say the same.
func phaseTone(p vpn.Phase) tone {
	switch p {
	case vpn.Up:
		return upTone
	case vpn.Finding, vpn.Dialing, vpn.Reconnecting:
		return busyTone
	case vpn.Blocked, vpn.Failed:
		return troubleTone
	case vpn.Down:
		return linkTone
	default: // Unknown and Closing: nothing to see yet, or any more
		return mutedTone
	}
}

// phaseShape is phaseTone for shapes.
func phaseShape(p vpn.Phase, c *Palette) colour {
	switch p {
	case vpn.Up:
		return c.Good
	case vpn.Finding, vpn.Dialing, vpn.Reconnecting:
		return c.Fair
	case vpn.Blocked, vpn.Failed:
		return c.Poor
	default:
		return c.Link
	}
}

// wish is what a press on the connect button asks for, and the word on it. NoVerb = it cannot be pressed.
func wish(p vpn.Phase) (vpn.Verb, string) {
	switch p {
	case vpn.Down:
		return vpn.Connect, lang.L("Connect")
	case vpn.Failed:
		return vpn.Connect, lang.L("Try again")
	case vpn.Finding, vpn.Dialing, vpn.Reconnecting:
		return vpn.Disconnect, lang.L("Cancel")
	case vpn.Up, vpn.Blocked:
		return vpn.Disconnect, lang.L("Disconnect")
	case vpn.Closing:
		return vpn.NoVerb, lang.L("One moment")
	default:
		return vpn.NoVerb, lang.L("One moment")
	}
}

// blocked tells that the helper lets nothing out, and nobody works on changing that.
func blocked(s vpn.Status) bool {
	switch s.Phase {
	case vpn.Blocked:
		return s.Guard.Held || s.Guard.Blocked
	case vpn.Down, vpn.Unknown:
		return s.Guard.Blocked
	default:
		return false
	}
}

// blockedWords say what is blocked.
func blockedWords(s vpn.Status) string {
	g := s.Guard
	if s.Network == vpn.Mysterium && s.Mode == vpn.DeviceMode && s.Node.State == vpn.NodeRunning {
		return lang.L("Only the Mysterium node reaches the network")
	}
	if g.LAN && !g.Lost {
		return lang.L("Only the local network can be reached")
	}
	return lang.L("Nothing leaves this computer")
}

// opensWords say what ends it.
func opensWords(g vpn.Guard) string {
	switch {
	case g.Lost:
		return lang.L("Start the helper again; its rules stay until then.")
	case g.Held && g.Lockdown:
		return lang.L("Connect to pass through the tunnel. Lockdown is on.")
	case g.Held:
		return lang.L("Disconnect to open the network, or connect again.")
	}
	return lang.L("Lockdown is on: connect, or switch it off in the settings.")
}

// headlineOf is the phase in words. Where there is no node nobody has tried to connect.
func headlineOf(s vpn.Status) string {
	if blocked(s) {
		return lang.L("Blocked")
	}
	if s.Phase == vpn.Failed && noNode(s) {
		return lang.L("No node here")
	}
	return phaseWords(s.Phase)
}

// noNode tells that there is none to run.
func noNode(s vpn.Status) bool {
	switch s.Reason.Code {
	case vpn.NodeMissing, vpn.NodeNotFound, vpn.NodeNotOne, vpn.NodeTooOld:
		return true
	default:
		return false
	}
}

// nodeWords says what the node does.
func nodeWords(n vpn.Node) string {
	switch n.State {
	case vpn.NodeStarting:
		return lang.L("Node is starting")
	case vpn.NodeRunning:
		return lang.L("Node is running")
	case vpn.NodeWaiting:
		return lang.L("Node stopped, starting again")
	case vpn.NodeStopping:
		return lang.L("Node is stopping")
	case vpn.NodeStopped:
		return lang.L("Node is stopped")
	case vpn.NodeFailed:
		return lang.L("Node gave up")
	default:
		return lang.L("Looking for the node")
	}
}

// reasonText is a reason in the user's language. The English sentence may hold text from far away, which must not be
// taken for a template.
func reasonText(r vpn.Reason) string {
	s := r.Text()
	if s == "" || strings.Contains(s, "{{") {
		return s
	}
	if r.Code == vpn.NoExitInCountry {
		r.A = countryInWords(r.A)
	}
	return lang.X("reason."+string(r.Code), s, map[string]string{"A": r.A, "B": r.B})
}

// exitCount says how many exits there are; countryCount likewise.
func exitCount(n int) string {
	return lang.XN("count.exits", "{{.N}} exits", n, map[string]int{"N": n})
}

func countryCount(n int) string {
	return lang.XN("count.countries", "{{.N}} countries", n, map[string]int{"N": n})
}

// placeOf is where an exit comes out, in words.
func placeOf(e vpn.Exit) string {
	if e.Country == "" && e.City == "" {
		return ""
	}
	if e.City == "" {
		return countryName(e.Country)
	}
	if e.Country == "" { // an own server that nobody says of where it is; then this is its name
		return e.City
	}
	return e.City + ", " + countryName(e.Country)
}

// shortID is a provider id as far as a human compares it.
func shortID(id string) string {
	if len(id) < 14 {
		return id
	}
	return id[:6] + "…" + id[len(id)-4:]
}

// clockTime is a span as h:mm:ss, or m:ss below an hour.
func clockTime(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// rateText is bytes per second as bits per second, the way lines are sold; value and unit apart.
func rateText(bytes uint64) (value, unit string) {
	bits := float64(bytes) * 8
	switch {
	case bits >= 999.5e6:
		return digits(bits / 1e9), "Gbit/s"
	case bits >= 999.5e3:
		return digits(bits / 1e6), "Mbit/s"
	}
	return digits(bits / 1e3), "kbit/s"
}

// rateWords is a rate on one line.
func rateWords(arrow string, bytes uint64) string {
	v, unit := rateText(bytes)
	return arrow + " " + v + " " + unit
}

// sizeText is an amount of bytes.
func sizeText(bytes uint64) string { return string(appendSize(nil, bytes)) }

func appendSize(b []byte, bytes uint64) []byte {
	v, unit := float64(bytes), " B"
	for _, u := range []string{" kB", " MB", " GB", " TB"} {
		if v < 999.5 { // it would be written as 1000
			break
		}
		v, unit = v/1000, u
	}
	if unit == " B" {
		return append(strconv.AppendUint(b, bytes, 10), unit...)
	}
	return append(appendDigits(b, v), unit...)
}

// digits shows three figures that matter at most, so that numbers keep their width.
func digits(v float64) string { return string(appendDigits(nil, v)) }

func appendDigits(b []byte, v float64) []byte {
	places := 2
	switch {
	case v >= 99.95:
		places = 0
	case v >= 9.995:
		places = 1
	case v == 0:
		return append(b, '0')
	}
	return strconv.AppendFloat(b, v, 'f', places, 64)
}
