package tequilatest

import "github.com/mysteriumvpn/desktop/tequilapi"

// Restart makes it as if the node's process had ended and another one had started: identities are locked again and
// there is no connection. What is kept on disk stays.
func (n *Node) Restart() {
	n.change(func() {
		for _, i := range n.ids {
			i.unlocked = false
		}
		n.statusLocked(tequilapi.NotConnected)
	})
}
