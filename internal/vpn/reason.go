package vpn

import "fmt"

// Reason says why a phase is what it is, or why something was refused: a code that programs compare and translations
// are keyed by, and up to two arguments. The zero Reason explains nothing and prints as "".
type Reason struct {
	Code Code
	A, B string // arguments; their meaning is listed beside the code
}

// Code names a reason. Codes are stable: scripts may compare them.
type Code string

// The codes. Each one's sentence names the cause and what to do.
const (
	NodeIsStarting    Code = "node_starting"      // the node does not answer yet
	NodeWentAway      Code = "node_went_away"     // A: what it said last; it is being restarted
	NodeGaveUp        Code = "node_gave_up"       // A: why
	NodeNotFound      Code = "node_not_found"     // A: program looked for
	NodePortTaken     Code = "node_port_taken"    // A: port
	NodeRefused       Code = "node_refused"       // A: what it said
	NoProposals       Code = "no_proposals"       // the network offers nothing at all
	NoExitInCountry   Code = "no_exit_in_country" // A: country
	NoSuchProvider    Code = "no_such_provider"   // A: provider id
	ProviderFailed    Code = "provider_failed"    // A: provider id, B: what was said
	ProviderSilent    Code = "provider_silent"    // A: seconds
	TryingNext        Code = "trying_next"        // A: provider id, B: why it was left; the next best is dialed
	TunnelFailed      Code = "tunnel_failed"      // A: what was said
	TunnelStalled     Code = "tunnel_stalled"     // the exit stopped answering; being brought back
	ConnectionDropped Code = "connection_dropped" // the node closed it unasked
	DeviceNotHere     Code = "device_not_here"    // device mode on another system than Linux
	DeviceNotSandbox  Code = "device_sandbox"     // likewise; it never can
	HelperAbsent      Code = "helper_absent"      // nobody answers where the helper should
	HelperDenied      Code = "helper_denied"      // the helper lets in others
	HelperMissing     Code = "helper_missing"     // A: what was said
	LeftBlocked       Code = "left_blocked"       // a run ended without a goodbye while it carried the whole device
	HelperLost        Code = "helper_lost"        // what the helper held is blocked
	HelperRefused     Code = "helper_refused"     // A: what was said
	NotOpened         Code = "not_opened"         // A: why the network is still blocked
	GuardOpened       Code = "guard_opened"       // somebody else opened it under a connection
	NotGuarded        Code = "not_guarded"        // A: what was said; traffic may not be protected
	LockdownOn        Code = "lockdown"           // proxy mode cannot connect while it is on
	NotUnlocked       Code = "identity_locked"    // the identity needs unlocking
	NotRegistered     Code = "not_registered"     // A: identity
	NoBalance         Code = "no_balance"         // the identity has too little to pay with
	OnHold            Code = "on_hold"            // the node keeps the tunnel but nothing passes
	ProxyTaken        Code = "proxy_taken"        // A: address
	Cancelled         Code = "cancelled"          // the user took the wish back
	DesktopUnknown    Code = "desktop_unknown"    // A: the desktop
	DesktopNoProgram  Code = "desktop_no_program" // A: the program that sets its proxy
	DesktopRefused    Code = "desktop_refused"    // A: what was said
	DesktopTheirs     Code = "desktop_changed"    // A: the settings that somebody else has changed
	DesktopUsed       Code = "desktop_used"       // what the switch does, said when it is switched on
	NotAtLogin        Code = "not_at_login"       // A: what was said
	FiltersPassNone   Code = "filters_pass_none"  // the best exit was taken although it passes no filter
	AccountUnknown    Code = "account_unknown"    // A: what was said
	AccountRefused    Code = "account_refused"    // A: what was said
	WrongPassphrase   Code = "wrong_passphrase"   // the identity or the file stays locked
	KeyringRefused    Code = "keyring_refused"    // A: what was said
	RegisterRefused   Code = "register_refused"   // A: what was said
	BackupFailed      Code = "backup_failed"      // A: what was said
	BackupSealed      Code = "backup_sealed"      // the node exports only what has no passphrase
	RestoreFailed     Code = "restore_failed"     // A: what was said
	NoSuchIdentity    Code = "no_such_identity"   // A: what was named
	NoBackupHere      Code = "no_backup_here"     // identities of the sandbox and of own servers own nothing
	NotAKey           Code = "not_a_key"          // the file to restore from is something else
	PaymentRefused    Code = "payment_refused"    // A: what was said
	NoAmount          Code = "no_amount"          // A: what was typed
	NotBackedUp       Code = "not_backed_up"      // A: MYST that the identity owns
	SpendLimitRun     Code = "spend_limit"        // A: MYST that one connection may cost
	SpendLimitDay     Code = "spend_limit_day"    // A: MYST that a day may cost
	NoTray            Code = "no_tray"            // the window is shown though it was to start hidden
	SettingsNotKept   Code = "settings_not_kept"  // A: what was said
	CoreRefused       Code = "core_refused"       // A: what was said by the core in another process
)

