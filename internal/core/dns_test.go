package core

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/mysteriumvpn/desktop/internal/vpn"
	"github.com/mysteriumvpn/desktop/tequilapi"
)

func TestTheNextConnectionAsksTheNameServersOfTheSettings(t *testing.T) {
	inRig(t, func(r *rig) {
		var asked []string
		r.api.OnConnect(func(ctx context.Context, q tequilapi.ConnectRequest) error {
			asked = append(asked, q.DNS)
			return r.wgUp(ctx)
		})
		r.running()
		for _, dns := range []string{"", "system", "9.9.9.9,1.1.1.1"} {
			s := r.topics.Settings.Load()
			s.DNS = dns
			r.topics.Settings.Send(s)
			r.connect(vpn.Target{Country: "NL"})
			r.topics.Commands.Send(vpn.Command{Verb: vpn.Disconnect})
			time.Sleep(time.Second)
			synctest.Wait()
		}
		assert.Equal(t, []string{"provider", "system", "9.9.9.9,1.1.1.1"}, asked)
	})
}
