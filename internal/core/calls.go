package core

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

type connectionKey struct{}

// of marks what is done under ctx as done for a connection.
func of(ctx context.Context, connection string) context.Context {
	if connection == "" {
		return ctx
	}
	return context.WithValue(ctx, connectionKey{}, connection)
}

func connectionOf(ctx context.Context) string {
	id, _ := ctx.Value(connectionKey{}).(string)
	return id
}

// LogCalls has a client write down what it asks the node, with the id of the connection that it is for. What only reads
// is said on the debug level: that is asked every two seconds.
func LogCalls(log *zap.Logger) tequilapi.Option {
	return tequilapi.WithTrace(func(ctx context.Context, c tequilapi.Call) {
		level := zapcore.InfoLevel
		if c.Method == http.MethodGet {
			level = zapcore.DebugLevel
		}
		e := log.Check(level, "node request")
		if e == nil {
			return
		}
		fields := []zap.Field{zap.String("method", c.Method), zap.String("path", c.Path), zap.Duration("took", c.Took.Round(time.Millisecond))}
		if c.Status != 0 {
			fields = append(fields, zap.Int("status", c.Status))
		}
		if c.Err != nil {
			fields = append(fields, zap.Error(c.Err))
		}
		if id := connectionOf(ctx); id != "" {
			fields = append(fields, zap.String("connection", id))
		}
		e.Write(fields...)
	})
}
