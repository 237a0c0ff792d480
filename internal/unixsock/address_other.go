//go:build !linux

package unixsock

// address is what to bind or connect to for path.
func address(path string) (addr string, done func(), err error) {
	if len(path) > maxPath {
		return "", nil, tooLong(path)
	}
	return path, func() {}, nil
}
