package supervisor

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// Server answers the node. The zero values of its fields work, but Handler must be set.
type Server struct {
	Handler Handler
	Version string                    // the answer to version; "" = "dev"
	Idle    time.Duration             // how long a connection may take for its next line; 0 = a minute
	Timeout time.Duration             // how long Up and Kill may take; 0 = 30 s
	Conns   int                       // how many connections at a time; 0 = 64
	Log     func(text string)         // told each command that changes something, and each that fails; nil = nobody
	Gateway func() (netip.Addr, bool) // the host's way out; nil = as the host's routes have it

	turn chan struct{} // holds one token; who has it may call Up, Down or Kill
	port atomic.Int32  // of the node's API; 0 = not told
}

// Serve answers the connections of l with h until ctx ends. See Server.Serve.
func Serve(ctx context.Context, l net.Listener, h Handler) error {
	return (&Server{Handler: h}).Serve(ctx, l)
}

// Serve answers the connections of l until ctx ends, closes l, and returns when the last connection is done. Its error
// is ctx's cause, or what became of l. One Server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var conns sync.WaitGroup
	defer conns.Wait()
	defer cancel()
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { _ = l.Close(); close(closed) })
	defer func() {
		if stop() { // not ended by ctx: nobody else closes l
			_ = l.Close()
			return
		}
		<-closed
	}()

	s.turn = make(chan struct{}, 1)
	s.turn <- struct{}{}
	slots := make(chan struct{}, cmp.Or(s.Conns, 64))
	for pause := time.Duration(0); ; {
		c, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = c.Close()
			}
			return context.Cause(ctx)
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept: %w", err)
		case err != nil: // out of file descriptors, for example: it may pass
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log("accept: " + err.Error())
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			continue
		}
		pause = 0
		select {
		case slots <- struct{}{}:
		default:
			_ = c.SetDeadline(time.Now().Add(100 * time.Millisecond))
			_, _ = io.WriteString(c, "error: too many connections\n")
			_ = c.Close()
			continue
		}
		conns.Go(func() {
			defer func() { <-slots }()
			s.converse(ctx, c)
		})
	}
}

// converse answers one connection's lines until it says bye, closes, or is idle for too long.
func (s *Server) converse(ctx context.Context, c net.Conn) {
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	in := bufio.NewReaderSize(c, 4096)
	for {
		_ = c.SetReadDeadline(time.Now().Add(cmp.Or(s.Idle, time.Minute)))
		if ctx.Err() != nil { // asked after the line above, which may have undone AfterFunc's
			return
		}
		line, err := readLine(in)
		if errors.Is(err, errLineTooLong) {
			s.reply(c, "", err)
			return
		}
		if err != nil {
			return
		}
		cmd, err := parseLine(line)
		var result string
		if err == nil {
			result, err = s.do(ctx, cmd)
		}
		if !s.reply(c, result, err) || err == nil && cmd.name == "bye" {
			return
		}
	}
}

// reply writes one answer and reports whether the connection may go on.
func (s *Server) reply(c net.Conn, result string, err error) bool {
	var line string
	switch {
	case err != nil:
		line = "error: " + oneLine(err.Error())
		s.log(line)
	case result != "":
		line = "ok: " + oneLine(result)
	default:
		line = "ok"
	}
	_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, werr := io.WriteString(c, line+"\n")
	return werr == nil
}

func (s *Server) log(text string) {
	if s.Log != nil {
		s.Log(text)
	}
}

// do carries one command out and gives the text behind "ok: ".
func (s *Server) do(ctx context.Context, c command) (string, error) {
	switch c.name {
	case "version":
		return cmp.Or(s.Version, "dev"), nil
	case "ping":
		return "pong", nil
	case "bye":
		return "bye", nil
	case "ta-set-port":
		return "", s.setPort(c.words[0])
	case "kill":
		return "", s.kill(ctx)
	case "wg-up":
		return s.up(ctx, c)
	case "wg-down":
		return "", s.down(ctx, c.flags["iface"])
	case "wg-stats":
		return s.stats(c.flags["iface"])
	case "discover-gateway":
		return s.gateway().String(), nil
	case "exclude-route", "delete-route":
		return "", checkRoute(c)
	}
	return "", errors.New("unknown command") // not reached: parseLine knows the same names
}

func (s *Server) setPort(word string) error {
	n, err := strconv.ParseUint(word, 10, 16)
	if err != nil || n == 0 {
		return errors.New("ta-set-port: not a port between 1 and 65535")
	}
	s.port.Store(int32(n))
	return nil
}

