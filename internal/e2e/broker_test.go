//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// broker is as much of a NATS server (https://docs.nats.io/reference/reference-protocols/nats-protocol) as nodes need
// to find each other: SUB, UNSUB, PUB, PING.
type broker struct {
	heard func(subject string, payload []byte)

	mu   sync.Mutex
	subs []*subscription
}

type subscription struct {
	of      *brokered
	id      string
	subject []string
	left    int // messages until it ends; 0 = it does not
}

// brokered is one client.
type brokered struct {
	mu sync.Mutex
	io.Writer
}

func (c *brokered) say(parts ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.Writer, strings.Join(parts, ""))
}

func serveBroker(l net.Listener, heard func(string, []byte)) {
	b := &broker{heard: heard}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go b.serve(c)
	}
}

func (b *broker) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	c := &brokered{Writer: conn}
	defer b.drop(func(s *subscription) bool { return s.of == c })
	info, _ := json.Marshal(map[string]any{"server_id": "stand-in", "version": "2.9.0", "proto": 1, "max_payload": 1 << 20, "headers": false})
	c.say("INFO ", string(info), "\r\n")
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		switch verb := strings.ToUpper(f[0]); {
		case verb == "PING":
			c.say("PONG\r\n")
		case verb == "SUB" && len(f) >= 3:
			b.mu.Lock()
			b.subs = append(b.subs, &subscription{of: c, id: f[len(f)-1], subject: topic(f[1])})
			b.mu.Unlock()
		case verb == "UNSUB" && len(f) == 2:
			b.drop(func(s *subscription) bool { return s.of == c && s.id == f[1] })
		case verb == "UNSUB" && len(f) == 3:
			b.limit(c, f[1], f[2])
		case verb == "PUB" && len(f) >= 3:
			size, err := strconv.Atoi(f[len(f)-1])
			if err != nil || size < 0 || size > 1<<20 {
				return
			}
			payload := make([]byte, size+len("\r\n"))
			if _, err := io.ReadFull(in, payload); err != nil {
				return
			}
			reply := ""
			if len(f) == 4 {
				reply = f[2] + " "
			}
			b.publish(f[1], reply, payload[:size])
		}
	}
}

// topic takes a subject apart. The network's broker has a proxy before it, for which nodes sign what they say:
// signed.SIGNATURE.TIME.SUBJECT.
func topic(subject string) []string {
	parts := strings.Split(subject, ".")
	if len(parts) > 3 && parts[0] == "signed" {
		parts = parts[3:]
	}
	return parts
}

func (b *broker) drop(which func(*subscription) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs = slices.DeleteFunc(b.subs, which)
}

func (b *broker) limit(c *brokered, id, most string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.subs {
		if s.of == c && s.id == id {
			s.left, _ = strconv.Atoi(most)
		}
	}
}

func (b *broker) publish(subject, reply string, payload []byte) {
	to := topic(subject)
	b.heard(strings.Join(to, "."), payload)
	b.mu.Lock()
	defer b.mu.Unlock()
	var over []*subscription
	for _, s := range b.subs {
		if !matches(s.subject, to) {
			continue
		}
		s.of.say(fmt.Sprintf("MSG %s %s %s%d\r\n", strings.Join(to, "."), s.id, reply, len(payload)), string(payload), "\r\n")
		if s.left > 0 {
			if s.left--; s.left == 0 {
				over = append(over, s)
			}
		}
	}
	b.subs = slices.DeleteFunc(b.subs, func(s *subscription) bool { return slices.Contains(over, s) })
}

// matches compares a subject with a pattern, in which * is one word and > all that follow.
func matches(pattern, subject []string) bool {
	for i, p := range pattern {
		if p == ">" {
			return len(subject) > i
		}
		if i >= len(subject) || p != "*" && p != subject[i] {
			return false
		}
	}
	return len(pattern) == len(subject)
}
