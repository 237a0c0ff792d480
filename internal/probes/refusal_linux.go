package probes

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Who has refused a connection: this kernel, or somebody out there whom the packet has reached. Both look alike to a
// program, and the rules' counters do not tell either, since other programs raise them all the time. So the socket hears
// what comes from this computer and is deaf to everybody else: the firewall's reset comes by the loopback interface,
// wherever the connection was bound to, and nothing from outside comes there.

// loopback is the index of that interface in every network namespace.
const loopback = 1

// deafen has a socket drop all segments but this computer's own before TCP sees them.
func deafen(fd int) error {
	const ancillary, ifindex, all = 0xfffff000, 8, 0xffff // SKF_AD_OFF, SKF_AD_IFINDEX, as much as there is
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: ancillary + ifindex},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 0, Jf: 1, K: loopback},
		{Code: unix.BPF_RET | unix.BPF_K, K: all},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	if err != nil {
		return fmt.Errorf("have a socket hear this computer alone: %w", err)
	}
	return nil
}

// heard tells whether a deafened connection has heard a segment, so one of this computer, in answer to the only one that
// it has sent. A router's word that there is no way, or no such port, is no segment.
func heard(fd int) bool {
	i, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && i.Segs_in > 0 && i.Total_retrans == 0
}

// began takes what connect(2) said at once. That is this kernel's own word: nothing has been answered yet.
func (s *shot) began(fd int, err error) {
	switch {
	case err == nil, errors.Is(err, unix.EINPROGRESS):
	case errors.Is(err, unix.ECONNREFUSED):
		s.ended(fd, err)
	default:
		s.sent(err)
	}
}

// ended takes what became of a connection later. Whatever it is, but for the firewall's reset, has come from somebody
// whom the packet has reached, or says that the network could not carry on what the firewall had let pass.
func (s *shot) ended(fd int, err error) {
	s.Said = err.Error()
	if errors.Is(err, unix.ECONNREFUSED) && heard(fd) {
		s.refused = true
		return
	}
	s.left = true
}
