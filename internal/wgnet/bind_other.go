//go:build !linux

package wgnet

import "golang.zx2c4.com/wireguard/conn"

func newBind(o bindOptions) conn.Bind {
	if o.given != nil {
		return &plainBind{given: true}
	}
	if o.at.IsValid() {
		return &plainBind{at: o.at}
	}
	return conn.NewDefaultBind() // no offload to switch off: wireguard-go has it on Linux only
}
