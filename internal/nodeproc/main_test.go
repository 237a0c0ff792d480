package nodeproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is also the node: TestMain plays a part instead of testing if it is told to.
const (
	partVar    = "NODEPROC_TEST_PART"
	apiVar     = "NODEPROC_TEST_API"
	controlVar = "NODEPROC_TEST_CONTROL" // host:port of a listener of the test
)

func TestMain(m *testing.M) {
	if part := os.Getenv(partVar); part != "" {
		os.Exit(play(part))
	}
	// net/http stays for half a second with a connection that it has refused, and nobody can wait for it.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// environment is what makes a child of this test play a part.
func environment(part, api, control string) []string {
	return append(os.Environ(), partVar+"="+part, apiVar+"="+api, controlVar+"="+control)
}

func play(part string) int {
	switch part {
	case "serve": // a good node. Like the real one it leaves a clean stop with 1
		return serve(serving{})
	case "deaf": // says yes to /stop, hears no signal, and stays
		signal.Ignore(syscall.SIGTERM, os.Interrupt)
		return serve(serving{deaf: true})
	case "crash": // at once, with 30 lines on the two streams
		for i := range 30 {
			to := os.Stdout
			if i%2 == 1 {
				to = os.Stderr
			}
			_, _ = fmt.Fprintf(to, "line %d\n", i+1)
			_ = to.Sync()
		}
		return 3
	case "say": // at once, with the words of a node that finds no network
		fmt.Println("Failed to execute command: error=\"could not get hermes URL: network is unreachable\"")
		return 1
	case "mute": // never listens
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM)
		<-ended
		return 0
	case "hang": // accepts and answers nothing
		l, err := net.Listen("tcp", os.Getenv(apiVar))
		if err != nil {
			return 1
		}
		for {
			c, err := l.Accept()
			if err != nil {
				return 1
			}
			defer c.Close() //nolint:errcheck // kept open to the end
		}
	case "flood": // 32 MiB on each stream before it serves, and more while it does
		text := strings.Repeat("x", 1023) + "\n"
		done := make(chan struct{})
		for _, to := range []io.Writer{os.Stdout, os.Stderr} {
			go func() {
				for i := 0; ; i++ {
					_, _ = io.WriteString(to, text)
					if i == 32<<10 {
						done <- struct{}{}
					}
				}
			}()
		}
		<-done
		<-done
		return serve(serving{})
	case "late": // leaves with 1 when the test says so
		if c, err := net.Dial("tcp", os.Getenv(controlVar)); err == nil {
			_, _ = bufio.NewReader(c).ReadByte()
		}
		fmt.Println("the port seems to be taken")
		return 1
	case "echo": // lives as long as its connection to the test, and says back what it hears
		return echo()
	case "parent": // starts another one, which outlives it if it can
		other := exec.Command(os.Args[0])
		other.Env = environment("echo", os.Getenv(apiVar), os.Getenv(controlVar))
		other.Stdout = os.Stdout
		if other.Start() != nil {
			return 1
		}
		return serve(serving{})
	case "middle": // runs nodeproc, until it is killed
		runtime.LockOSThread() // the first thread never ends, so nothing else shall run on it
		p := New(Options{Spec: Spec{Path: os.Args[0], Env: environment("echo", os.Getenv(apiVar), os.Getenv(controlVar)), API: os.Getenv(apiVar)}})
		go func() { _ = p.Serve(context.Background()) }()
		_, _ = bufio.NewReader(os.Stdin).ReadByte() // the child is there
		go churn()
		select {}
	}
	return 99
}

// churn ends every thread that is not kept by somebody, many times over, and says when: the child's life must not hang
// on one of them.
func churn() {
	for range 50 {
		var all sync.WaitGroup
		together := make(chan struct{})
		var locked sync.WaitGroup
		for range 50 { // at a time, so that no idle thread is left out
			locked.Add(1)
			all.Go(func() {
				runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
				locked.Done()
				<-together
			})
		}
		locked.Wait()
		close(together)
		all.Wait()
	}
	fmt.Println("churned")
}

func echo() int {
	c, err := net.Dial("tcp", os.Getenv(controlVar))
	if err != nil {
		return 1
	}
	_, _ = fmt.Fprintf(c, "%d\n", os.Getpid())
	_, _ = io.Copy(c, c)
	return 1
}

type serving struct{ deaf bool }

func serve(how serving) int {
	l, err := net.Listen("tcp", os.Getenv(apiVar))
	if err != nil {
		fmt.Println("the port seems to be taken")
		return 1
	}
	var hung atomic.Bool
	mux := http.NewServeMux()
	server := http.Server{Handler: mux}
	mux.HandleFunc("GET /healthcheck", func(w http.ResponseWriter, r *http.Request) {
		if hung.Load() {
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, health(os.Getpid(), "1.2.3"))
	})
	mux.HandleFunc("POST /hang", func(http.ResponseWriter, *http.Request) { hung.Store(true) })
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		if how.deaf {
			return
		}
		fmt.Print("stopping as asked") // without a line feed
		go func() { _ = server.Shutdown(context.Background()) }()
	})
	fmt.Println("serving")
	if err := server.Serve(l); errors.Is(err, http.ErrServerClosed) {
		return 1
	}
	return 2
}

func health(pid int, version string) string {
	return fmt.Sprintf(`{"uptime":"168ms","process":%d,"version":%q,"build_info":{"commit":"abc","branch":"main","build_number":"7"}}`, pid, version)
}
