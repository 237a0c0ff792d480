package tequilatest_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// net/http stays for half a second with a connection that it has refused, and nobody can wait for it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

func TestMisuseOfTheFakePanics(t *testing.T) {
	node := tequilatest.NewNode(t)
	assert.Panics(t, func() { node.Fail("GET", "/nope", tequilapi.Error{Status: 500}) })
	assert.Panics(t, func() { node.Fail("PUT", "/healthcheck", tequilapi.Error{Status: 500}) })
	assert.Panics(t, func() { node.Fail("GET", "/healthcheck", tequilapi.Error{Status: 200}) })
	assert.Panics(t, func() { node.SetRegistration("0x1", tequilapi.Registered) })
	assert.Panics(t, func() { node.SetBalance("0x1", tequilapi.Money{}) })
	assert.Panics(t, func() { node.SetOrderStatus("order-1", tequilapi.OrderPaid) })
	assert.Panics(t, func() { node.ProviderGone("0x1") })
	assert.Panics(t, func() { node.SetPrice("0x1", tequilapi.Price{}) })
	assert.Panics(t, func() { node.FailAlways("GET", "/nope", tequilapi.Error{Status: 500}) })
	assert.Panics(t, func() { node.Slow("GET", "/nope", 1) })
	assert.Panics(t, func() { node.Hang("GET", "/nope") })
	assert.Panics(t, func() { node.Heal("GET", "/nope") })
	node.AddIdentity("0x1", "", tequilapi.Money{})
	assert.Panics(t, func() { node.AddIdentity("0x1", "", tequilapi.Money{}) })
}

func TestUnmetFailuresAreReported(t *testing.T) {
	inner := &recorder{TB: t}
	node := tequilatest.NewNode(inner)
	node.Fail("GET", "/terms", tequilapi.Error{Status: 500})
	for _, f := range inner.cleanups {
		f()
	}
	assert.Equal(t, 1, inner.errors)
}

type recorder struct {
	testing.TB
	cleanups []func()
	errors   int
}

func (r *recorder) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(string, ...any) { r.errors++ }

func TestANodeInMemoryWorksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := tequilatest.NewNode(t, tequilatest.InMemory())
		c := node.Client()
		for range 3 {
			_, err := c.Healthcheck(t.Context())
			require.NoError(t, err)
		}
		_, err := c.SetUserConfig(t.Context(), tequilapi.Config{"a": 1, "b": nil})
		require.NoError(t, err)
		assert.Contains(t, node.Config(), "a")
		assert.Equal(t, tequilatest.Request{Method: "GET", Path: "/healthcheck"}, node.Requests()[0])
		node.Kill()
		_, err = c.Healthcheck(t.Context())
		require.Error(t, err)
	})
}

func TestUnknownPathsArePlainText404(t *testing.T) {
	node := tequilatest.NewNode(t)
	res, err := http.Get(node.URL() + "/nope")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	assert.Equal(t, 404, res.StatusCode)
	assert.Contains(t, res.Header.Get("Content-Type"), "text/plain")
	http.DefaultClient.CloseIdleConnections()
}
