package vpn

import "maps"

// The codes of what the real node and its identity may lack.
const (
	NodeMissing       Code = "node_missing"         // none is installed
	NodeNotOne        Code = "node_not_one"         // A: the program that is no node, B: how that was noticed
	NodeTooOld        Code = "node_too_old"         // A: its version, B: the oldest that can be used
	NodeNotUsed       Code = "node_not_used"        // A: port of a node that runs already, B: why it is not used
	NodeDataLocked    Code = "node_data_locked"     // another node has its data folder open
	NodeCarries       Code = "node_carries"         // the node keeps the tunnel to itself; A: why
	WaitingForNetwork Code = "waiting_for_network"  // the node does not start without it
	Registering       Code = "registering"          // A: identity; its registration is under way
	NotRegisterable   Code = "registration_failed"  // A: identity
	RegistrationDark  Code = "registration_unknown" // A: identity; nobody can tell now
	PriceChanged      Code = "price_changed"        // A: provider id; the node closes a connection then
)

func init() {
	maps.Copy(sentences, map[Code]string{
		NodeMissing:       "No Mysterium node is installed on this computer. Install the program myst (packages and how: github.com/mysteriumnetwork/node/releases), then look again.",
		NodeNotOne:        "The program %[1]s is no Mysterium node: %[2]s. Choose another one, then look again.",
		NodeTooOld:        "The Mysterium node on this computer is too old: version %[1]s, and %[2]s is the oldest that can be used. Update it, then look again.",
		NodeNotUsed:       "A node runs on port %[1]s already and is not used: %[2]s. End it, or start with --tequilapi.port and another port.",
		NodeDataLocked:    "Another node has its data folder open. End that node; this one is started as soon as it is gone.",
		NodeCarries:       "The node keeps the tunnel to itself, as this system does not let it have ours (%[1]s). Bytes are not counted here, UDP does not pass, and an exit that has gone is noticed only after half a minute.",
		WaitingForNetwork: "Waiting for the network: the node does not start without it. It is tried again by itself.",
		Registering:       "Identity %[1]s is being registered. This takes some minutes; then try to connect again.",
		NotRegisterable:   "The registration of identity %[1]s has failed. Register it again, then try to connect again.",
		RegistrationDark:  "Whether identity %[1]s is registered cannot be found out at the moment. Try again in a minute.",
		PriceChanged:      "The price of provider %[1]s has changed, so the node closed the connection. Connecting again at the new price.",
	})
}
