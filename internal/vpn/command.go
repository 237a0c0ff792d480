package vpn

// Command is a wish of the user, from the window, the tray or the command line. It travels as an event: each one is
// seen once, in order. Its answer is the Status or Notice that it causes; Status.Command tells when it was taken in.
type Command struct {
	ID     uint64 // from NextCommand; 0 = the sender does not care when it is taken in
	Verb   Verb
	Target Target // for Connect

	Connection string // for Connect: the id of what is asked for; core sets it where it is ""
}

// Verb is what a Command asks for.
type Verb uint8

// The verbs. Zero is no wish at all and is ignored.
const (
	NoVerb      Verb = iota
	Connect          // come out at Target; while connected elsewhere this switches
	Disconnect       // take the connection down, or cancel the one being made
	RestartNode      // start a node again that was given up
	Relist           // ask the node at once what is on offer: own servers were added or removed
	Quit             // disconnect, stop the node, end the program
)

// Target is where the user wants to come out. The zero Target leaves the choice to us: quick connect.
type Target struct {
	Country    string // ISO 3166-1 alpha-2, upper case
	ProviderID string // wins over Country
}

// Quick reports whether the choice is left to us.
func (t Target) Quick() bool { return t == Target{} }

// Severity says how much a Notice matters.
type Severity uint8

// The severities.
const (
	SeverityUnknown Severity = iota
	Info
	Warning
	Error
)

// Notice is a message for the human that is no lasting state: it happened, and it should be seen once.
type Notice struct {
	Severity Severity
	Reason   Reason
}
