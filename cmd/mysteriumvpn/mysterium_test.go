package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/mysteriumvpn/desktop/internal/mystnode"
	"github.com/mysteriumvpn/desktop/internal/nodeproc"
)

// TestOnlyANodeThatAsksUsIsAdopted: one that runs already brings its tunnel up wherever its supervisor is.
func TestOnlyANodeThatAsksUsIsAdopted(t *testing.T) {
	for _, c := range []struct {
		way     mystnode.Way
		version string
		refused string // "" = adopted
	}{
		{mystnode.Shared, "1.38.3", ""},
		{mystnode.Shared, "source.dev-build", ""},
		{mystnode.Shared, "1.2.3", "oldest that can be used"},
		{mystnode.Shared, "1.38.3" + sandboxMark, "sandbox"},
		{mystnode.Isolated, "1.38.3", "another supervisor"},
		{mystnode.Carrying, "1.38.3", "another supervisor"},
	} {
		err := (&mysterium{way: c.way}).accept(nodeproc.Health{Version: c.version})
		if c.refused == "" {
			assert.NoError(t, err, "%+v", c)
		} else {
			assert.ErrorContains(t, err, c.refused, "%+v", c)
		}
	}
}

func TestAPortThatSomebodyTookIsGivenUpUnlessTheUserChoseIt(t *testing.T) {
	m := &mysterium{host: "127.0.0.1"}
	require.NoError(t, m.address(nil))
	first := m.api
	require.NoError(t, m.address(errors.New("it crashed")))
	assert.Equal(t, first, m.api, "a node that comes back is at the same address")
	l, err := net.Listen("tcp", first)
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	require.NoError(t, m.address(&nodeproc.PortTakenError{API: first, Err: errors.New("mail")}))
	assert.NotEqual(t, first, m.api)
	second := m.api
	require.NoError(t, m.address(&nodeproc.WrongProgramError{API: second}))
	assert.NotEmpty(t, m.api)

	fixed := &mysterium{host: "127.0.0.1", port: 4777}
	for _, last := range []error{nil, &nodeproc.PortTakenError{Err: errors.New("mail")}} {
		require.NoError(t, fixed.address(last))
		assert.Equal(t, "127.0.0.1:4777", fixed.api)
	}
}

// TestTheNodeIsStartedTheWayThatWasFound: in a namespace by way of this program, else by itself.
func TestTheNodeIsStartedTheWayThatWasFound(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the node is a shell script here")
	}
	path := filepath.Join(t.TempDir(), "myst")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\nprintf 'Mysterium Node\\n  Version: 1.38.3\\n'\n"), 0o700))
	m := &mysterium{log: zap.NewNop(), chosen: path, host: "127.0.0.1", socket: "/run/user/1/s.sock", way: mystnode.Isolated}
	s, err := m.find(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, selfProgram, s.Path)
	assert.Equal(t, []string{isolatedRole, "--socket", "/run/user/1/s.sock", "--", path}, s.Args[:5])
	assert.Equal(t, "daemon", s.Args[len(s.Args)-1])
	assert.NotNil(t, s.Isolate)
	assert.Equal(t, m.api, s.API)

	for _, way := range []mystnode.Way{mystnode.Shared, mystnode.Carrying} {
		m.way = way
		s, err = m.find(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, path, s.Path)
		assert.Nil(t, s.Isolate)
	}
	m.chosen = path + "-none"
	_, err = m.find(context.Background(), nil)
	var missing *mystnode.NotFoundError
	assert.ErrorAs(t, err, &missing)
}

func TestWhoOwnsASocketIsSaid(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell")
	}
	path := filepath.Join(t.TempDir(), "s.sock")
	assert.Empty(t, socketOwner(path), "nobody")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	assert.Contains(t, socketOwner(path), "process ")
	m := lacking(errors.New("user namespaces are switched off."))
	assert.NotContains(t, m, "off.")
}
