package vpn

// Settings are what the user may choose and what survives a restart. The zero value works, and it is comparable, so
// that a bus.State can drop repeats: lists are strings with commas between.
type Settings struct {
	Network     Network `json:"network,omitempty"`      // "" = Sandbox
	Proxy       string  `json:"proxy,omitempty"`        // host:port; "" = a free loopback port at the next start, then kept
	ProxyExpose bool    `json:"proxy_expose,omitempty"` // Proxy may be other than loopback
	Mode        Mode    `json:"mode,omitempty"`         // "" = ProxyMode; for the next connection
	NodeProgram string  `json:"node_program,omitempty"` // path of the Mysterium node; "" = it is looked for
	DNS         string  `json:"dns,omitempty"`          // "" = the provider's, "system", or addresses; for the next connection
	LastExit    string  `json:"last_exit,omitempty"`    // provider id of the last connection that came up
	LastCountry string  `json:"last_country,omitempty"` // its country

	// Which exits are shown and chosen among, where the choice is left to us.
	FilterQuality string `json:"filter_quality,omitempty"` // "medium", "high": at least; "" = any
	FilterPrice   string `json:"filter_price,omitempty"`   // per GiB, in wei: at most; "" = any
	FilterIPType  string `json:"filter_ip_type,omitempty"` // as the node names it; "" = any
	FilterNAT     bool   `json:"filter_nat,omitempty"`     // only providers that can be reached through the NAT here, as the node finds out
	FilterPreset  int    `json:"filter_preset,omitempty"`  // one of the node's own lists, by its number; 0 = none

	// Which exits are listed at all that the node leaves out by itself.
	ListRestricted bool `json:"list_restricted,omitempty"` // those that serve only members of some list
	ListFailing    bool `json:"list_failing,omitempty"`    // those that failed the network's own checks

	// What may be spent, in wei; "" = any amount.
	SpendLimit    string `json:"spend_limit,omitempty"`     // by one connection
	SpendLimitDay string `json:"spend_limit_day,omitempty"` // by all of one day

	ConnectOnStart bool `json:"connect_on_start,omitempty"` // to LastCountry, to LastExit if that is an own server in no country, or quick connect
	StartAtLogin   bool `json:"start_at_login,omitempty"`
	StartHidden    bool `json:"start_hidden,omitempty"`     // in the tray, where the desktop has one
	UseForComputer bool `json:"use_for_computer,omitempty"` // set the desktop's proxy while connected

	Theme         string `json:"theme,omitempty"`          // "dark", "light"; "" = as the desktop has it
	Language      string `json:"language,omitempty"`       // BCP 47, for example "de"; "" = as the desktop has it
	TextSize      string `json:"text_size,omitempty"`      // "small", "large", "larger"; "" = normal
	ReducedMotion bool   `json:"reduced_motion,omitempty"` // nothing moves by itself

	CountUsage bool `json:"count_usage,omitempty"` // count how the program is used, on this computer only; the user has asked for it

	// Notifications that are switched off.
	QuietConnected bool `json:"quiet_connected,omitempty"`
	QuietLost      bool `json:"quiet_lost,omitempty"`
	QuietGaveUp    bool `json:"quiet_gave_up,omitempty"`
}
