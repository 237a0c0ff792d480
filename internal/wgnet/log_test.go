package wgnet

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHousekeepingIsNotLogged(t *testing.T) {
	var said []string
	log := deviceLogger(func(l Level, text string) { said = append(said, text) })
	for _, format := range []string{
		"Routine: TUN reader - started", "%v - Routine: sequential sender - stopped", "UAPI: Updating private key",
		"%v - UAPI: Created", "Interface up requested", "UDP bind has been updated",
	} {
		if format[0] == '%' {
			log.Verbosef(format, "peer(AbCd…WxYz)")
		} else {
			log.Verbosef(format)
		}
	}
	assert.Empty(t, said)
	log.Verbosef("%v - Sending handshake initiation", "peer(AbCd…WxYz)")
	log.Verbosef("%v - Receiving keepalive packet", "peer(AbCd…WxYz)")
	log.Verbosef("Received packet with invalid mac1")
	log.Errorf("Interface %s is gone", "tun0")
	assert.Equal(t, []string{
		"peer(AbCd…WxYz) - Sending handshake initiation", "peer(AbCd…WxYz) - Receiving keepalive packet",
		"Received packet with invalid mac1", "Interface tun0 is gone",
	}, said, "what happens to the connection is, and every error")
}
