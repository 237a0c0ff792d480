package main

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// startOptions are the flags of the window and of `run`, which start the same core.
type startOptions struct {
	network     string
	mode        string
	netd        string
	proxy       string
	proxyExpose bool
	exits       exitOptions
	nodeProgram string
	apiAddress  string
	apiPort     int
	hidden      bool   // the window's alone
	home        string // as it was given
}

// exitOptions are the flags of the sandbox's exits; `node` has them, and what starts a node hands them on.
type exitOptions struct {
	allow []string
	dns   string
}

func (o *exitOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.allow, "exit.allow", nil, "sandbox: also let exits reach this `PREFIX`, though it is private or\nthis computer's own; may be given more than once")
	f.StringVar(&o.dns, "exit.dns", "", "sandbox: the name server `ADDR` that exits ask, host:port\n(default: this computer's)")
}

func (o *startOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.mode, "mode", "", "what goes through the tunnel: `proxy|device` (default: as chosen last, at first proxy)")
	f.StringVar(&o.netd, "netd", "", "the socket `PATH` of the root helper mysteriumvpn-netd, for device mode\n(default: "+helperSocket+")")
	f.StringVar(&o.network, "network", "", "the network `NAME` that exits come from: sandbox, mysterium or own\n(default: as chosen last, at first sandbox)")
	f.StringVar(&o.proxy, "proxy", "", "let programs reach the tunnel at this `ADDR`, host:port; kept for later\nstarts (default: a free loopback port at the first start, then the same)")
	f.BoolVar(&o.proxyExpose, "proxy-expose", false, "allow --proxy to be other than a loopback address: then anybody who\nreaches it can use the tunnel")
	o.exits.flags(cmd)
	f.StringVar(&o.nodeProgram, "node.program", "", "run this program, by its `PATH`, as the node\n(default: on mysterium myst as it is installed, else this one)")
	f.StringVar(&o.apiAddress, "tequilapi.address", "127.0.0.1", "the IP address `A` where the node's API is or shall be")
	f.IntVar(&o.apiPort, "tequilapi.port", 0, "its `PORT`; a node of yours that answers there already is used as it is\n(default: a free one)")
}

// check finds what is wrong with the flags before anything is started.
func (o *startOptions) check(cmd *cobra.Command) error {
	if o.mode != "" && o.mode != string(vpn.ProxyMode) && o.mode != string(vpn.DeviceMode) {
		return usagef(cmd, "--mode "+quoted(o.mode)+" is not known; there are: proxy, device")
	}
	if _, err := networkNamed(o.network); err != nil {
		return usagef(cmd, err.Error())
	}
	if err := checkProxy(o.proxy, o.proxyExpose); err != nil {
		return usagef(cmd, err.Error())
	}
	if _, err := netip.ParseAddr(o.apiAddress); err != nil {
		return usagef(cmd, fmt.Sprintf("--tequilapi.address %s is no IP address", quoted(o.apiAddress)))
	}
	if o.apiPort < 0 || o.apiPort > 65535 {
		return usagef(cmd, fmt.Sprintf("--tequilapi.port %d is not between 0 and 65535", o.apiPort))
	}
	if _, port, err := net.SplitHostPort(o.proxy); err == nil && o.apiPort > 0 && port == strconv.Itoa(o.apiPort) {
		return usagef(cmd, "--proxy and --tequilapi.port need different ports")
	}
	_, err := o.exits.prefixes()
	if err == nil {
		err = o.exits.checkDNS()
	}
	if err != nil {
		return usagef(cmd, err.Error())
	}
	return nil
}

// networkNamed reads --network; "" is "as chosen last".
func networkNamed(s string) (vpn.Network, error) {
	switch n := vpn.Network(s); n {
	case "", vpn.Sandbox, vpn.Mysterium, vpn.Own:
		return n, nil
	default:
		return "", fmt.Errorf("--network %s is not known; there are: sandbox, mysterium, own", quoted(s))
	}
}

func checkProxy(addr string, expose bool) error {
	if addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--proxy %s is not host:port, for example 127.0.0.1:1080", quoted(addr))
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("--proxy %s: the port is not between 0 and 65535", quoted(addr))
	}
	if host == "localhost" {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("--proxy %s: the host must be an IP address or localhost", quoted(addr))
	}
	if !ip.Unmap().IsLoopback() && !expose {
		return fmt.Errorf("--proxy %s can be reached from other computers; add --proxy-expose if that is meant", quoted(addr))
	}
	return nil
}

func (o *exitOptions) prefixes() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range o.allow {
		p, err := netip.ParsePrefix(s)
		if ip, bare := netip.ParseAddr(s); err != nil && bare == nil {
			p, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("--exit.allow %s is no prefix, for example 192.0.2.0/24", quoted(s))
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (o *exitOptions) checkDNS() error {
	if o.dns == "" {
		return nil
	}
	if ip, err := netip.ParseAddr(o.dns); err == nil {
		o.dns = netip.AddrPortFrom(ip, 53).String()
		return nil
	}
	if a, err := netip.ParseAddrPort(o.dns); err != nil || a.Port() == 0 {
		return fmt.Errorf("--exit.dns %s is no address, for example 192.0.2.53:53", quoted(o.dns))
	}
	return nil
}

// nodeArgs are the arguments of `mysteriumvpn node` for these options.
func (o *startOptions) nodeArgs(f folders, network vpn.Network, api string) []string {
	host, port, _ := net.SplitHostPort(api) // cannot fail: net.JoinHostPort made it
	args := []string{
		"node", "--network", string(network), "--home", f.node(string(network)),
		"--tequilapi.address", host, "--tequilapi.port", port, "--supervisor.socket", f.supervisor(),
	}
	if network == vpn.Own {
		return append(args, "--own.dir", f.own().Path)
	}
	for _, a := range o.exits.allow {
		args = append(args, "--exit.allow", a)
	}
	if o.exits.dns != "" {
		args = append(args, "--exit.dns", o.exits.dns)
	}
	return args
}
