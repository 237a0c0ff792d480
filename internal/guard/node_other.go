//go:build !linux

package guard

import (
	"context"
	"net"
)

// Node is for Linux only: here it never runs.
type Node struct{}

// NewNode makes one that never runs.
func NewNode(string) *Node { return &Node{} }

// Run is a *NodeError of ErrNoHelper.
func (*Node) Run(context.Context) (int, error) { return 0, &NodeError{ErrNoHelper} }

// Stop does nothing.
func (*Node) Stop() {}

// Accept is net.ErrClosed.
func (*Node) Accept() (net.Conn, error) { return nil, net.ErrClosed }

// Close does nothing.
func (*Node) Close() error { return nil }

// Addr names nothing.
func (*Node) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }
