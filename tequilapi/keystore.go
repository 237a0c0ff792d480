package tequilapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// ExportIdentity gets an identity's key as a keystore file (version 3, as Ethereum programs use), encrypted with a new
// passphrase, which must not be empty. The bytes are the file; whoever has them and the passphrase has the identity and
// its money. The node exports only keys that are stored under an empty passphrase.
func (c *Client) ExportIdentity(ctx context.Context, id, newPassphrase string) ([]byte, error) {
	if id == "" {
		return nil, fmt.Errorf("%q: %w", id, ErrBadRequest)
	}
	in := struct { // without underscore: the node wants it so
		Identity      string `json:"identity"`
		NewPassphrase string `json:"newpassphrase"`
	}{id, newPassphrase}
	k := call{method: http.MethodPost, path: "/identities/export", in: in, timeout: slowTimeout}
	var file []byte
	k.raw = &file // the node gives it no content type
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	var shape struct {
		Address string          `json:"address"`
		Crypto  json.RawMessage `json:"crypto"`
	}
	if err := json.Unmarshal(file, &shape); err != nil || shape.Address == "" || len(shape.Crypto) == 0 {
		return nil, fmt.Errorf("%s %s: %w: not a keystore file", k.method, k.path, ErrBadAnswer)
	}
	return file, nil
}

// ImportRequest brings a keystore file in.
type ImportRequest struct {
	File          []byte `json:"data"`               // as ExportIdentity gave it; travels as base64
	Passphrase    string `json:"current_passphrase"` // that of the file; the node refuses an empty one
	NewPassphrase string `json:"new_passphrase"`     // that it is stored under; may be empty
	SetDefault    bool   `json:"set_default"`        // CurrentIdentity with an empty id means this one from now on
}

// ImportIdentity puts a key into the node's keystore and returns its identity. A wrong passphrase, a file that is none,
// or an identity that is there already are ErrImport, told apart by the message alone.
func (c *Client) ImportIdentity(ctx context.Context, r ImportRequest) (id string, err error) {
	var w identityRef
	err = c.do(ctx, call{method: http.MethodPost, path: "/identities-import", in: r, out: &w, timeout: slowTimeout})
	return w.ID, err
}