// sentences are English; translations live in the ui, keyed by code. %[1]s is A and %[2]s is B.
var sentences = map[Code]string{
	NodeIsStarting:    "The node is starting. This takes a few seconds.",
	NodeWentAway:      "The node stopped (%[1]s). It is being started again.",
	NodeGaveUp:        "The node keeps stopping, so it was given up: %[1]s. See the log, then try to connect again.",
	NodeNotFound:      "The node program %[1]s was not found. Install it, then try to connect again.",
	NodePortTaken:     "Another program uses the node's port %[1]s. Close it, then try to connect again.",
	NodeRefused:       "The node refused: %[1]s. Try again or choose another exit.",
	NoProposals:       "No exits are on offer at the moment. Try again in a minute.",
	NoExitInCountry:   "No exit in %[1]s is on offer at the moment. Choose another country.",
	NoSuchProvider:    "Provider %[1]s is not on offer at the moment. Choose another exit.",
	ProviderFailed:    "Provider %[1]s could not be reached: %[2]s. Choose another exit.",
	ProviderSilent:    "The provider did not answer within %[1]s seconds. Choose another exit.",
	TryingNext:        "Provider %[1]s was left (%[2]s). The next best exit is tried.",
	TunnelFailed:      "The tunnel could not be brought up: %[1]s. Try again.",
	TunnelStalled:     "The exit stopped answering. Connecting to it again.",
	ConnectionDropped: "The connection was closed by the node. Connecting again.",
	DeviceNotHere:     "Carrying the whole device is for Linux only so far.",
	HelperAbsent:      "The helper that guards this computer's network does not answer: it is not installed, or was not started.",
	HelperDenied:      "The helper lets in who sits at this computer, and the group mysteriumvpn. Have an administrator run “usermod -aG mysteriumvpn” with your name, then log in again.",
	DeviceNotSandbox:  "Not on the sandbox: its exits run on this very computer, so what they send would go into the tunnel again. Own servers and the Mysterium Network can.",
	HelperMissing:     "The whole device cannot be carried: %[1]s. Or choose to carry only programs that use the proxy.",
	LeftBlocked:       "The last run ended without a goodbye, so nothing leaves this computer. Connect again, or disconnect to open its network.",
	HelperLost:        "The helper that guards this computer's network does not answer. Start it again; until then nothing may pass.",
	HelperRefused:     "The helper that guards this computer's network refused: %[1]s. Nothing was connected.",
	NotOpened:         "This computer's network could not be opened again: %[1]s. Disconnect once more, or run “sudo mysteriumvpn-netd reset”.",
	GuardOpened:       "Somebody else has opened this computer's network (unblock or reset), so the connection was ended. Connect again.",
	NotGuarded:        "Traffic may NOT be protected: the rules that keep it inside the tunnel could not be applied (%[1]s). Disconnect from the network.",
	LockdownOn:        "Lockdown blocks this computer while the whole of it is not connected. Choose to carry the whole device, or switch lockdown off.",
	NotUnlocked:       "The identity is locked. Unlock it, then try to connect again.",
	NotRegistered:     "Identity %[1]s is not registered yet. Register it, then try to connect again.",
	NoBalance:         "The balance is too low for this exit. Top up, or choose a cheaper exit.",
	OnHold:            "The connection is on hold: nothing passes. Disconnect to use the network without it, or connect again.",
	ProxyTaken:        "The proxy address %[1]s is used by another program. Close that program, or start with --proxy and another address.",
	Cancelled:         "Cancelled.",
	DesktopUnknown:    "This desktop (%[1]s) has no proxy setting that the program knows. Set the proxy in each program, or by the lines below.",
	DesktopNoProgram:  "The program %[1]s, which sets this desktop's proxy, cannot be used. Install it, or set the proxy by the lines below.",
	DesktopRefused:    "The desktop's proxy could not be set: %[1]s. Set the proxy in each program instead.",
	DesktopTheirs:     "Somebody else has changed the desktop's proxy meanwhile (%[1]s). That was left as it is; look at the desktop's network settings.",
	DesktopUsed:       "While connected, the desktop's proxy points here. Most programs with a window follow it; those with a proxy setting of their own, and those started in a terminal, may not.",
	NotAtLogin:        "Starting at login could not be switched: %[1]s.",
	FiltersPassNone:   "No exit there passes the filters that are set, so the best of all was taken. Disconnect if that is not meant, or change the filters.",
	AccountUnknown:    "The node cannot tell everything about the account just now: %[1]s. It is asked again by itself.",
	AccountRefused:    "The node refused: %[1]s. Nothing was changed.",
	WrongPassphrase:   "This passphrase is not the right one. Nothing was changed; try again.",
	KeyringRefused:    "The desktop's keyring did not take the passphrase (%[1]s). You will be asked for it after the next start.",
	RegisterRefused:   "The identity could not be registered: %[1]s. Nothing was paid; try again later.",
	BackupFailed:      "The backup was not saved: %[1]s. Choose another place and try again.",
	BackupSealed:      "The node can save only identities that have no passphrase. Copy this one's file from the node's keystore folder; your passphrase opens it.",
	RestoreFailed:     "The identity could not be restored: %[1]s. Check that the passphrase is that of the file.",
	NoSuchIdentity:    "The node has no identity %[1]s. Choose one of those that it has, or restore one from a backup.",
	NoBackupHere:      "Identities on this network own nothing that could be lost: there is nothing to back up and nothing to restore.",
	NotAKey:           "This file holds no identity. Choose the JSON file that was saved as a backup, or one of a keystore folder whose name begins with UTC.",
	PaymentRefused:    "The payment service said no: %[1]s. Nothing was ordered; try again, or choose another way to pay.",
	NoAmount:          "There is no amount in “%[1]s”. Type a number such as 10 or 7.50.",
	NotBackedUp:       "There is no backup of the identity that owns your %[1]s MYST. If this computer is lost, so is the money. Save a backup.",
	SpendLimitRun:     "This connection has cost the %[1]s MYST that you allow for one, so it was ended. Connect again, or change the limit.",
	SpendLimitDay:     "Today's connections have cost the %[1]s MYST that you allow for a day, so this one was ended. Change the limit to go on.",
	NoTray:            "The window was to start hidden, but this desktop shows no tray. Close the window to end the program.",
	SettingsNotKept:   "The settings could not be kept: %[1]s. The disk still has the old ones. Make room or mend the folder; it is tried again with the next change and at the end.",
	CoreRefused:       "MysteriumVPN, which runs apart from this window, did not take that: %[1]s. Nothing was changed; try again.",
}

// Zero reports whether there is nothing to explain.
func (r Reason) Zero() bool { return r.Code == "" }

// Text is the English sentence. A code that is not known prints itself and its arguments, so nothing is lost.
func (r Reason) Text() string {
	if r.Zero() {
		return ""
	}
	s, ok := sentences[r.Code]
	if !ok {
		return fmt.Sprintf("%s %s %s", r.Code, r.A, r.B)
	}
	return fmt.Sprintf(s+"%.0[1]s%.0[2]s", r.A, r.B)
}

// Error makes a Reason usable as an error.
func (r Reason) Error() string { return r.Text() }

// Codes lists all codes, for tests and translations. The order is not defined.
func Codes() []Code {
	out := make([]Code, 0, len(sentences))
	for c := range sentences {
		out = append(out, c)
	}
	return out
}
