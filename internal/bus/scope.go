package bus

import "sync"

// Scope collects the cancels of one page, so that leaving the page ends all its subscriptions. The zero Scope works.
type Scope struct {
	mu      sync.Mutex // guards what follows
	cancels []func()
	closed  bool
}

// Add keeps cancel for Close. On a scope that is closed it calls cancel at once.
func (s *Scope) Add(cancel func()) {
	s.mu.Lock()
	if !s.closed {
		s.cancels = append(s.cancels, cancel)
		cancel = nil
	}
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// Close calls what was added, the newest first. Closing twice is fine.
func (s *Scope) Close() {
	s.mu.Lock()
	cancels := s.cancels
	s.cancels, s.closed = nil, true
	s.mu.Unlock()
	for i := len(cancels) - 1; i >= 0; i-- {
		cancels[i]()
	}
}
