package supervisor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/internal/unixsock"
)

// Client asks the supervisor that listens on a socket. Each method makes a connection of its own, so a Client holds
// nothing that must be closed. An answer "error: …" is a *RefusedError; all else that goes wrong is not.
type Client struct {
	Timeout time.Duration // for one command where its ctx has no deadline; 0 = 2 s, and 30 s for Up, Down and Kill
	UID     string        // the user named in wg-up; "" = none. Our own Server does not ask who it is

	dial func(context.Context) (net.Conn, error)
	path string
}

// Dial gives the client of the socket at path. Nothing is opened before the first command.
func Dial(path string) *Client {
	return &Client{path: path, dial: func(ctx context.Context) (net.Conn, error) { return unixsock.Dial(ctx, path) }}
}

// Up sends wg-up and gives the interface's name.
func (c *Client) Up(ctx context.Context, conf Config) (string, error) {
	text, err := conf.Encode()
	if err != nil {
		return "", err
	}
	args := []string{"-config", text}
	if c.UID != "" {
		args = append([]string{"-uid", c.UID}, args...)
	}
	iface, err := c.ask(ctx, 30*time.Second, "wg-up", args...)
	if err != nil {
		return "", err
	}
	if err := checkIface(iface); err != nil {
		return "", fmt.Errorf("supervisor answered wg-up oddly: %w", err)
	}
	return iface, nil
}

// Down sends wg-down.
func (c *Client) Down(ctx context.Context, iface string) error {
	if err := checkIface(iface); err != nil {
		return err
	}
	_, err := c.ask(ctx, 30*time.Second, "wg-down", "-iface", iface)
	return err
}

// Stats sends wg-stats.
func (c *Client) Stats(ctx context.Context, iface string) (Stats, error) {
	if err := checkIface(iface); err != nil {
		return Stats{}, err
	}
	text, err := c.ask(ctx, 2*time.Second, "wg-stats", "-iface", iface)
	if err != nil {
		return Stats{}, err
	}
	var s Stats
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Stats{}, fmt.Errorf("supervisor answered wg-stats oddly: %w", err)
	}
	return s, nil
}

// Version asks for the supervisor's version.
func (c *Client) Version(ctx context.Context) (string, error) {
	return c.ask(ctx, 2*time.Second, "version")
}

// Ping succeeds if a supervisor answers.
func (c *Client) Ping(ctx context.Context) error {
	switch text, err := c.ask(ctx, 2*time.Second, "ping"); {
	case err != nil:
		return err
	case text != "pong":
		return errors.New("supervisor answered ping oddly")
	}
	return nil
}

// DiscoverGateway asks for the host's way out.
func (c *Client) DiscoverGateway(ctx context.Context) (netip.Addr, error) {
	text, err := c.ask(ctx, 2*time.Second, "discover-gateway")
	if err != nil {
		return netip.Addr{}, err
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, errors.New("supervisor answered discover-gateway with something that is not an address")
	}
	return a, nil
}

// ExcludeRoute asks that packets to ip go out by gw and not through the tunnel.
func (c *Client) ExcludeRoute(ctx context.Context, ip, gw netip.Addr) error {
	_, err := c.ask(ctx, 2*time.Second, "exclude-route", "-ip", ip.String(), "-gw", gw.String())
	return err
}

// DeleteRoute takes ExcludeRoute back.
func (c *Client) DeleteRoute(ctx context.Context, ip, gw netip.Addr) error {
	_, err := c.ask(ctx, 2*time.Second, "delete-route", "-ip", ip.String(), "-gw", gw.String())
	return err
}

// SetPort tells the supervisor the port of the node's API, for Kill.
func (c *Client) SetPort(ctx context.Context, port int) error {
	_, err := c.ask(ctx, 2*time.Second, "ta-set-port", strconv.Itoa(port))
	return err
}

// Kill asks that the node be ended. Our own Server refuses unless its Handler is a Killer.
func (c *Client) Kill(ctx context.Context) error {
	_, err := c.ask(ctx, 30*time.Second, "kill")
	return err
}

// ask sends one command over a connection of its own and gives the text behind "ok: ". No error repeats args.
func (c *Client) ask(ctx context.Context, limit time.Duration, name string, args ...string) (string, error) {
	if c.Timeout > 0 {
		limit = c.Timeout
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return "", fmt.Errorf("reach the supervisor at %s: %w", c.path, err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	line, err := exchange(conn, strings.Join(append([]string{name}, args...), " "))
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("supervisor gave no answer to %s: %w", name, err)
	}
	return parseAnswer(name, line)
}

func exchange(conn io.ReadWriter, line string) (string, error) {
	if len(line) > MaxLine {
		return "", errLineTooLong
	}
	if _, err := io.WriteString(conn, line+"\n"); err != nil {
		return "", err
	}
	return readLine(bufio.NewReader(conn))
}

// parseAnswer gives the text behind "ok: " in an answer to the command name.
func parseAnswer(name, line string) (string, error) {
	if line == "ok" {
		return "", nil
	}
	if text, ok := strings.CutPrefix(line, "ok: "); ok {
		return text, nil
	}
	if text, ok := strings.CutPrefix(line, "error:"); ok {
		return "", &RefusedError{Command: name, Text: strings.TrimSpace(text)}
	}
	return "", fmt.Errorf("supervisor answered %s with neither ok nor error", name)
}
