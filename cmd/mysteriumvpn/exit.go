package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/exit"
	"github.com/mysteriumvpn/desktop/internal/own"
	"github.com/mysteriumvpn/desktop/internal/store"
	"github.com/mysteriumvpn/desktop/internal/wgconf"
	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

// exitFlags are those of `mysteriumvpn exit`.
type exitFlags struct {
	listen, out, name, endpoint string
	country, city               string
	quiet                       bool
	exits                       exitOptions
}

// newExit is `mysteriumvpn exit`: the exit of the sandbox as a command of its own, for a machine of the user's.
func newExit() *cobra.Command {
	o := &exitFlags{}
	cmd := &cobra.Command{
		Use:   "exit --listen ADDR:PORT --out DIR",
		Short: "Run an exit of your own on this machine, in the foreground; Ctrl-C ends it",
		Long: `Run a WireGuard exit on this machine, in the foreground and without privileges: who has its configuration leaves the
internet from here. It writes that configuration for one device as a .conf file, and on a terminal shows it as a QR code
that WireGuard's apps read. Whoever has the file can use the exit: keep it as you keep a key.

On the other machine: 'mysteriumvpn own add FILE', then 'mysteriumvpn run --network own', or choose "Own servers" in
the window's settings. The file works with any other WireGuard client too.

Started again with the same --out and --name it has the same keys. UDP at the port must be let through to here.
This machine's own network and loopback cannot be reached through it, unless --exit.allow says so.`,
		Example: `  mysteriumvpn exit --listen 203.0.113.5:51820 --out exit
  mysteriumvpn exit --listen 0.0.0.0:51820 --endpoint home.example.org:51820 --out exit`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "", "listen at this `ADDR:PORT`, UDP")
	f.StringVar(&o.out, "out", "", "keep the keys and write the configuration in this folder `DIR`")
	f.StringVar(&o.name, "name", "own-exit", "the configuration is DIR/`NAME`.conf")
	f.StringVar(&o.endpoint, "endpoint", "", "what the configuration says is `HOST:PORT` of this exit, if that is not\n--listen, as behind a router")
	f.StringVar(&o.country, "country", "", "what it says is this machine's country, `CC` being the code")
	f.StringVar(&o.city, "city", "", "what it says is this machine's `CITY`")
	f.BoolVar(&o.quiet, "quiet", false, "do not print the QR code")
	o.exits.flags(cmd)
	f.Lookup("exit.allow").Usage = "also let clients reach this `PREFIX`, though it is private or this\nmachine's own; may be given more than once"
	f.Lookup("exit.dns").Usage = "the name server `ADDR` that is asked for clients, host:port\n(default: this machine's)"
	return cmd
}

// check reads the flags, or says what is wrong with them.
func (o *exitFlags) check() (listen netip.AddrPort, endpoint wgconf.Endpoint, err error) {
	listen, err = netip.ParseAddrPort(o.listen)
	switch {
	case o.listen == "":
		return listen, endpoint, errors.New("--listen is missing, for example --listen 203.0.113.5:51820")
	case err != nil || listen.Addr().Zone() != "" || listen.Addr().IsMulticast():
		return listen, endpoint, fmt.Errorf("--listen %s is no IP address and port, for example 203.0.113.5:51820", quoted(o.listen))
	case listen.Port() == 0:
		return listen, endpoint, errors.New("--listen needs a port of its own, for example 51820: the configuration names it")
	case o.out == "":
		return listen, endpoint, errors.New("--out is missing: the folder for the keys and the configuration")
	case o.country != "" && wgconf.CountryCode(o.country) == "":
		return listen, endpoint, fmt.Errorf("--country %s is no code of a country, for example CH", quoted(o.country))
	}
	where := o.endpoint
	if where == "" {
		if listen.Addr().IsUnspecified() {
			return listen, endpoint, fmt.Errorf("--listen %s is every address of this machine, so the configuration cannot name one: say with --endpoint where others reach it, for example --endpoint home.example.org:%d", o.listen, listen.Port())
		}
		where = netip.AddrPortFrom(listen.Addr().Unmap(), listen.Port()).String()
	}
	if endpoint, err = wgconf.ParseEndpoint(where); err != nil {
		return listen, endpoint, fmt.Errorf("--endpoint %s is no host and port, for example home.example.org:51820", quoted(where))
	}
	return listen, endpoint, nil
}

