package netd

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestStrangersTakeNobodysPlace: who may not talk to the helper cannot keep out who may.
func TestStrangersTakeNobodysPlace(t *testing.T) {
	s := &Server{users: map[uint32]int{}, open: map[*net.UnixConn]bool{}}
	var theirs []*net.UnixConn
	for uid := range uint32(maxConns * 2) {
		c := new(net.UnixConn)
		if s.enter(c, 2000+uid, false) {
			theirs = append(theirs, c)
		}
	}
	assert.Len(t, theirs, maxStrangers, "of all users together")
	for i := range maxConns {
		assert.True(t, s.enter(new(net.UnixConn), uint32(1000+i/maxUserConns), true), "guest %d", i)
	}
	assert.False(t, s.enter(new(net.UnixConn), 1999, true), "guests are bounded, too")
	assert.True(t, s.enter(new(net.UnixConn), 0, true), "root always may")
	s.leave(theirs[0], 2000)
	assert.False(t, s.enter(new(net.UnixConn), 1999, true), "a stranger's place is no guest's")
	assert.True(t, s.enter(theirs[0], 2000, false), "it is another stranger's")
	for i, c := range theirs {
		s.leave(c, uint32(2000+i))
	}
	assert.Zero(t, s.strangers)
}
