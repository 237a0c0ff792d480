package desktop

// Helper says what of the root helper mysteriumvpn-netd is on this computer, and what makes it run.
type Helper struct {
	Installed bool   // its program is where the packages put it
	Start     string // the command that EnableHelper runs, word for word; "" = it cannot be run from here
	Terminal  string // the command to type in a terminal; "" = there is no helper for this system
}