func (s *Server) kill(ctx context.Context) error {
	k, ok := s.Handler.(Killer)
	if !ok {
		return errors.New("kill: this supervisor ends no processes; the program that started the node stops it")
	}
	return s.alone(ctx, func(ctx context.Context) error {
		s.log("kill")
		return k.Kill(ctx, cmp.Or(int(s.port.Load()), DefaultAPIPort))
	})
}

func (s *Server) up(ctx context.Context, c command) (string, error) {
	if u, ok := c.flags["uid"]; ok && !plainUID(u) {
		return "", errors.New("wg-up: -uid is neither a number nor a Windows SID")
	}
	conf, err := DecodeConfig(c.flags["config"])
	if err != nil {
		return "", fmt.Errorf("wg-up: %w", err)
	}
	var iface string
	err = s.alone(ctx, func(ctx context.Context) error {
		s.log(fmt.Sprintf("wg-up: %s, listen port %d, peer %s", conf.Subnet, conf.ListenPort, conf.Peer.Endpoint))
		var err error
		iface, err = s.Handler.Up(ctx, conf)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("wg-up: %s", hideKey(hideKey(err.Error(), conf.PrivateKey), conf.Peer.PresharedKey))
	}
	return cmp.Or(iface, conf.Iface, DefaultIface), nil
}

func (s *Server) down(ctx context.Context, iface string) error {
	if err := checkIface(iface); err != nil {
		return fmt.Errorf("wg-down: %w", err)
	}
	return s.alone(ctx, func(context.Context) error {
		s.log("wg-down " + iface)
		if err := s.Handler.Down(iface); err != nil {
			return fmt.Errorf("wg-down: %w", err)
		}
		return nil
	})
}

func (s *Server) stats(iface string) (string, error) {
	if err := checkIface(iface); err != nil {
		return "", fmt.Errorf("wg-stats: %w", err)
	}
	st, err := s.Handler.Stats(iface)
	if err != nil {
		return "", fmt.Errorf("wg-stats: %w", err)
	}
	b, err := json.Marshal(st)
	if err != nil {
		return "", fmt.Errorf("wg-stats: %w", err)
	}
	return string(b), nil
}

// alone runs do when no other Up, Down or Kill runs, with the timeout.
func (s *Server) alone(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.Timeout, 30*time.Second))
	defer cancel()
	select {
	case <-ctx.Done():
		return fmt.Errorf("another command is still at work: %w", context.Cause(ctx))
	case <-s.turn:
	}
	defer func() { s.turn <- struct{}{} }()
	return do(ctx)
}

// gateway is the host's way out. Nothing here depends on it, as no route is ever touched; but a node that hears of
// none, or of 0.0.0.0, asks again for ever. So when there is none we name an address that nobody has (RFC 5737).
func (s *Server) gateway() netip.Addr {
	find := s.Gateway
	if find == nil {
		find = defaultGateway
	}
	if a, ok := find(); ok && a.IsValid() && !a.IsUnspecified() {
		return a
	}
	return netip.AddrFrom4([4]byte{192, 0, 2, 1})
}

// checkRoute is all there is to exclude-route and delete-route: the tunnel is in this process and takes no route from
// the host, so there is nothing that a provider would have to be excluded from.
func checkRoute(c command) error {
	if _, err := netip.ParseAddr(c.flags["ip"]); err != nil {
		if _, err := netip.ParsePrefix(c.flags["ip"]); err != nil {
			return fmt.Errorf("%s: -ip is neither an address nor a prefix", c.name)
		}
	}
	if _, err := netip.ParseAddr(c.flags["gw"]); err != nil {
		return fmt.Errorf("%s: -gw is not an address", c.name)
	}
	return nil
}

// plainUID reports whether u is a user's number, or a SID as S-1-5-21-….
func plainUID(u string) bool {
	if len(u) > 184 { // the longest SID
		return false
	}
	rest, sid := strings.CutPrefix(u, "S-")
	for _, r := range rest {
		if (r < '0' || r > '9') && (!sid || r != '-') {
			return false
		}
	}
	return rest != ""
}

// hideKey takes a secret key out of a text in the two forms that WireGuard writes it.
func hideKey(text string, k wgnet.Key) string {
	b := k.Base64()
	return strings.NewReplacer(b, "(key)", strings.TrimRight(b, "="), "(key)", hex.EncodeToString(k[:]), "(key)").Replace(text)
}

// oneLine makes a text fit into one answer.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
	const most = MaxLine - len("error: ")
	return s[:min(len(s), most)]
}

// readLine reads up to a line feed, which it drops together with a carriage return before it. A last line without one
// counts too.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine+2 {
			return "", errLineTooLong
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			line = trimEnd(line)
			if len(line) > MaxLine {
				return "", errLineTooLong
			}
			return string(line), nil
		default:
			return "", err
		}
	}
}

func trimEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b
}
