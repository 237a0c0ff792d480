package netd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// runTime is how long a program may take. It works for milliseconds; a kernel that does not answer must not hang us.
const runTime = 10 * time.Second

// firewall puts rulesets into the kernel. It belongs to one goroutine.
type firewall struct {
	nft    string
	tables []string // that the last apply has made
	want   string   // what the kernel said of them after it; what it says now must be the same
}

// apply replaces our tables by those of text, in one transaction, and reads back what the kernel has made of them.
func (f *firewall) apply(text string) error {
	if _, err := output(f.nft, text, "-f", "-"); err != nil {
		return step("set firewall rules", err)
	}
	f.tables = nil
	for _, family := range []string{"inet", "arp"} {
		if strings.Contains(text, "table "+family+" "+tableName+" {") {
			f.tables = append(f.tables, family)
		}
	}
	now, err := f.list()
	if err != nil {
		return step("read firewall rules back", err)
	}
	if (len(f.tables) > 0) != blocks(now) {
		return errors.New("read firewall rules back: the kernel does not have what it was given")
	}
	f.want = now
	return nil
}

// blocks tells whether a listing has the chain that drops what no rule lets out.
func blocks(list string) bool {
	return strings.Contains(list, "hook output priority filter; policy drop;")
}

// changed tells that somebody else has changed our rules since apply.
func (f *firewall) changed() bool {
	now, err := f.list()
	return err != nil || now != f.want
}

// stands tells whether the kernel has rules of ours that block.
func (f *firewall) stands() bool {
	now, err := output(f.nft, "", "list", "table", "inet", tableName)
	return err == nil && blocks(now)
}

// list is all that the kernel has of our tables, without counters.
func (f *firewall) list() (string, error) {
	if len(f.tables) == 0 {
		return output(f.nft, "", "list", "tables", "inet")
	}
	return f.rules("--stateless")
}

// rules lists our tables, with counters unless option says otherwise.
func (f *firewall) rules(option string) (string, error) {
	var all strings.Builder
	for _, family := range f.tables {
		out, err := output(f.nft, "", option, "list", "table", family, tableName)
		if err != nil {
			return "", err
		}
		all.WriteString(out + "\n")
	}
	return all.String(), nil
}

// output runs a program of the system and gives what it prints, without space around it.
func output(program, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), runTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "BY_SYSTEMD=" + os.Getenv("NOTIFY_SOCKET")}
	cmd.WaitDelay = time.Second // what it has started may keep our pipes
	cmd.Stdin = strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, firstLine(said.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return first
}

// watchFirewall calls changed after every change of any rules in this network namespace, ours too, until stop closes
// the socket. Several changes may become one call.
func watchFirewall(changed func()) (stop func(), err error) {
	const nftables = 7 // NFNLGRP_NFTABLES
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, step("watch the firewall", err)
	}
	f := os.NewFile(uintptr(fd), "netlink")
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (nftables - 1)}); err != nil {
		f.Close()
		return nil, step("watch the firewall", err)
	}
	return follow(f, changed), nil
}

// follow calls changed each time that there is something to read in f, until stop closes it.
func follow(f *os.File, changed func()) (stop func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 64<<10)
		for {
			if _, err := f.Read(buf); err != nil && !errors.Is(err, unix.ENOBUFS) { // too many at once still means that there were some
				return
			}
			changed()
		}
	}()
	return func() { f.Close(); <-ended }
}
