package vpn

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestZeroStatusClaimsNothing(t *testing.T) {
	var s Status
	assert.Equal(t, "unknown", s.Phase.String())
	assert.Equal(t, "unknown", s.Node.State.String())
	assert.False(t, s.Phase.Wanted())
	assert.Empty(t, s.Reason.Text())
	assert.True(t, Target{}.Quick())
}

func TestPhasesAndNodeStatesSurviveJSON(t *testing.T) {
	for _, p := range Phases() {
		b, err := json.Marshal(p)
		require.NoError(t, err)
		var back Phase
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, p, back)
	}
	for n := NodeUnknown; n <= NodeFailed; n++ {
		b, err := json.Marshal(n)
		require.NoError(t, err)
		var back NodeState
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, n, back)
	}
	p, n := Up, NodeRunning
	require.Error(t, p.UnmarshalText([]byte("protected")))
	assert.Equal(t, Unknown, p, "a word that is not known is Unknown, not what was there before")
	require.Error(t, n.UnmarshalText([]byte("?")))
	assert.Equal(t, NodeUnknown, n)
	assert.Equal(t, "unknown", Phase(200).String())
}

// TestEveryReasonIsASentence: each one names the cause and what to do or what happens, and shows its arguments.
func TestEveryReasonIsASentence(t *testing.T) {
	for _, c := range Codes() {
		text := Reason{Code: c, A: "«first»", B: "«second»"}.Text()
		assert.True(t, strings.HasSuffix(text, "."), "%s: %s", c, text)
		assert.NotContains(t, text, "%!", "%s: %s", c, text)
		assert.Equal(t, strings.ToUpper(text[:1]), text[:1], text)
		assert.Equal(t, strings.Contains(sentences[c], "%[1]s"), strings.Contains(text, "«first»"), text)
		assert.Equal(t, strings.Contains(sentences[c], "%[2]s"), strings.Contains(text, "«second»"), text)
		assert.NotContains(t, strings.ToLower(text), "something went wrong")
	}
	odd := Reason{Code: "made_up", A: "a", B: "b"}.Text()
	assert.Contains(t, odd, "made_up")
	assert.Contains(t, odd, "a b", "nothing is lost of a code that is not known")
}

// TestReasonsInSourceHaveSentences: a code without a sentence would print itself.
func TestReasonsInSourceHaveSentences(t *testing.T) {
	declared := 0
	for _, file := range []string{"reason.go", "reason_node.go"} {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		declared += strings.Count(string(src), " Code = \"")
	}
	assert.Len(t, Codes(), declared)
}

func TestCommandNumbersRise(t *testing.T) {
	a, b := NextCommand(), NextCommand()
	assert.Greater(t, b, a)
}

// TestThePhasesStandInTheDocs: docs/states.md and the doc comment of Phase show the same picture.
func TestThePhasesStandInTheDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/states.md")
	require.NoError(t, err)
	src, err := os.ReadFile("phase.go")
	require.NoError(t, err)
	_, picture, _ := strings.Cut(string(doc), "```\n")
	picture, _, _ = strings.Cut(picture, "```")
	for line := range strings.SplitSeq(strings.TrimSpace(picture), "\n") {
		assert.Contains(t, string(src), strings.TrimSpace(line))
	}
	for _, p := range Phases() {
		assert.Contains(t, string(doc), "| "+p.String()+" |")
	}
}
