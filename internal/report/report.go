// Package report makes a problem report: what a stranger needs to see of the program to find what is wrong, and nothing
// of who its user is or where he went. It is text, part by part, so that the user reads every byte before he gives it to
// anybody, and strikes out what he does not like. Nothing here sends anything.
//
// The running program makes one of what it has in memory, Offline one of what a program that did not start has left on
// the disk. Reports are plain data; nothing here is shared between goroutines.
package report

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/redact"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Subject is what a report tells of. What is not known stays zero, and its part says so or is left out.
type Subject struct {
	Version  string        // of the program
	Now      time.Time     // when the report is made
	Began    time.Time     // when the program was started; zero = it does not run
	System   []Fact        // nil = this one
	Settings *vpn.Settings // as they are in force, or as they stand in the file
	Status   *vpn.Status   // nil = the program does not run
	Stories  []vpn.Story   // the newest connections, oldest first
	Bus      []bus.TopicInfo
	Log      Log
	Crash    Crash
	Missing  []string // what could not be had, a sentence each

	Known redact.Known // of the user and this computer
}

// Log is the text of the log, oldest line first.
type Log struct {
	Text string
	From string // where it was, for the reader: "memory", or a file's name
	Gone uint64 // older lines that are not there any more, as far as is known
}

// Crash is what the Go runtime wrote when the last run ended in the middle of something.
type Crash struct {
	Text string // "" = it did not
	At   time.Time
}

// Report is a finished report.
type Report struct {
	Parts  []Part         `json:"parts"`  // in the order in which to read them
	Hidden map[string]int `json:"hidden"` // how much was replaced, by kind, as redact names them
	At     time.Time      `json:"at"`
}

// Part is one file of it.
type Part struct {
	Name  string `json:"name"`  // of the file
	About string `json:"about"` // one line, English
	Text  string `json:"text"`
}

// Make makes a report. It takes some milliseconds for each megabyte of log.
func Make(s Subject) Report {
	r := redact.New(s.known())
	var parts []Part
	add := func(name, about, text string) {
		if text != "" {
			parts = append(parts, Part{Name: name, About: about, Text: r.String(hidePlaces(text))})
		}
	}
	add("state.txt", "the connection and the node at this moment", stateText(s.Status))
	add("timeline.txt", "the phases of the last connections, without places", timelineText(s.Stories))
	add("settings.json", "the settings, without where you were last", settingsText(s.Settings))
	add("bus.txt", "how much passed between the program's parts", busText(s.Bus))
	add("crash.txt", "how the last run ended", crashText(s.Crash))
	add("log.txt", "the log", logText(s.Log))
	hidden := map[string]int{}
	for k, n := range r.Counts() {
		hidden[k.String()] = n
	}
	about := Part{Name: "about.txt", About: "the program and the system", Text: r.String(aboutText(s, hidden))}
	return Report{Parts: slices.Insert(parts, 0, about), Hidden: hidden, At: s.Now}
}

// known adds what the subject itself tells of the user: the providers that he used are recognised by their form.
func (s *Subject) known() redact.Known {
	k := s.Known
	k.Secrets = slices.Clone(k.Secrets)
	if s.Status != nil && s.Status.Exit.City != "" {
		k.Secrets = append(k.Secrets, s.Status.Exit.City)
	}
	for _, story := range s.Stories {
		for _, step := range story.Steps {
			if c := step.Exit.City; c != "" && !slices.Contains(k.Secrets, c) {
				k.Secrets = append(k.Secrets, c)
			}
		}
	}
	return k
}

// Without is the report without the parts of these names. A name that it does not have is an error.
func (r Report) Without(names ...string) (Report, error) {
	for _, n := range names {
		if !slices.ContainsFunc(r.Parts, func(p Part) bool { return p.Name == n }) {
			return r, fmt.Errorf("the report has no part %q; there are: %s", n, strings.Join(r.Names(), ", "))
		}
	}
	r.Parts = slices.DeleteFunc(slices.Clone(r.Parts), func(p Part) bool { return slices.Contains(names, p.Name) })
	return r, nil
}

// Names are those of the parts.
func (r Report) Names() []string {
	out := make([]string, len(r.Parts))
	for i, p := range r.Parts {
		out[i] = p.Name
	}
	return out
}

// FileName is what the report is saved as unless the user says otherwise.
func (r Report) FileName() string {
	return "mysteriumvpn-report-" + r.At.Local().Format("20060102-150405") + ".zip"
}

// Zip writes the report as a zip file. The same report gives the same bytes.
func (r Report) Zip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, p := range r.Parts {
		f, err := z.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate, Modified: r.At.UTC()})
		if err == nil {
			_, err = io.WriteString(f, p.Text)
		}
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// kindWords are what redact's kinds are called by people.
var kindWords = map[string]string{
	"key": "keys", "token": "tokens", "secret": "secrets", "identity": "identities", "hash": "hashes", "session": "sessions",
	"ip": "IP addresses", "mac": "MAC addresses", "host": "host names", "email": "e-mail addresses",
	"home": "home folders", "user": "user names", "encoded": "encoded texts",
}

// KindWord is what a kind of Report.Hidden is called, in English.
func KindWord(kind string) string { return cmp.Or(kindWords[kind], kind) }

// HiddenText says in words how much was replaced: "host names (3), IP addresses (12)".
func HiddenText(hidden map[string]int) string {
	if len(hidden) == 0 {
		return "nothing had to be replaced"
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(hidden)) {
		words = append(words, fmt.Sprintf("%s (%d)", KindWord(k), hidden[k]))
	}
	return strings.Join(words, ", ")
}
