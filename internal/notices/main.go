// Command notices prints the licence texts of all that is linked into the program: Go itself, each module, and what is
// named besides. Packages carry its output. A module without a text is an error, so a build cannot forget one.
//
//	go run ./internal/notices -tags migrated_fynedo -more assets/licences ./cmd/mysteriumvpn
//
// scripts/package.sh and scripts/package-windows.sh call it. The same modules give the same bytes. It has one goroutine.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// notice is one part of the program with its texts.
type notice struct {
	name  string // as go.mod has it, with the version
	texts []text
}

type text struct{ file, body string }

// part is what `go list` tells of a package that is linked.
type part struct {
	Dir        string
	Standard   bool
	CgoFiles   []string
	EmbedFiles []string
	Module     *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// isLicence tells the files that hold licences, by their names.
var isLicence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|unlicense|ofl)([-_.][^/]*)?$`)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("notices", flag.ContinueOnError)
	flags.SetOutput(errs)
	tags := flags.String("tags", "", "build tags, as the program is built with")
	system := flags.String("os", "linux", "the system that the program is built for")
	arch := flags.String("arch", "amd64", "the processor")
	var more []string
	flags.Func("more", "a licence text, or a folder of them, of what is no Go module; may be given more than once",
		func(path string) error { more = append(more, path); return nil })
	if err := flags.Parse(args); err != nil {
		return err
	}
	goroot, err := goOutput(nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	cgo := append(os.Environ(), "CGO_ENABLED=1", "GOOS="+*system, "GOARCH="+*arch) // cgo decides which files count
	list, err := goOutput(cgo, append([]string{"list", "-deps", "-tags", *tags, "-json=Dir,Standard,CgoFiles,EmbedFiles,Module"}, flags.Args()...)...)
	if err != nil {
		return err
	}
	var parts []part
	for d := json.NewDecoder(bytes.NewReader(list)); ; {
		var p part
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read what go list says: %w", err)
		}
		parts = append(parts, p)
	}
	notices, err := ofParts(parts, strings.TrimSpace(string(goroot)))
	if err != nil {
		return err
	}
	for _, path := range more {
		n, err := ofPath(path)
		if err != nil {
			return err
		}
		notices = append(notices, n...)
	}
	_, err = io.WriteString(out, document(notices))
	return err
}

// goOutput runs the go command; env nil is ours.
func goOutput(env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env, cmd.Stderr = env, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out, nil
}

// ofParts gives Go's own notice, then those of the modules by their names.
func ofParts(parts []part, goroot string) ([]notice, error) {
	files := map[string]map[string]bool{} // by module
	root := map[string]string{}
	for _, p := range parts {
		name, top := "Go, its runtime and standard library", goroot
		switch {
		case p.Standard:
			p = part{Dir: goroot} // what it vendors is of the same authors, under the same licence
		case p.Module == nil:
			return nil, fmt.Errorf("%s is in no module", p.Dir)
		case p.Module.Main:
			continue
		default:
			name, top = p.Module.Path+" "+p.Module.Version, p.Module.Dir
		}
		if files[name] == nil {
			files[name], root[name] = map[string]bool{}, top
		}
		found, err := licencesOf(p, top)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			files[name][f] = true
		}
	}
	var out []notice
	for name := range files {
		n := notice{name: name}
		for f := range files[name] {
			b, err := os.ReadFile(f)
			if err != nil {
				return nil, fmt.Errorf("read a licence: %w", err)
			}
			rel, err := filepath.Rel(root[name], f)
			if err != nil {
				return nil, err
			}
			n.texts = append(n.texts, text{filepath.ToSlash(rel), string(b)})
		}
		if len(n.texts) == 0 {
			return nil, fmt.Errorf("no licence text is to be found in %s (%s)", name, root[name])
		}
		slices.SortFunc(n.texts, func(a, b text) int { return strings.Compare(a.file, b.file) })
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b notice) int { return strings.Compare(a.name, b.name) }) // "Go" comes first
	return out, nil
}

// licencesOf gives the files with licences that hold for a package: beside it, above it up to its module's root, and
// below it where it brings C code or files of others along.
func licencesOf(p part, top string) ([]string, error) {
	var out []string
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		found, err := in(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
		if dir == top || len(dir) <= len(top) {
			break
		}
	}
	if len(p.CgoFiles)+len(p.EmbedFiles) == 0 {
		return out, nil
	}
	err := filepath.WalkDir(p.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == p.Dir {
			return err
		}
		found, err := in(path)
		out = append(out, found...)
		return err
	})
	return out, err
}

// in gives the files with licences in a folder.
func in(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for licences: %w", err)
	}
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() && isLicence.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, nil
}

// ofPath gives a notice for a text, or for each text in a folder. Its name is the file's.
func ofPath(path string) ([]notice, error) {
	paths := []string{path}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		if paths, err = filepath.Glob(filepath.Join(path, "*.txt")); err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("there are no licence texts in %s", path)
		}
	}
	var out []notice
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("read a licence: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(p), ".txt")
		if name == "copyright" { // Debian's: the folder is the package
			name = filepath.Base(filepath.Dir(p))
		}
		out = append(out, notice{name, []text{{filepath.Base(p), string(b)}}})
	}
	return out, nil
}

// document puts the notices into one text.
func document(notices []notice) string {
	var b strings.Builder
	b.WriteString("MysteriumVPN contains the following works of others, under their own licences.\n\n")
	for _, n := range notices {
		b.WriteString("  " + n.name + "\n")
	}
	for _, n := range notices {
		for _, t := range n.texts {
			b.WriteString("\n" + strings.Repeat("=", 80) + "\n" + n.name + ": " + t.file + "\n" + strings.Repeat("=", 80) + "\n\n")
			body := strings.ReplaceAll(strings.TrimPrefix(t.body, "\ufeff"), "\r\n", "\n")
			b.WriteString(strings.TrimRight(body, " \n") + "\n")
		}
	}
	return b.String()
}
