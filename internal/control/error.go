package control

import (
	"errors"
	"log"
	"strings"
)

// ErrNotRunning is why there is nobody to talk to. Its text is what the user should read.
var ErrNotRunning = errors.New(`MysteriumVPN is not running. Start it with "mysteriumvpn" (the window) or "mysteriumvpn run" (in this terminal).`) //nolint:staticcheck // a sentence for the user, printed as it is

// ErrEnded is why a wish has no outcome: the program went away before it was known.
var ErrEnded = errors.New("MysteriumVPN ended before it was done. Start it again.") //nolint:staticcheck // likewise

// ErrSilent is why a question has no answer: the program is there, and is stopped or hangs.
var ErrSilent = errors.New("MysteriumVPN runs, but does not answer. Try again in a moment; if that does not help, end its process and start it again.") //nolint:staticcheck // likewise

// ErrOtherUser is why there is no answer either.
var ErrOtherUser = errors.New("The MysteriumVPN that runs there belongs to another user. Only that user can talk to it.") //nolint:staticcheck // likewise

// ErrNotTakenBack is why a connect that was cancelled may still come about.
var ErrNotTakenBack = errors.New(`MysteriumVPN did not answer, so it may still connect. See "mysteriumvpn status", or use "mysteriumvpn disconnect".`) //nolint:staticcheck // likewise

// The codes of Error that callers may want to tell apart.
const (
	CodeNoConnection = "no_connection" // no such connection is remembered
	CodeVersion      = "version"       // the program and the command do not understand each other
	CodeBadWhere     = "bad_where"     // WHERE is no place to come out
	CodeNoWindow     = "no_window"     // the program runs without one

	codeNoCall = "no_such_call" // the program does not know a path; it is older
)

// Error is a refusal: a code for programs, and a sentence that says what was wrong and what to do.
type Error struct {
	Code       string   `json:"code"`
	Text       string   `json:"text"`
	DidYouMean []string `json:"did_you_mean,omitempty"` // for CodeBadWhere
}

// Error is the sentence.
func (e *Error) Error() string { return e.Text }

// errorDoc is how an Error travels.
type errorDoc struct {
	Error *Error `json:"error"`
}

// quiet takes what net/http has to say of clients that went away: they know it themselves.
var quiet = log.New(nowhere{}, "", 0)

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// sentence makes an error a sentence for a person: a capital first, a full stop last.
func sentence(text string) string {
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return text
}