func (o *exitFlags) run(cmd *cobra.Command) error {
	listen, endpoint, err := o.check()
	if err != nil {
		return usagef(cmd, err.Error())
	}
	allow, err := o.exits.prefixes()
	if err == nil {
		err = o.exits.checkDNS()
	}
	if err != nil {
		return usagef(cmd, err.Error())
	}
	name := own.CleanName(o.name)
	keys, err := readExitKeys(filepath.Join(o.out, name+".keys"))
	if err != nil {
		return err
	}
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	e := exit.New(keys.options(listen, allow, o.exits.dns, func(l wgnet.Level, text string) {
		if l == wgnet.LevelError {
			fmt.Fprintln(errs, text)
		}
	}))
	defer e.Close()
	conf, err := keys.conf(endpoint, wgconf.CountryCode(o.country), wgconf.CityName(o.city))
	if err != nil {
		return err
	}
	peer, err := keys.peer.PublicKey()
	if err != nil {
		return err
	}
	// First the socket: a file that names an exit which does not run would only mislead.
	if err := e.AddPeerShared(peer, keys.shared, conf.Addresses); err != nil {
		return fmt.Errorf("%w. Is %s an address of this machine, and is no other program at that port?", err, listen)
	}
	text := conf.Encode()
	path := filepath.Join(o.out, name+".conf")
	if err := store.WriteFile(path, text); err != nil {
		return err
	}
	if file, terminal := isTerminal(out); !o.quiet && (terminal || !file) { // a service's journal must not get the keys
		if err := printQR(out, text); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "The exit listens at %s. Its configuration is %s: whoever has it can use the exit.\n", listen, path)
	<-cmd.Context().Done()
	return nil
}

// exitKeys are the keys of an exit and of the one device that may use it.
type exitKeys struct{ exit, peer, shared wgnet.Key }

// exitKeysFile is how they are kept, in base64.
type exitKeysFile struct {
	Exit   string `json:"exit_private_key"`
	Peer   string `json:"peer_private_key"`
	Shared string `json:"preshared_key"`
}

// readExitKeys reads the keys, or makes them where there are none. A file that is damaged is not replaced: the
// configuration that is out there would be worth nothing, without a word.
func readExitKeys(path string) (k exitKeys, err error) {
	var f exitKeysFile
	data, err := os.ReadFile(path) // not by store.ReadJSON, which moves a damaged file aside: the next start would find none
	if errors.Is(err, fs.ErrNotExist) {
		k = exitKeys{wgnet.NewPrivateKey(), wgnet.NewPrivateKey(), wgnet.NewPrivateKey()}
		return k, store.WriteJSON(path, exitKeysFile{k.exit.Base64(), k.peer.Base64(), k.shared.Base64()})
	}
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	for _, part := range []struct {
		text string
		key  *wgnet.Key
	}{{f.Exit, &k.exit}, {f.Peer, &k.peer}, {f.Shared, &k.shared}} {
		if err == nil {
			*part.key, err = wgnet.ParseKey(part.text)
		}
		if err == nil && part.key.Zero() {
			err = errors.New("a key is missing")
		}
	}
	if err != nil {
		return exitKeys{}, fmt.Errorf("the keys of the exit in %s cannot be read: %w. Put the file back from a copy, or move it away to get new keys", path, err)
	}
	return k, nil
}

// tunnelAt are the addresses of the nth end of the exit's tunnel: 1 is the exit, 2 the device.
func tunnelAt(n byte) []netip.Addr {
	six := [16]byte{0xfd, 0x5a, 0x5d, 0xb5}
	six[15] = n
	return []netip.Addr{netip.AddrFrom4([4]byte{10, 181, 0, n}), netip.AddrFrom16(six)}
}

// keepalive keeps the way through routers open, in seconds: what WireGuard's documentation advises.
const keepalive = 25

// options are the exit's. It stays open however long nobody comes: nobody would open it again.
func (k *exitKeys) options(listen netip.AddrPort, allow []netip.Prefix, dns string, log wgnet.LogFunc) exit.Options {
	return exit.Options{PrivateKey: k.exit, Address: listen, TunnelAddrs: tunnelAt(1), Allow: allow, DNS: dns, Idle: -1, Log: log}
}

// conf is the configuration of the device.
func (k *exitKeys) conf(at wgconf.Endpoint, country, city string) (*wgconf.Config, error) {
	public, err := k.exit.PublicKey()
	if err != nil {
		return nil, err
	}
	c := &wgconf.Config{
		PrivateKey: k.peer, DNS: tunnelAt(1)[:1], Country: country, City: city,
		Peer: wgconf.Peer{
			PublicKey: public, PresharedKey: k.shared, Endpoint: at, Keepalive: keepalive,
			AllowedIPs: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		},
	}
	for _, a := range tunnelAt(2) {
		c.Addresses = append(c.Addresses, netip.PrefixFrom(a, a.BitLen()))
	}
	return c, nil
}
