package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// cause is the kind of thing that kept a flow from being made. SOCKS5 and HTTP have a code for each.
type cause uint8

const (
	unknownCause   cause = iota // something else went wrong
	notUp                       // no tunnel: nothing was sent
	notAllowed                  // an address that means nothing at the far end, such as loopback
	noNetwork                   // the tunnel carries no such addresses
	noHost                      // the name or the machine does not exist, or no way leads there
	connRefused                 // the machine is there and said no
	timedOut                    // no answer
	badCommand                  // a SOCKS command that is not offered
	badAddressKind              // an address that cannot be dialed at all
)

// reply is the SOCKS5 reply code (RFC 1928, section 6).
func (c cause) reply() byte {
	switch c {
	case notAllowed:
		return 2
	case noNetwork:
		return 3
	case noHost:
		return 4
	case connRefused:
		return 5
	case timedOut:
		return 6
	case badCommand:
		return 7
	case badAddressKind:
		return 8
	case unknownCause, notUp:
		return 1
	default:
		return 1
	}
}

// status is the HTTP status code.
func (c cause) status() int {
	switch c {
	case notUp:
		return http.StatusServiceUnavailable
	case notAllowed:
		return http.StatusForbidden
	case timedOut:
		return http.StatusGatewayTimeout
	case badCommand, badAddressKind:
		return http.StatusBadRequest
	case unknownCause, noNetwork, noHost, connRefused:
		return http.StatusBadGateway
	default:
		return http.StatusBadGateway
	}
}

// refusal is why a flow was not made, with a sentence for the person whose program asked.
type refusal struct {
	cause cause
	text  string // a whole sentence without its full stop
	err   error  // what lies behind it; may be nil
}

func (r *refusal) Error() string {
	if r.err != nil {
		return r.text + ": " + r.err.Error()
	}
	return r.text
}

func (r *refusal) Unwrap() error { return r.err }

func refuse(c cause, format string, args ...any) *refusal {
	return &refusal{cause: c, text: fmt.Sprintf(format, args...)}
}

// errNotUp is the refusal of everything while there is no tunnel, and the cause with which a link's context ends.
var errNotUp = refuse(notUp, "the VPN is not connected, so nothing was sent; connect first, then try again")

// kinds tells gVisor's errors apart. gonet keeps only their text.
var kinds = map[string]cause{
	(&tcpip.ErrConnectionRefused{}).String():  connRefused,
	(&tcpip.ErrConnectionReset{}).String():    connRefused,
	(&tcpip.ErrNetworkUnreachable{}).String(): noNetwork,
	(&tcpip.ErrHostUnreachable{}).String():    noHost,
	(&tcpip.ErrHostDown{}).String():           noHost,
	(&tcpip.ErrNoNet{}).String():              noNetwork,
	(&tcpip.ErrTimeout{}).String():            timedOut,
	(&tcpip.ErrBadAddress{}).String():         badAddressKind,
	(&tcpip.ErrConnectionAborted{}).String():  notUp, // only a stack that closes does that
}

var errnos = []struct {
	errno syscall.Errno
	cause cause
}{
	{syscall.ECONNREFUSED, connRefused},
	{syscall.ECONNRESET, connRefused},
	{syscall.ENETUNREACH, noNetwork},
	{syscall.EHOSTUNREACH, noHost},
	{syscall.ETIMEDOUT, timedOut},
}

// explain turns the error of a dial to t into a refusal.
func explain(t target, err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	c := causeOf(err)
	text := "connecting to %s through the tunnel went wrong"
	switch c {
	case noNetwork:
		text = "the tunnel does not lead to %s"
	case noHost:
		text = "%s cannot be reached from the exit"
	case connRefused:
		text = "%s refused the connection"
	case timedOut:
		text = "%s did not answer in time"
	case notUp:
		return errNotUp
	case unknownCause, notAllowed, badCommand, badAddressKind:
	default:
	}
	return &refusal{cause: c, text: fmt.Sprintf(text, t), err: err}
}

func causeOf(err error) cause {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return timedOut
	}
	for _, e := range errnos {
		if errors.Is(err, e.errno) {
			return e.cause
		}
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if c, ok := kinds[e.Error()]; ok {
			return c
		}
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return timedOut
	}
	return unknownCause
}
