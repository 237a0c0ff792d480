package desktop

import (
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// Keyring is the desktop's keyring of this user: the Secret Service on Linux, the Keychain on macOS, the Credential
// Manager on Windows. Where there is none, each call says so.
type Keyring struct{}

// keyringService is under which name our secrets stand there.
const keyringService = "MysteriumVPN"

// keyringLimit is how long a keyring may take: it may ask the user to open it, and nobody may be there.
const keyringLimit = 60 * time.Second

// Get gives a secret; "" = there is none.
func (Keyring) Get(name string) (secret string, err error) {
	err = inTime(func() (err error) {
		secret, err = keyring.Get(keyringService, name)
		return err
	})
	if errors.Is(err, keyring.ErrNotFound) {
		return "", nil
	}
	return secret, err
}

// Set keeps a secret; "" takes it away.
func (Keyring) Set(name, secret string) error {
	return inTime(func() error {
		if secret != "" {
			return keyring.Set(keyringService, name, secret)
		}
		if err := keyring.Delete(keyringService, name); !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
		return nil
	})
}

// inTime gives up on a call that does not return. The library takes no context, so that its goroutine stays until the
// keyring answers after all.
func inTime(call func() error) error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	t := time.NewTimer(keyringLimit)
	defer t.Stop()
	select {
	case err := <-done:
		return err
	case <-t.C:
		return fmt.Errorf("the keyring did not answer within %s", keyringLimit)
	}
}
