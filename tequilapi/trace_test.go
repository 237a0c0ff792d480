package tequilapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/tequilapi"
	"github.com/mysteriumvpn/desktop/tequilapi/tequilatest"
)

type traceKey struct{}

func TestATraceTellsOfEachRequest(t *testing.T) {
	node := tequilatest.NewNode(t, tequilatest.InMemory())
	var seen []tequilapi.Call
	c := client(t, node.URL(), tequilapi.WithTransport(node.Transport()), tequilapi.WithTrace(func(ctx context.Context, k tequilapi.Call) {
		assert.Equal(t, "mine", ctx.Value(traceKey{}), "it has the context of the call")
		seen = append(seen, k)
	}))
	ctx := context.WithValue(t.Context(), traceKey{}, "mine")
	_, err := c.Identities(ctx)
	require.NoError(t, err)
	_, err = c.Identity(ctx, "0xnobody")
	require.Error(t, err)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = c.Identities(gone)
	require.Error(t, err)
	require.Len(t, seen, 3)
	assert.Equal(t, tequilapi.Call{Method: http.MethodGet, Path: "/identities", Status: http.StatusOK, Took: seen[0].Took}, seen[0])
	assert.Equal(t, "/identities/0xnobody", seen[1].Path)
	assert.Equal(t, http.StatusNotFound, seen[1].Status)
	require.Error(t, seen[1].Err)
	assert.Zero(t, seen[2].Status)
	require.ErrorIs(t, seen[2].Err, context.Canceled)
}
