// mysteriumvpn-netd is the root helper of MysteriumVPN on Linux: internal/netd says what it does. It is a static program
// of its own, so that little runs as root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mysteriumvpn/desktop/internal/netd"
	"github.com/mysteriumvpn/desktop/internal/netd/wire"
)

// version is set by the build.
var version = "dev"

const usage = `mysteriumvpn-netd keeps this computer's traffic in the tunnel of MysteriumVPN, or blocked. It needs root.

  serve [--socket PATH] [--allow UID]...
                  answer clients, at PATH or on systemd's socket; users named by --allow may talk to it as well as
                  root, the members of the group mysteriumvpn and the user who sits at the computer
  status          say what is let out now
  unblock         say "disconnect" for a program that has gone; lockdown stays
  lockdown on|off block whenever nobody is connected, from before the network comes up
  lan on|off      let the local network be reached
  reset           put the network back as it was before us, and forget the switches; needs no helper that runs
  boot            block if lockdown is on, and end; run by systemd before the network comes up
  version         print the version

status, unblock, lockdown, lan and reset take --socket PATH, too. --state FOLDER, for a helper started by hand, is
where switches, backups and locks are kept; --resolv FILE is the file of DNS servers; --bus ADDRESS is D-Bus; --node
PROGRAM starts and stops the Mysterium node, by the words start and stop; --passwd FILE has its user.
`

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mysteriumvpn-netd:", err)
		os.Exit(1)
	}
}

// options are what root says at the start; nothing of it can come from a client.
type options struct {
	socket string
	allow  []uint32
	paths  netd.Paths
	lease  time.Duration
	words  []string
}

func parse(args []string) (options, error) {
	o := options{socket: netd.SocketPath, paths: netd.SystemPaths()}
	f := flag.NewFlagSet("", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.socket, "socket", o.socket, "")
	f.StringVar(&o.paths.Resolv, "resolv", o.paths.Resolv, "")
	f.StringVar(&o.paths.Node, "node", o.paths.Node, "")
	f.StringVar(&o.paths.Passwd, "passwd", o.paths.Passwd, "")
	f.StringVar(&o.paths.Bus, "bus", o.paths.Bus, "")
	f.DurationVar(&o.lease, "lease", netd.DefaultLease, "")
	f.Func("state", "", func(v string) error { o.paths.Kept, o.paths.Run = v+"/kept", v+"/run"; return nil })
	f.Func("allow", "", func(v string) error {
		uid, err := strconv.ParseUint(v, 10, 32)
		o.allow = append(o.allow, uint32(uid))
		return err
	})
	for len(args) > 0 { // options may stand behind words, too
		if err := f.Parse(args); err != nil {
			return o, err
		}
		if args = f.Args(); len(args) > 0 {
			o.words, args = append(o.words, args[0]), args[1:]
		}
	}
	return o, nil
}

// requests are what a helper that runs is asked for, by the words of the command line.
var requests = map[string]wire.Request{
	"status": {Verb: wire.Status}, "unblock": {Verb: wire.Disconnect}, "reset": {Verb: wire.Reset},
	"lockdown on": {Verb: wire.Lockdown, On: true}, "lockdown off": {Verb: wire.Lockdown},
	"lan on": {Verb: wire.LAN, On: true}, "lan off": {Verb: wire.LAN},
}

func run(args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	command := strings.Join(o.words, " ")
	switch command {
	case "", "help":
		fmt.Fprint(out, usage)
		return nil
	case "version":
		fmt.Fprintln(out, "mysteriumvpn-netd version", version)
		return nil
	case "serve":
		return serve(o)
	case "boot":
		phase, err := netd.Boot(o.paths, logLine)
		fmt.Fprintln(out, phase)
		return err
	case "unblock":
		return here(o, command, out, netd.UnblockHere)
	case "reset":
		return here(o, command, out, netd.ResetHere)
	}
	if r, ok := requests[command]; ok {
		return ask(o.socket, r, out)
	}
	return fmt.Errorf("there is no %q; `mysteriumvpn-netd help` lists what there is", command)
}

// logLine writes to stderr, which systemd gives to the journal.
func logLine(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func serve(o options) error {
	if os.Geteuid() != 0 {
		return errors.New("serve needs root")
	}
	lock, err := netd.Lock(o.paths)
	if err != nil {
		return err
	}
	defer lock.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	s, err := netd.NewServer(netd.Options{Paths: o.paths, Allow: o.allow, Lease: o.lease, Log: logLine})
	if err != nil {
		logLine("%v", err) // clients hear of it, and can disconnect
	}
	l, err := netd.Listen(o.socket)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if err := netd.Ready(); err != nil {
		logLine("%v", err)
	}
	logLine("mysteriumvpn-netd %s listens", version)
	return s.Serve(ctx, l)
}

var errNoHelper = errors.New("mysteriumvpn-netd does not answer: install the package, or start `mysteriumvpn-netd serve` as root")

// ask asks the helper at path one thing, and tells how things stand then.
func ask(path string, r wire.Request, out io.Writer) error {
	c, err := net.DialUnix(wire.Network, nil, &net.UnixAddr{Name: path, Net: wire.Network})
	if err != nil {
		return fmt.Errorf("%w (%w)", errNoHelper, err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second)) // nft has 10 of it
	if err = wire.Send(c, r.Append(nil)); err != nil {
		return err
	}
	packet, err := wire.Receive(c, make([]byte, wire.MaxPacket+1)) // no file comes with these
	if err != nil {
		return err
	}
	a, err := wire.ParseAnswer(packet)
	if err != nil {
		return err
	}
	if a.Code != wire.OK {
		return errors.New(a.Text)
	}
	return tell(out, a)
}

func tell(out io.Writer, a wire.Answer) error {
	onOff := map[bool]string{true: "on", false: "off"}
	fmt.Fprintf(out, "%s\nlockdown %s\nlan %s\n", a.Phase, onOff[a.Lockdown], onOff[a.LAN])
	if a.Held {
		fmt.Fprintf(out, "held by user %d\n", a.Owner)
	}
	if a.Notice != "" {
		fmt.Fprintln(out, a.Notice)
	}
	if a.Exposed {
		return errors.New("the firewall could not be set, so it is not certain that anything is blocked")
	}
	return nil
}

// here does what needs no helper. One that runs is asked, since it would put back what was taken from under it.
func here(o options, command string, out io.Writer, do func(netd.Paths, netd.LogFunc) (wire.Phase, error)) error {
	lock, err := netd.Lock(o.paths)
	if errors.Is(err, netd.ErrRunning) {
		if err = ask(o.socket, requests[command], out); errors.Is(err, errNoHelper) {
			err = fmt.Errorf("the helper that runs does not answer; end it and try again: %w", err)
		}
		return err
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	phase, err := do(o.paths, logLine)
	fmt.Fprintln(out, phase)
	return err
}
