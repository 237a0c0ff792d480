// Connect connects through a Mysterium node to a country, until Enter: connect 127.0.0.1:4050 DE. It is a stranger's
// program: it knows package tequilapi alone, runs in one goroutine, and people run it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

func main() {
	ctx := context.Background()
	node := must(tequilapi.New(os.Args[1]))
	me := must(node.CurrentIdentity(ctx, "", "")) // the one the node remembers, unlocked
	ask := tequilapi.ConnectRequest{ConsumerID: me, ServiceType: tequilapi.ServiceWireGuard, Filter: tequilapi.ConnectFilter{CountryCode: os.Args[2]}}
	conn := must(node.Connect(ctx, ask))
	fmt.Println(conn.Status, "to", conn.Proposal.ProviderID, "and seen at", must(node.ConnectionIP(ctx)))
	_, _ = fmt.Scanln()
	must(0, node.Disconnect(ctx, 0))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
