// Package redact takes out of text what its reader must not see: Secrets for the log that the user keeps.
//
// internal/logs calls it for each line before it keeps it.
//
// Its functions keep nothing and may be used from any goroutine.
package redact
