package tequilatest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
)

// A test would call NewNode(t), which needs no Close.
func Example() {
	node, err := tequilatest.Start(tequilatest.InMemory())
	if err != nil {
		panic(err)
	}
	node.AddIdentity("0xaa", "", tequilapi.Wei(5e18))
	node.SetProposals(tequilapi.Proposal{ProviderID: "0x11", ServiceType: "wireguard"})
	c := node.Client()
	ctx := context.Background()

	// The node fails once, in the real one's words, …
	node.Fail("GET", "/proposals", tequilapi.Error{Status: 500, Code: "err_proposals_query", Message: "Proposal query failed"})
	_, err = c.Proposals(ctx, tequilapi.ProposalQuery{})
	fmt.Println(errors.Is(err, tequilapi.ErrProposalsQuery))

	// … connects, …
	if err := c.UnlockIdentity(ctx, "0xaa", ""); err != nil {
		panic(err)
	}
	k, err := c.Connect(ctx, tequilapi.ConnectRequest{ConsumerID: "0xaa"})
	fmt.Println(k.Status, err)

	// … and its provider goes away.
	node.ProviderGone("0x11")
	k, err = c.Connection(ctx, 0)
	fmt.Println(k.Status, err)

	fmt.Println(node.Close()) // all failures that were ordered were met
	// Output:
	// true
	// Connected <nil>
	// NotConnected <nil>
	// <nil>
}
