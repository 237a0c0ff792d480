package netd

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const resolvHead = "# Made by mysteriumvpn-netd. What was here comes back at disconnect.\n"

// resolvConf sets DNS by the plain file. What was there is kept in a backup, is taken from it at disconnect, and after
// a crash at the next start. What others write meanwhile goes into the backup: it is newer than what we saw. It belongs
// to one goroutine.
type resolvConf struct {
	path   string
	backup string
	want   string // empty = not set
	stub   bool   // resolved, which was told, may stand in it: it asks ours
}

func newResolvConf(p Paths) *resolvConf {
	return &resolvConf{path: p.Resolv, backup: filepath.Join(p.Kept, "resolv.backup")}
}

// set makes resolvers the only ones. None leaves the file to others, and brings theirs back.
func (r *resolvConf) set(resolvers []netip.Addr) error {
	if len(resolvers) == 0 {
		return r.restore()
	}
	r.want = resolvHead + nameservers(resolvers)
	return r.hold()
}

func nameservers(list []netip.Addr) string {
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "nameserver %s\n", a)
	}
	return b.String()
}

// serversOf are the name servers that a resolv.conf names.
func serversOf(text string) (list []string) {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "nameserver" {
			list = append(list, f[1])
		}
	}
	return list
}

// says tells whether another one's file names our servers and no other: a manager did as it was told.
func (r *resolvConf) says(text string) bool {
	list, ours := serversOf(text), serversOf(r.want)
	return len(list) > 0 && !slices.ContainsFunc(list, func(s string) bool {
		return !slices.Contains(ours, s) && (!r.stub || s != "127.0.0.53")
	})
}

// hold puts our file in place if another one is there that says other servers, and keeps that.
func (r *resolvConf) hold() error {
	if r.want == "" {
		return nil
	}
	now, err := look(r.path)
	if err != nil {
		return step("read resolv.conf", err)
	}
	if now.kind == "file" && now.text == r.want {
		return nil
	}
	if b, err := os.ReadFile(r.path); err == nil && !now.ours() && r.says(string(b)) {
		return nil
	}
	if !now.ours() {
		if err := writeWhole(r.backup, now.String(), 0o600); err != nil {
			return step("keep resolv.conf", err)
		}
	}
	return step("write resolv.conf", put(r.path, kept{kind: "file", mode: 0o644, text: r.want}))
}

// restore puts back what was there. A file that is not ours by now stays as it is, whoever wrote it knows better; unless
// it names our servers.
func (r *resolvConf) restore() error {
	was := *r
	r.want, was.stub = "", false
	b, err := os.ReadFile(r.backup)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return step("read what resolv.conf was", err)
	}
	now, err := look(r.path)
	if err != nil {
		return step("read resolv.conf", err)
	}
	if text, _ := os.ReadFile(r.path); now.ours() || was.says(string(text)) {
		back, err := parseKept(string(b))
		if err == nil {
			err = put(r.path, back)
		}
		if err != nil {
			return step("put resolv.conf back from "+r.backup, err)
		}
	}
	return removeIfThere(r.backup)
}

// kept is a file as it was: "absent", a "link" to text, or a "file" with text.
type kept struct {
	kind     string
	mode     os.FileMode
	uid, gid int
	text     string
}

func (k kept) ours() bool { return k.kind == "file" && strings.HasPrefix(k.text, resolvHead) }

func (k kept) String() string {
	return fmt.Sprintf("%s %o %d %d\n%s", k.kind, k.mode.Perm(), k.uid, k.gid, k.text)
}

func parseKept(s string) (kept, error) {
	head, text, _ := strings.Cut(s, "\n")
	k := kept{text: text}
	var mode uint32
	if _, err := fmt.Sscanf(head, "%s %o %d %d", &k.kind, &mode, &k.uid, &k.gid); err != nil {
		return k, fmt.Errorf("backup is damaged: %w", err)
	}
	k.mode = os.FileMode(mode).Perm()
	if k.kind != "file" && k.kind != "link" && k.kind != "absent" {
		return k, fmt.Errorf("backup is damaged: kind %q", k.kind)
	}
	return k, nil
}

func look(path string) (kept, error) {
	fi, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return kept{kind: "absent"}, nil
	}
	if err != nil {
		return kept{}, err
	}
	k := kept{kind: "file", mode: fi.Mode().Perm()}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		k.uid, k.gid = int(st.Uid), int(st.Gid)
	}
	switch fi.Mode().Type() {
	case os.ModeSymlink:
		k.kind = "link"
		k.text, err = os.Readlink(path)
	case 0:
		var b []byte
		b, err = os.ReadFile(path)
		k.text = string(b)
	default:
		err = errors.New("it is neither a file nor a link")
	}
	return k, err
}

// put makes path be k, whole or not at all. Where another file system is mounted on it, as containers do, it can only
// be written into.
func put(path string, k kept) error {
	if k.kind == "absent" {
		return removeIfThere(path)
	}
	beside := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.mysteriumvpn-%d", filepath.Base(path), os.Getpid()))
	_ = os.Remove(beside)
	var err error
	if k.kind == "link" {
		err = os.Symlink(k.text, beside)
	} else {
		err = os.WriteFile(beside, []byte(k.text), 0o600)
		if err == nil {
			err = os.Chmod(beside, k.mode)
		}
		// By our unit it may not give files away. A resolv.conf that is not root's becomes root's there.
		if e := os.Chown(beside, k.uid, k.gid); err == nil && !errors.Is(e, os.ErrPermission) {
			err = e
		}
	}
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside)
	}
	if errors.Is(err, unix.EBUSY) && k.kind == "file" {
		return os.WriteFile(path, []byte(k.text), k.mode)
	}
	return err
}

// watchFolder calls changed after each change of a file's name or content in folder, until stop.
func watchFolder(folder string, changed func()) (stop func(), err error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, step("watch resolv.conf", err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	const what = unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_DELETE | unix.IN_CREATE
	if _, err := unix.InotifyAddWatch(fd, folder, what); err != nil {
		f.Close()
		return nil, step("watch resolv.conf", err)
	}
	return follow(f, changed), nil
}
