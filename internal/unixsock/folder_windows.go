package unixsock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// canTellFiles: package net removes the socket itself.
const canTellFiles = false

// makeFolder makes folder with an access list that names this user and the system alone. One that exists is taken as
// it is: those under the user's profile have such a list already.
func makeFolder(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return err
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fmt.Errorf("who am I: %w", err)
	}
	sd, err := windows.SecurityDescriptorFromString(fmt.Sprintf("D:P(A;OICI;FA;;;%s)(A;OICI;FA;;;SY)", user.User.Sid))
	if err != nil {
		return fmt.Errorf("access list: %w", err)
	}
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return err
	}
	sa := &windows.SecurityAttributes{SecurityDescriptor: sd}
	sa.Length = uint32(unsafe.Sizeof(*sa))
	err = windows.CreateDirectory(name, sa)
	if err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return fmt.Errorf("make %s: %w", folder, err)
	}
	return nil
}

// lockFolder does nothing. Race: two processes that find the same dead socket at the same moment; the slower may
// remove the socket of the faster.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }

func privateBeforeBind(string, string, syscall.RawConn) error { return nil }

func makePrivate(string) error { return nil }

func isNobody(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, windows.WSAECONNREFUSED)
}

func isBusy(error) bool { return false }
