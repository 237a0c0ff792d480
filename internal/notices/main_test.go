package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// put writes a file below a folder.
func put(t *testing.T, dir, file, body string) string {
	t.Helper()
	path := filepath.Join(dir, file)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(body), 0o600))
	return path
}

// module makes a package of a module, as go list tells of it.
func module(root, name, pkg string) part {
	p := part{Dir: filepath.Join(root, pkg)}
	p.Module = &struct {
		Path, Version, Dir string
		Main               bool
	}{Path: name, Version: "v1.0.0", Dir: root}
	return p
}

func TestAModuleWithoutATextIsAnError(t *testing.T) {
	goroot, bare := t.TempDir(), t.TempDir()
	put(t, bare, "code/code.go", "package code")
	_, err := ofParts([]part{module(bare, "example.org/bare", "code")}, goroot)
	require.ErrorContains(t, err, "no licence text is to be found in example.org/bare v1.0.0")

	_, err = ofParts([]part{{Standard: true, Dir: goroot}}, goroot)
	require.ErrorContains(t, err, "no licence text is to be found in Go")
}

// A licence holds for what lies below it; what a package brings along in C or as files has its own below.
func TestTextsAreFoundWhereTheyHold(t *testing.T) {
	goroot, root := t.TempDir(), t.TempDir()
	put(t, goroot, "LICENSE", "go's")
	put(t, root, "LICENSE.md", "the module's")
	put(t, root, "licence.go", "package no")
	put(t, root, "a/COPYING", "a's")
	put(t, root, "a/c/NOTICE", "of C code")
	put(t, root, "b/x.go", "package b")
	put(t, root, "b/other/LICENSE", "of a package that is not linked")
	a := module(root, "example.org/m", "a")
	a.CgoFiles = []string{"a.go"}
	got, err := ofParts([]part{module(root, "example.org/m", "b"), a, {Standard: true, Dir: "anywhere"}}, goroot)
	require.NoError(t, err)
	assert.Equal(t, []notice{
		{"Go, its runtime and standard library", []text{{"LICENSE", "go's"}}},
		{"example.org/m v1.0.0", []text{{"LICENSE.md", "the module's"}, {"a/COPYING", "a's"}, {"a/c/NOTICE", "of C code"}}},
	}, got)
}

func TestAFolderOfTextsIsNotEmpty(t *testing.T) {
	dir := t.TempDir()
	_, err := ofPath(dir)
	require.ErrorContains(t, err, "no licence texts in")
	put(t, dir, "font.txt", "the font's")
	got, err := ofPath(dir)
	require.NoError(t, err)
	assert.Equal(t, []notice{{"font", []text{{"font.txt", "the font's"}}}}, got)
	_, err = ofPath(filepath.Join(dir, "gone.txt"))
	require.Error(t, err)
}

// The program itself: every module of it is named, with a text, and twice the same comes out.
func TestTheProgramsNotices(t *testing.T) {
	t.Chdir("../..")
	for _, system := range []string{"linux", "windows"} {
		args := []string{"-tags", "migrated_fynedo", "-os", system, "-more", "assets/licences", "./cmd/mysteriumvpn"}
		var first, second, errs bytes.Buffer
		require.NoError(t, run(args, &first, &errs))
		require.NoError(t, run(args, &second, &errs))
		assert.Equal(t, first.String(), second.String())
		for _, want := range []string{"Go, its runtime", "fyne.io/fyne/v2 v", "theme/font/LICENSE", "glfw/LICENSE.md", "gvisor.dev/gvisor v", "lucide: lucide.txt"} {
			assert.Contains(t, first.String(), want, system)
		}
		assert.Equal(t, system == "windows", strings.Contains(first.String(), "mousetrap"), "only Windows links it")
		assert.NotContains(t, first.String(), "testify")
	}
}
