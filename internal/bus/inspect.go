package bus

import (
	"slices"
	"time"
)

// TopicInfo is what Inspect tells of a topic. All counts are since the start.
type TopicInfo struct {
	Name      string
	State     bool   // false = Events
	Sent      uint64 // Sends before Close, those that vanished too
	Same      uint64 // of these: equal to the current value, so they vanished
	Late      uint64 // Sends after Close: no-ops
	Receivers []ReceiverInfo
}

// ReceiverInfo is what Inspect tells of one On call that has not been cancelled.
type ReceiverInfo struct {
	Where   string // file:line of the On call
	Lane    string
	Depth   int           // values that wait now
	Max     int           // the most that ever waited
	Seen    uint64        // values delivered
	Merged  uint64        // values that a newer one replaced while they waited
	Late    uint64        // values refused because the lane is closed
	Busy    time.Duration // spent in the receiver, all calls together
	Running time.Duration // since the call now under way began; 0 = none is
}

// inspector is a topic of any type.
type inspector interface{ inspect() TopicInfo }

func (b *Bus) register(t inspector) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.topics = append(b.topics, t)
}

// Inspect tells what every topic and receiver has done so far, in the order the topics were made. It is for problem
// reports and tests: each topic is consistent in itself, not with the others.
func (b *Bus) Inspect() []TopicInfo {
	b.mu.Lock()
	topics := slices.Clone(b.topics)
	b.mu.Unlock()
	out := make([]TopicInfo, len(topics))
	for i, t := range topics {
		out[i] = t.inspect()
	}
	return out
}

func (h *hub[T]) inspect() TopicInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	info := TopicInfo{Name: h.name, State: h.merge, Sent: h.sent, Same: h.vanished, Late: h.late}
	for _, r := range h.receivers {
		info.Receivers = append(info.Receivers, r.inspect())
	}
	return info
}

func (r *receiver[T]) inspect() ReceiverInfo {
	l := r.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	info := ReceiverInfo{
		Where: r.where, Lane: l.name, Depth: r.waiting.n, Max: r.max,
		Seen: r.seen, Merged: r.merged, Late: r.late, Busy: r.busy,
	}
	if l.running && l.current.seat == &r.seat {
		info.Running = time.Since(l.epoch) - l.began
	}
	return info
}
