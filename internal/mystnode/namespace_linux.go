package mystnode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// SocketPath is where a node that runs without privileges looks for its supervisor.
const SocketPath = "/run/myst.sock"

// Isolate is nodeproc's Spec.Isolate for a child that calls Enter: a user and a mount namespace of its own, in which it
// stays this very user and may mount.
func Isolate(a *syscall.SysProcAttr) {
	uid, gid := os.Getuid(), os.Getgid()
	a.Cloneflags |= syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	// The kernel ends the child with us, and forgets to when an exec brings privileges. Ambient ones are not brought by it.
	a.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
}

// Enter is what the child does that Isolate has put into namespaces: it lays a link to socket at SocketPath, where no
// other process sees it, gives its privileges up, and becomes the program argv. Without argv it only tries, and returns
// nil if the socket is there.
func Enter(socket string, argv []string) error {
	runtime.LockOSThread() // what follows counts for this thread, and the exec takes it over
	if err := layLink(socket); err != nil {
		return err
	}
	c, err := net.Dial("unix", SocketPath)
	if err != nil {
		return fmt.Errorf("reach our socket in a namespace: %w", err)
	}
	_ = c.Close()
	if len(argv) == 0 {
		return nil
	}
	if err := dropPrivileges(); err != nil {
		return err
	}
	return fmt.Errorf("run %s: %w", argv[0], syscall.Exec(argv[0], argv, os.Environ()))
}

// layLink puts a file system of our own in place of /run, with all that was there, and the link besides. A link, not a
// mount of the socket: then it is found again after its file was made anew.
func layLink(socket string) error {
	dir, name := filepath.Split(SocketPath)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	var old []entry
	for _, e := range entries {
		if e.Name() == name {
			continue // of another supervisor: not this node's
		}
		if o, ok := openEntry(dir, e); ok {
			old = append(old, o)
		}
	}
	// No mount gets out of here: the kernel makes all that a namespace of another user inherits a slave.
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=1m"); err != nil {
		return fmt.Errorf("mount in a namespace of its own: %w", err) // AppArmor on Ubuntu: the namespace comes without rights
	}
	for _, o := range old {
		if err := o.restore(dir); err != nil {
			return fmt.Errorf("bring %s%s back: %w", dir, o.name, err)
		}
	}
	return os.Symlink(socket, SocketPath)
}

// entry is something in a folder that is about to be hidden, held so that it can be brought back.
type entry struct {
	name   string
	link   string // where a symbolic link leads; "" = it is none
	folder bool
	fd     int
}

// openEntry gives false for what is gone already.
func openEntry(dir string, e os.DirEntry) (entry, bool) {
	o := entry{name: e.Name(), folder: e.IsDir(), fd: -1}
	var err error
	if e.Type()&os.ModeSymlink != 0 {
		o.link, err = os.Readlink(filepath.Join(dir, o.name))
	} else {
		o.fd, err = unix.Open(filepath.Join(dir, o.name), unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	return o, err == nil
}

func (o entry) restore(dir string) error {
	path := filepath.Join(dir, o.name)
	if o.link != "" {
		return os.Symlink(o.link, path)
	}
	defer func() { _ = unix.Close(o.fd) }()
	var err error
	if o.folder {
		err = os.Mkdir(path, 0o755)
	} else {
		err = os.WriteFile(path, nil, 0o600)
	}
	if err != nil {
		return err
	}
	err = unix.Mount("/proc/self/fd/"+strconv.Itoa(o.fd), path, "", unix.MS_BIND|unix.MS_REC, "")
	if errors.Is(err, unix.ENOENT) { // removed meanwhile
		return os.Remove(path)
	}
	return err
}

// dropPrivileges leaves this thread with none.
func dropPrivileges() error {
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("give ambient privileges up: %w", err)
	}
	for privilege := uintptr(0); privilege <= unix.CAP_LAST_CAP; privilege++ {
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, privilege, 0, 0, 0) // root's: an exec would bring them back. No other user may, or needs to
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&head, &none[0]); err != nil {
		return fmt.Errorf("give privileges up: %w", err)
	}
	return nil
}

// TryIsolated finds out whether a node can be isolated here. again is a command line of this very program that calls
// Enter without argv; socket must be listened at. The error says what is in the way.
func TryIsolated(ctx context.Context, again []string) error {
	runtime.LockOSThread() // the child ends when the thread does that has started it
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, again[0], again[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	Isolate(cmd.SysProcAttr)
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if text := strings.TrimSpace(said.String()); err != nil && text != "" {
		return errors.New(strings.TrimRight(text, "."))
	}
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EPERM), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return errors.New("user namespaces are switched off") // by a limit of 0, a guard, or the kernel's build; the number says nothing more
	case err != nil:
		return fmt.Errorf("make a namespace: %w", err)
	}
	return nil
}
