package bus

// Events is a topic for what must each be seen: commands, notices. Every receiver has its own queue, which never
// blocks the sender and never drops; a queue that grows is reported. Events are rare by nature: a flood belongs behind
// a cursor.
type Events[T any] struct{ hub[T] }

// NewEvents makes an Events topic. The name appears in reports, taps and Inspect.
func NewEvents[T any](b *Bus, name string) *Events[T] {
	e := &Events[T]{hub[T]{bus: b, name: name}}
	b.register(&e.hub)
	return e
}

// Send queues v for everyone who receives at this moment. Who comes later does not see it.
func (e *Events[T]) Send(v T) {
	e.mu.Lock()
	if e.refuseLocked() {
		e.mu.Unlock()
		return
	}
	e.sendAndUnlock(v)
}

// On receives on the bus's home lane.
func (e *Events[T]) On(fn func(T)) (cancel func()) { return e.onLane(e.bus.Home(), fn) }

// Via is the receiving half on lane l, which must be of the same bus.
func (e *Events[T]) Via(l *Lane) Receiver[T] {
	e.mustShareBus(l)
	return via[T]{l, e.onLane}
}

func (e *Events[T]) onLane(l *Lane, fn func(T)) (cancel func()) {
	r := e.newReceiver(l, fn)
	e.mu.Lock()
	e.joinLocked(r)
	e.mu.Unlock()
	return func() { e.leave(r) }
}
