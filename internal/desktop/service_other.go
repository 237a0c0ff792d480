//go:build !linux && !darwin && !windows

package desktop

import (
	"context"
	"runtime"
)

// Install says that this system is not known.
func (s *Service) Install(context.Context, bool) (ServiceInstalled, error) {
	return ServiceInstalled{}, &NoServiceError{runtime.GOOS}
}

// Remove likewise.
func (s *Service) Remove(context.Context) (bool, error) { return false, &NoServiceError{runtime.GOOS} }

// Start likewise.
func (s *Service) Start(context.Context) error { return &NoServiceError{runtime.GOOS} }

// State likewise.
func (s *Service) State(context.Context) (ServiceState, error) {
	return ServiceState{}, &NoServiceError{runtime.GOOS}
}
