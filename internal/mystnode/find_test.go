package mystnode

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script writes a program that prints text for any arguments, and a line into its own log each time.
func script(t *testing.T, path, text string) (log string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("these programs are shell scripts")
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	log = path + ".log"
	require.NoError(t, os.WriteFile(path+".txt", []byte(text), 0o600))
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho asked >> '"+log+"'\ncat '"+path+".txt'\n"), 0o700))
	return log
}

func said(version string) string {
	return "Mysterium Node\n  Version: " + version + "\n  Build info: Branch: master. Build id: 1. Commit: abc\n\nMysterium Node Copyright (C) 2017\n"
}

func TestTheNodeIsFoundInSettingsThenInPATHThenInTheUsualPlaces(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", filepath.Join(dir, "path")+string(os.PathListSeparator)+"/bin"+string(os.PathListSeparator)+"/usr/bin")
	if _, err := os.Stat("/usr/bin/myst"); err == nil {
		t.Skip("a real node is installed here")
	}
	f := &Finder{places: func() []string { return []string{filepath.Join(dir, "opt", "*", "bin", "myst")} }}
	find := func(chosen string) (Program, error) { return f.Find(t.Context(), chosen) }

	_, err := find("")
	var missing *NotFoundError
	require.ErrorAs(t, err, &missing)
	assert.Empty(t, missing.Chosen)

	usual := filepath.Join(dir, "opt", "myst-1", "bin", "myst")
	script(t, usual, said("1.30.0"))
	p, err := find("")
	require.NoError(t, err)
	assert.Equal(t, Program{usual, "1.30.0"}, p)

	path := filepath.Join(dir, "path", "myst")
	script(t, path, said("1.31.0"))
	p, err = find("")
	require.NoError(t, err)
	assert.Equal(t, Program{path, "1.31.0"}, p)

	own := filepath.Join(dir, "own", "node")
	_, err = find(own)
	require.ErrorAs(t, err, &missing, "what the user has chosen is never replaced by another one")
	assert.Equal(t, own, missing.Chosen)
	script(t, own, said("1.32.0"))
	p, err = find(own)
	require.NoError(t, err)
	assert.Equal(t, Program{own, "1.32.0"}, p)
}

func TestAProgramThatIsNoUsableNodeIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "myst")
	var f Finder
	script(t, path, "GNU coreutils 9\n")
	_, err := f.Find(t.Context(), path)
	var not *NotNodeError
	require.ErrorAs(t, err, &not)
	assert.Equal(t, path, not.Path)

	script(t, path, said("1.20.3"))
	_, err = f.Find(t.Context(), path)
	var old *TooOldError
	require.ErrorAs(t, err, &old)
	assert.Equal(t, "1.20.3", old.Version)

	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\nexit 3\n"), 0o700))
	_, err = f.Find(t.Context(), path)
	require.ErrorAs(t, err, &not)
	assert.ErrorContains(t, err, "exit status 3")

	gone, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\nexit 4\n"), 0o700))
	_, err = f.Find(gone, path)
	assert.ErrorIs(t, err, context.Canceled)
}

// TestANewerProgramIsAskedAgain: and one that stays is asked once, for it is large and slow to start.
func TestANewerProgramIsAskedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "myst")
	log := script(t, path, said("1.30.0"))
	asked := func() int {
		b, err := os.ReadFile(log)
		require.NoError(t, err)
		return strings.Count(string(b), "\n")
	}
	var f Finder
	for range 3 {
		p, err := f.Find(t.Context(), path)
		require.NoError(t, err)
		assert.Equal(t, "1.30.0", p.Version)
	}
	assert.Equal(t, 1, asked())

	script(t, path, said("1.38.3"))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(b, "# newer\n"...), 0o700))
	p, err := f.Find(t.Context(), path)
	require.NoError(t, err)
	assert.Equal(t, "1.38.3", p.Version)
	assert.Equal(t, 2, asked())
}

func TestVersionsAreCompared(t *testing.T) {
	for version, usable := range map[string]bool{
		"1.29.2": true, "1.29.1": false, "1.30.0": true, "1.9.9": false, "2.0.0": true, "0.99.99": false, "v1.38.3": true,
		"1.38.3-rc1": true, "1.29.2+deb": true, "source.dev-build": true, "": true, "1.38": true, "1.2.-3": true,
	} {
		assert.Equal(t, usable, Usable(version), version)
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add(said("1.38.3"))
	f.Add("Mysterium Node\nVersion:")
	f.Add("Version: 1.2.3")
	f.Fuzz(func(t *testing.T, out string) {
		v, ok := parseVersion(out)
		assert.Equal(t, ok, v != "")
		Usable(v)
	})
}
