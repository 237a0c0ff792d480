// Package house holds no code, only the tests of the rules that the whole project keeps: who may import whom, where
// package docs stand, what must not be said or used. `go test ./internal/house` runs them in a second.
//
// Nobody imports it.
package house
