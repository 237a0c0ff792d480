package tunnel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"

	"github.com/mysteriumvpn/desktop/internal/wgnet"
)

const whatThisIs = `This is the local proxy of MysteriumVPN, not a web site.
Set it as the SOCKS5 or HTTP proxy of a program to send what the program does through the VPN.
`

// newWeb makes the HTTP half. net/http does what is easy to get wrong: header limits, keep-alive, chunks, 100-continue.
func (f *front) newWeb() {
	f.web = &http.Server{
		Handler:                      http.HandlerFunc(f.serveWeb),
		ReadHeaderTimeout:            handshakeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               headerLimit,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(logLines{f.log}, "", 0),
	}
	f.pages = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			// The proxy only carries: what ReverseProxy tidies up on the way is put back.
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			for _, k := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if v, ok := r.In.Header[k]; ok {
					r.Out.Header[k] = v
				}
			}
		},
		Transport:     perLink{},
		FlushInterval: -1,
		BufferPool:    pageBuffers{},
		ErrorLog:      log.New(io.Discard, "", 0), // its lines name the far end
		ErrorHandler:  func(w http.ResponseWriter, r *http.Request, err error) { writeRefusal(w, pageError(r, err)) },
	}
}

// newPages is the transport for absolute-form requests through l.
func newPages(l *link) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			t, err := parseTarget(addr)
			if err != nil {
				return nil, err
			}
			return l.dial(ctx, t)
		},
		DisableCompression:     true, // else an Accept-Encoding would be added
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: answerHeaderLimit,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    6,
		IdleConnTimeout:        30 * time.Second,
	}
}

func (f *front) serveWeb(w http.ResponseWriter, r *http.Request) {
	if !f.begin() {
		return
	}
	defer f.serving.Done()
	// Present and empty: then net/http adds none of its own to what the far end sent.
	w.Header()["Date"] = nil
	switch {
	case r.Method == http.MethodConnect:
		f.webConnect(w, r)
	case r.URL.Host == "":
		writeText(w, http.StatusBadRequest, whatThisIs)
	case r.URL.Scheme != "http":
		writeText(w, http.StatusBadRequest, "Only http:// addresses can be fetched this way. For others, ask the proxy to CONNECT.\n")
	default:
		l, err := f.current()
		if err != nil {
			writeRefusal(w, err)
			return
		}
		defer l.leave()
		f.webPage(l, w, r)
	}
}

// webPage carries one absolute-form request through l.
func (f *front) webPage(l *link, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), linkKey{}, l))
	defer cancel()
	rc := http.NewResponseController(w)
	_ = rc.EnableFullDuplex() // an answer may begin before its request has ended, as it may without a proxy
	stop := l.onEnd(func() {
		cancel()
		// A program that has stopped sending or reading would keep the flow; one that reads gets what is on its way.
		_ = rc.SetReadDeadline(time.Unix(1, 0))
		_ = rc.SetWriteDeadline(time.Now().Add(time.Second))
	})
	defer stop()
	p := &page{ResponseWriter: w}
	f.pages.ServeHTTP(p, r.WithContext(ctx))
	if !stop() && p.begun && w.Header().Get("Connection") != "close" {
		// The deadlines above would hurt the next request on this connection, so there must be none.
		_ = rc.Flush()
		panic(http.ErrAbortHandler)
	}
}

// page keeps net/http from adding headers of its own to what the far end sent.
type page struct {
	http.ResponseWriter
	begun bool
}

// Unwrap is for http.ResponseController.
func (p *page) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// WriteHeader is called again after each informational answer, and then the headers are new. A 100 is left to
// net/http, which sends its own when the body is read: that comes at the same moment, and then there would be two.
func (p *page) WriteHeader(code int) {
	if code == http.StatusContinue {
		return
	}
	if code >= http.StatusOK {
		p.begun = true
		for _, k := range []string{"Content-Type", "Date"} {
			if _, ok := p.Header()[k]; !ok {
				p.Header()[k] = nil
			}
		}
	}
	p.ResponseWriter.WriteHeader(code)
}

type linkKey struct{}

// perLink sends a request through the link that it entered.
type perLink struct{}

func (perLink) RoundTrip(r *http.Request) (*http.Response, error) {
	return r.Context().Value(linkKey{}).(*link).pages.RoundTrip(r)
}

func pageError(r *http.Request, err error) error {
	if l, ok := r.Context().Value(linkKey{}).(*link); ok && l.ctx.Err() != nil {
		return errNotUp
	}
	var no *refusal
	if errors.As(err, &no) {
		return no
	}
	return &refusal{cause: causeOf(err), text: r.URL.Host + " gave no proper answer", err: err}
}

func (f *front) webConnect(w http.ResponseWriter, r *http.Request) {
	t, err := parseTarget(r.RequestURI)
	if err != nil {
		writeRefusal(w, err)
		return
	}
	l, err := f.current()
	if err != nil {
		writeRefusal(w, err)
		return
	}
	defer l.leave()
	remote, err := l.dial(r.Context(), t)
	if err != nil {
		writeRefusal(w, err)
		return
	}
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = remote.Close()
		writeRefusal(w, err)
		return
	}
	_ = c.SetDeadline(time.Time{})
	if _, err := io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = remote.Close()
		_ = c.Close()
		return
	}
	f.relay(l, c.(duplex), rw.Reader, remote)
}

func writeRefusal(w http.ResponseWriter, err error) {
	status, text := http.StatusBadGateway, err.Error()
	var no *refusal
	if errors.As(err, &no) {
		status = no.cause.status()
	}
	writeText(w, status, strings.ToUpper(text[:1])+text[1:]+".\n")
}

// writeText ends the connection too: a program that was refused should look at the proxy anew.
func writeText(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// pageBuffers lends relay's buffers to ReverseProxy.
type pageBuffers struct{}

func (pageBuffers) Get() []byte { return bigBuffers.Get().(*[bigBuffer]byte)[:] }

func (pageBuffers) Put(b []byte) { bigBuffers.Put((*[bigBuffer]byte)(b)) }

// logLines is net/http's error log.
type logLines struct{ log wgnet.LogFunc }

func (l logLines) Write(b []byte) (int, error) {
	l.log(wgnet.LevelDebug, fmt.Sprintf("proxy: %s", strings.TrimSpace(string(b))))
	return len(b), nil
}
