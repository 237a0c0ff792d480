package bus

// State is a topic for what is true now. A receiver gets the current value first and then the changes; while it is
// busy, newer values replace the one that waits, so it costs one value per receiver and cannot go stale.
type State[T any] struct {
	hub[T]
	same  func(a, b T) bool
	value T // guarded by hub.mu
}

// NewState makes a State whose value is first. The name appears in reports, taps and Inspect.
func NewState[T comparable](b *Bus, name string, first T) *State[T] {
	return NewStateFunc(b, name, first, func(a, b T) bool { return a == b })
}

// NewStateFunc makes a State of a type that == does not compare, or not well. same tells whether two values are the
// same, so that a repeat can vanish; it must only compare, since it runs inside Send. nil = no two values are.
func NewStateFunc[T any](b *Bus, name string, first T, same func(a, b T) bool) *State[T] {
	if same == nil {
		same = func(T, T) bool { return false }
	}
	s := &State[T]{hub: hub[T]{bus: b, name: name, merge: true}, same: same, value: first}
	b.register(&s.hub)
	return s
}

// Send makes v the current value.
func (s *State[T]) Send(v T) {
	s.mu.Lock()
	if s.refuseLocked() {
		s.mu.Unlock()
		return
	}
	if s.same(s.value, v) {
		s.vanished++
		if s.bus.taps.on() {
			s.bus.taps.record(Record{Topic: s.name, Same: true}, v)
		}
		s.mu.Unlock()
		return
	}
	s.value = v
	s.sendAndUnlock(v)
}

// Load is the current value, for code that runs on no lane.
func (s *State[T]) Load() T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value
}

// On receives on the bus's home lane.
func (s *State[T]) On(fn func(T)) (cancel func()) { return s.onLane(s.bus.Home(), fn) }

// Via is the receiving half on lane l, which must be of the same bus.
func (s *State[T]) Via(l *Lane) Receiver[T] {
	s.mustShareBus(l)
	return via[T]{l, s.onLane}
}

func (s *State[T]) onLane(l *Lane, fn func(T)) (cancel func()) {
	r := s.newReceiver(l, fn)
	s.mu.Lock() // one critical section from reading the value to being in the list: promise 4
	var wake bool
	if s.joinLocked(r) {
		wake, _ = r.put(s.value, s.merge)
	}
	s.mu.Unlock()
	if wake {
		l.wake()
	}
	return func() { s.leave(r) }
}
