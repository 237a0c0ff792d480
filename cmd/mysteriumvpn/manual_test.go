package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The manual page names every command and every flag that the help shows, and nothing in it is an order to the
// typesetter by accident.
func TestTheManualIsWhole(t *testing.T) {
	page, code := call(t, "manual")
	require.Equal(t, exitDone, code)
	for _, section := range []string{".SH NAME\nmysteriumvpn \\- ", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH COMMANDS", ".SH EXAMPLES"} {
		assert.Contains(t, page, section)
	}
	for _, c := range newRoot().Commands() {
		if !c.IsAvailableCommand() {
			assert.NotContains(t, page, ".SS "+c.Name(), "hidden")
			continue
		}
		assert.Contains(t, page, ".SS "+c.Name())
		for line := range strings.Lines(c.LocalNonPersistentFlags().FlagUsages()) {
			if !strings.Contains(line, "--help ") {
				assert.Contains(t, page, roff(line), c.Name())
			}
		}
	}
	known := map[string]bool{".TH": true, ".SH": true, ".SS": true, ".TP": true, ".PP": true, ".B": true, ".nf": true, ".fi": true}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			assert.True(t, known[strings.Fields(line)[0]], "%q", line)
		}
	}
}

func TestRoffEscapes(t *testing.T) {
	assert.Equal(t, `\&.SH a\-b`, roff(".SH a-b"))
	assert.Equal(t, "x\n\\&'quoted' \\en", roff("x\n'quoted' \\n"))
}
