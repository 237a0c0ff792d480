package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// at writes a time in UTC: a zone is half a country.
func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }

func aboutText(s Subject, hidden map[string]int) string {
	var b strings.Builder
	b.WriteString("A problem report of MysteriumVPN. Its user has read it and gives it to you.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	line("version", s.Version)
	line("made", at(s.Now))
	if s.Began.IsZero() {
		line("running", "no: this was read from files")
	} else {
		line("running", "since "+at(s.Began)+", for "+s.Now.Sub(s.Began).Round(time.Second).String())
	}
	system := s.System
	if system == nil {
		system = System()
	}
	for _, f := range system {
		line(f.Name, f.Value)
	}
	_ = w.Flush() // into memory
	for _, m := range s.Missing {
		b.WriteString("missing: " + m + "\n")
	}
	b.WriteString("\nWhat would tell who the user is or where he went has been replaced: the same thing has the same\n" +
		"placeholder everywhere. Replaced here: " + HiddenText(hidden) + ".\n")
	return b.String()
}

func stateText(s *vpn.Status) string {
	if s == nil {
		return ""
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	line("phase", s.Phase.String())
	if !s.Since.IsZero() {
		line("since", at(s.Since))
	}
	if s.Attempt > 0 {
		line("attempt", fmt.Sprint(s.Attempt))
	}
	line("connection", s.Connection)
	line("reason", reasonText(s.Reason))
	line("refused", reasonText(s.Refused))
	line("network", string(s.Network))
	line("mode", string(s.Mode))
	line("provider", s.Exit.ProviderID)
	line("service", s.Exit.ServiceType)
	line("proxy", s.Proxy.SOCKS5)
	line("node", s.Node.State.String())
	line("node version", s.Node.Version)
	line("node API", s.Node.API)
	if s.Node.Adopted {
		line("node started by", "somebody else")
	}
	line("node lacks", reasonText(s.Node.Lack))
	_ = w.Flush()
	return b.String()
}

func reasonText(r vpn.Reason) string {
	if r.Zero() {
		return ""
	}
	return string(r.Code) + ": " + r.Text()
}

// timelineText leaves out cities and countries: what went wrong did not depend on them.
func timelineText(all []vpn.Story) string {
	var b strings.Builder
	for i, s := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		asked := "any exit"
		switch {
		case s.Target.ProviderID != "":
			asked = "a provider"
		case s.Target.Country != "":
			asked = "a country"
		}
		fmt.Fprintf(&b, "connection %s, asked for %s at %s\n", s.ID, asked, at(s.Begun))
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for n, step := range s.Steps {
			took := step.Took.Round(time.Millisecond).String()
			if step.Took == 0 && n == len(s.Steps)-1 {
				took = "-"
			}
			phase := step.Phase.String()
			if step.Attempt > 1 {
				phase += fmt.Sprintf(", attempt %d", step.Attempt)
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", step.At.UTC().Format("15:04:05.000"), phase, took, step.Exit.ProviderID, reasonText(step.Reason))
		}
		_ = w.Flush()
		if s.Omitted > 0 {
			fmt.Fprintf(&b, "  (%d steps in the middle are left out)\n", s.Omitted)
		}
	}
	return b.String()
}

func settingsText(s *vpn.Settings) string {
	if s == nil {
		return ""
	}
	kept := *s
	kept.LastExit, kept.LastCountry = "", ""
	b, err := json.MarshalIndent(kept, "", "\t")
	if err != nil { // plain data: cannot be
		return ""
	}
	return string(b) + "\n"
}

func busText(topics []bus.TopicInfo) string {
	if len(topics) == 0 {
		return ""
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "topic\tkind\tsent\tsame\tlate")
	for _, t := range topics {
		kind := "events"
		if t.State {
			kind = "state"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\n", t.Name, kind, t.Sent, t.Same, t.Late)
	}
	_ = w.Flush()
	b.WriteByte('\n')
	fmt.Fprintln(w, "topic\treceiver\tlane\twaiting\tmost\tseen\tmerged\tbusy\trunning")
	for _, t := range topics {
		for _, r := range t.Receivers {
			running := "-"
			if r.Running > 0 {
				running = r.Running.Round(time.Millisecond).String()
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n",
				t.Name, r.Where, r.Lane, r.Depth, r.Max, r.Seen, r.Merged, r.Busy.Round(time.Microsecond), running)
		}
	}
	_ = w.Flush()
	return b.String()
}

func crashText(c Crash) string {
	if c.Text == "" {
		return ""
	}
	return "A run ended by this at " + at(c.At) + ":\n\n" + c.Text
}

func logText(l Log) string {
	if l.Text == "" {
		return ""
	}
	head := "From " + l.From + "."
	if l.Gone > 0 {
		head += fmt.Sprintf(" %d older lines are not there any more.", l.Gone)
	}
	return head + "\n\n" + l.Text
}
