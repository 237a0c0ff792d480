package nodeproc

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Health is a node's answer to GET /healthcheck.
type Health struct {
	PID     int
	Version string
	Uptime  string // as a Go duration
	Commit  string
	Branch  string
	Build   string // number
}

// nobodyError is a failure to connect at all.
type nobodyError struct{ err error }

func (e *nobodyError) Error() string { return e.err.Error() }
func (e *nobodyError) Unwrap() error { return e.err }

func isNobody(err error) bool {
	_, ok := errors.AsType[*nobodyError](err)
	return ok
}

// probe asks for the healthcheck once. Its error is a *nobodyError if nothing listens, a *WrongProgramError if the
// answer is HTTP but no healthcheck, or anything else if what listens keeps silent or does not speak HTTP.
func (p *Proc) probe(ctx context.Context) (Health, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Timing.ProbeTimeout)
	defer cancel()
	answer, err := p.request(ctx, http.MethodGet, "/healthcheck")
	if err != nil {
		return Health{}, err
	}
	h, why := parseHealth(answer)
	if why != "" {
		return Health{}, &WrongProgramError{API: p.o.Spec.API, Said: why}
	}
	return h, nil
}

// parseHealth reads a healthcheck, or says how the answer is none.
func parseHealth(a answer) (h Health, why string) {
	if a.status != http.StatusOK {
		return Health{}, fmt.Sprintf("GET /healthcheck gave status %d", a.status)
	}
	var doc struct {
		Uptime  string `json:"uptime"`
		Process int    `json:"process"`
		Version string `json:"version"`
		Build   struct {
			Commit string `json:"commit"`
			Branch string `json:"branch"`
			Number string `json:"build_number"`
		} `json:"build_info"`
	}
	if err := json.Unmarshal(a.body, &doc); err != nil || doc.Process <= 0 || doc.Version == "" {
		return Health{}, "its answer to GET /healthcheck has no process and version"
	}
	return Health{
		PID: doc.Process, Version: doc.Version, Uptime: doc.Uptime,
		Commit: doc.Build.Commit, Branch: doc.Build.Branch, Build: doc.Build.Number,
	}, ""
}

type answer struct {
	status int
	body   []byte
}

// request makes one HTTP request on a connection of its own, past any proxy, and follows no redirect. It is bounded by
// ctx. http.Transport is not used: it cannot tell apart a connection that is slow to come from an answer that is, and
// it prints about programs that speak first.
func (p *Proc) request(ctx context.Context, method, path string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.o.Spec.API+path, http.NoBody)
	if err != nil {
		return answer{}, &nobodyError{err}
	}
	req.Close = true
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", p.o.Spec.API)
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() { // too slow to say that nobody is there
		return answer{}, context.DeadlineExceeded
	}
	if err != nil {
		return answer{}, &nobodyError{err}
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	a, err := converse(conn, req)
	if ctx.Err() != nil {
		return answer{}, context.Cause(ctx)
	}
	return a, err
}

func converse(conn net.Conn, req *http.Request) (answer, error) {
	if err := req.Write(conn); err != nil {
		return answer{}, err
	}
	const headers, most = 64 << 10, 64 << 10
	res, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, headers+most)), req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // cut off, by us or by them: what came is judged
		return answer{}, err
	}
	return answer{status: res.StatusCode, body: body}, nil
}

// owner is who listens on a port.
type owner struct {
	pid     int    // 0 = not known
	program string // "" = not known
	known   bool   // whether trusted could be found out
	trusted bool   // this user's or root's
	user    int    // who else it is, where that is one user; 0 = nobody
}

// seen is what stands on the port: nothing, something that we may not use, or a node that we may.
type seen struct {
	taken error
	node  *found
}

// found is a node that already answers.
type found struct {
	pid    int
	health Health
}

// misses is how many healthchecks in a row must fail before that means something.
const misses = 3

// look finds out what stands on the port. Something that accepts and keeps silent may be a node that boots, so it is
// asked more than once.
func (p *Proc) look(ctx context.Context) seen {
	for miss := 1; ; miss++ {
		h, err := p.probe(ctx)
		if err == nil {
			return p.judge(h)
		}
		if ctx.Err() != nil {
			return seen{}
		}
		if isNobody(err) {
			return seen{}
		}
		if wrong, ok := errors.AsType[*WrongProgramError](err); ok {
			o := portOwner(p.o.Spec.API, 0)
			wrong.PID, wrong.Program = o.pid, o.program
			return seen{taken: wrong}
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return seen{taken: p.taken(portOwner(p.o.Spec.API, 0), errors.New("it does not speak HTTP"))}
		}
		if miss == misses {
			return seen{taken: p.taken(portOwner(p.o.Spec.API, 0), errors.New("it accepts connections but does not answer"))}
		}
	}
}

// judge decides whether a node that answers may be adopted.
func (p *Proc) judge(h Health) seen {
	o := portOwner(p.o.Spec.API, h.PID)
	if o.pid == 0 {
		o.pid = h.PID
	}
	refused := func(why error) seen { return seen{taken: p.taken(o, &NotUsedError{API: p.o.Spec.API, Err: why})} }
	switch {
	case !o.known:
		return refused(errors.New("it is a node, but whose cannot be told"))
	case !o.trusted && (o.user == 0 || o.user != p.o.Spec.Owner):
		return refused(errors.New("it is a node of another user"))
	}
	if p.o.Spec.Accept != nil {
		if err := p.o.Spec.Accept(h); err != nil {
			return refused(err)
		}
	}
	return seen{node: &found{pid: o.pid, health: h}}
}

// OwnedByUs reports whether what listens at addr, host:port, is this user's or root's. What cannot be found out is not.
func OwnedByUs(addr string) bool {
	o := socketOwner(addr)
	return o.known && o.trusted
}

func (p *Proc) taken(o owner, why error) *PortTakenError {
	return &PortTakenError{API: p.o.Spec.API, PID: o.pid, Program: o.program, Err: why}
}

// wait sleeps for d and reports whether ctx let it.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
