//go:build race

package ui

// underRace: the race detector makes everything ten times slower. What finds no races, but takes its time, is left out
// there and runs in a step of its own.
const underRace = true
