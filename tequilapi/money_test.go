package tequilapi

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMoneyIsExact(t *testing.T) {
	for _, c := range []struct{ wei, myst, human string }{
		{"0", "0", "0"},
		{"1", "0.000000000000000001", "0"},
		{"20", "0.00000000000000002", "0"},
		{"60000000000000", "0.00006", "0.00006"},
		{"100000000000000000", "0.1", "0.1"},
		{"200467884199", "0.000000200467884199", "0"},
		{"297337811647083", "0.000297337811647083", "0.000297"},
		{"4999999999999999999", "4.999999999999999999", "4.999999"}, // cut, not rounded; above 2^53
		{"5000000000000000000", "5", "5"},
		{"9007199254740993", "0.009007199254740993", "0.009007"}, // 2^53 + 1
		{"18446744073709551615", "18.446744073709551615", "18.446744"},
		{"18446744073709551616", "18.446744073709551616", "18.446744"}, // 2^64
		{"24000000000000000000000001", "24000000.000000000000000001", "24000000"},
		{"340282366920938463463374607431768211455", "340282366920938463463.374607431768211455", "340282366920938463463.374607"},
		{"-60000000000000", "-0.00006", "-0.00006"},
		{"-1", "-0.000000000000000001", "0"},
	} {
		m, err := ParseWei(c.wei)
		require.NoError(t, err, c.wei)
		assert.Equal(t, c.wei, m.Wei())
		assert.Equal(t, c.myst, m.MYST())
		assert.Equal(t, c.human, m.Human())
		assert.Equal(t, c.wei, m.Big().String())
		assert.Equal(t, c.myst+" MYST", m.String())

		b, err := json.Marshal(m)
		require.NoError(t, err)
		assert.Equal(t, c.wei, string(b), "a bare integer")
		for _, form := range []string{c.wei, `"` + c.wei + `"`} {
			var back Money
			require.NoError(t, json.Unmarshal([]byte(form), &back))
			assert.Equal(t, m, back)
		}
		b, err = json.Marshal(Tokens{m})
		require.NoError(t, err)
		assert.JSONEq(t, `{"wei":"`+c.wei+`","ether":"`+c.myst+`","human":"`+c.human+`"}`, string(b))
		var tokens Tokens
		require.NoError(t, json.Unmarshal(b, &tokens))
		assert.Equal(t, m, tokens.Money)
	}
}

func TestMYSTIsReadExactly(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "1": "1", "100": "100", "0.1": "0.1", "00.10": "0.1", "-0.5": "-0.5", "-0": "0", "1.000000000000000001": "1.000000000000000001",
		"1.0000000000000000010": "1.000000000000000001", "24000000": "24000000", "0.000000000000000000000": "0",
	} {
		m, err := ParseMYST(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, m.MYST(), in)
	}
	for _, bad := range []string{"", ".", "1.", ".5", "-", "-.5", "1,5", "1e3", "+1", "1.-5", "--1", "0x1", " 1", "1.0000000000000000001", "1..2", strings.Repeat("9", 50)} {
		_, err := ParseMYST(bad)
		require.ErrorIs(t, err, ErrMoney, bad)
	}
}

func TestMoneyRefusesWhatIsNotWholeWei(t *testing.T) {
	for _, s := range []string{`1.5`, `1e18`, `6e-05`, `""`, `"-"`, `"1 "`, `"0x10"`, `"1_000"`, `true`, `{}`, `[]`, `"--1"`, `"+1"`, `340282366920938463463374607431768211456`, `"٣"`} {
		var m Money
		require.ErrorIs(t, json.Unmarshal([]byte(s), &m), ErrMoney, s)
		assert.True(t, m.IsZero())
	}
	m := Wei(7)
	require.NoError(t, json.Unmarshal([]byte("null"), &m))
	assert.Equal(t, Wei(7), m)
}

func TestMoneyCompares(t *testing.T) {
	order := []string{"-18446744073709551617", "-2", "-1", "0", "1", "2", "18446744073709551615", "18446744073709551616", "18446744073709551617"}
	for i, a := range order {
		for j, b := range order {
			ma, err := ParseWei(a)
			require.NoError(t, err)
			mb, err := ParseWei(b)
			require.NoError(t, err)
			assert.Equal(t, big.NewInt(int64(i)).Cmp(big.NewInt(int64(j))), ma.Cmp(mb), "%s and %s", a, b)
		}
	}
	m, err := ParseWei("-0")
	require.NoError(t, err)
	assert.Equal(t, Money{}, m, "there is one zero")
}

func TestMoneyIsSharedAndAdded(t *testing.T) {
	huge := "18446744073709551617000" // more than 64 bits
	for _, c := range []struct {
		m         string
		of, whole uint64
		want      string
	}{
		{"10", 1, 3, "3"},
		{"-10", 1, 3, "-3"},
		{"-1", 1, 3, "0"},
		{"0", 7, 3, "0"},
		{"18446744073709551615", 18446744073709551615, 18446744073709551615, "18446744073709551615"},
		{"18446744073709551615", 2, 1, "36893488147419103230"},
		{huge, 1, 1000, "18446744073709551617"},
	} {
		m, err := ParseWei(c.m)
		require.NoError(t, err)
		got, err := m.Part(c.of, c.whole)
		require.NoError(t, err)
		assert.Equal(t, c.want, got.Wei(), "%s*%d/%d", c.m, c.of, c.whole)
	}
	most, err := ParseWei("340282366920938463463374607431768211455")
	require.NoError(t, err)
	_, err = most.Part(2, 1)
	require.ErrorIs(t, err, ErrMoney)
	_, err = most.Plus(Wei(1))
	require.ErrorIs(t, err, ErrMoney)
	for _, c := range [][3]string{
		{"1", "2", "3"}, {"1", "-2", "-1"}, {"-2", "2", "0"}, {"18446744073709551615", "1", "18446744073709551616"}, {huge, "1", "18446744073709551617001"},
	} {
		a, err := ParseWei(c[0])
		require.NoError(t, err)
		b, err := ParseWei(c[1])
		require.NoError(t, err)
		sum, err := a.Plus(b)
		require.NoError(t, err)
		assert.Equal(t, c[2], sum.Wei())
		assert.Equal(t, c[2] == "0", sum.IsZero())
	}
}

func FuzzMoney(f *testing.F) {
	for _, s := range []string{"0", "5000000000000000000", `"18446744073709551616"`, "-3", "1.5", "1e3", `"-0"`, "007"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var m Money
		if err := m.UnmarshalJSON([]byte(s)); err != nil {
			require.ErrorIs(t, err, ErrMoney)
			return
		}
		b, err := json.Marshal(m)
		require.NoError(t, err)
		var back Money
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, m, back)
		same, err := MoneyFromBig(m.Big())
		require.NoError(t, err)
		require.Equal(t, m, same)
	})
}
