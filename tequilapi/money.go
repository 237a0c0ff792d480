package tequilapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Money is an amount of MYST, held as a whole number of wei; one MYST is 1e18 wei. It is exact, comparable with ==,
// and its zero value is no money. Amounts beyond 128 bits are refused: all MYST there is takes 85.
type Money struct {
	hi, lo uint64
	neg    bool // never with hi and lo zero
}

const weiDigits = 18

// ErrMoney is why a text or number was not taken as Money.
var ErrMoney = errors.New("not an amount of wei")

// Wei is an amount of n wei.
func Wei(n uint64) Money { return Money{lo: n} }

// ParseWei reads a whole decimal number of wei.
func ParseWei(s string) (Money, error) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 39 || strings.Trim(digits, "0123456789") != "" {
		return Money{}, fmt.Errorf("%w: %q", ErrMoney, clean(s, 50))
	}
	if n, err := strconv.ParseUint(digits, 10, 64); err == nil { // the usual case, without big.Int
		return Money{lo: n, neg: n != 0 && digits != s}, nil
	}
	b, _ := new(big.Int).SetString(s, 10) // only digits: cannot fail
	return MoneyFromBig(b)
}

// ParseMYST reads a decimal number of MYST such as "0.1". It refuses what is not a whole number of wei.
func ParseMYST(s string) (Money, error) {
	whole, part, dot := strings.Cut(s, ".")
	trimmed := strings.TrimRight(part, "0")
	if dot && part == "" || len(trimmed) > weiDigits || len(whole) > 40 || strings.Trim(part, "0123456789") != "" {
		return Money{}, fmt.Errorf("%w: %q MYST", ErrMoney, clean(s, 50))
	}
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" {
		return Money{}, fmt.Errorf("%w: %q MYST", ErrMoney, clean(s, 50))
	}
	digits = strings.TrimLeft(digits+trimmed+strings.Repeat("0", weiDigits-len(trimmed)), "0")
	if digits == "" {
		digits = "0"
	}
	if strings.HasPrefix(whole, "-") {
		digits = "-" + digits
	}
	return ParseWei(digits)
}

// MoneyFromBig is an amount of b wei.
func MoneyFromBig(b *big.Int) (Money, error) {
	if b.BitLen() > 128 {
		return Money{}, fmt.Errorf("%w: over 128 bits", ErrMoney)
	}
	abs := new(big.Int).Abs(b)
	return Money{hi: new(big.Int).Rsh(abs, 64).Uint64(), lo: lowWord(abs), neg: b.Sign() < 0}, nil
}

func lowWord(abs *big.Int) uint64 {
	mask := new(big.Int).SetUint64(^uint64(0))
	return mask.And(mask, abs).Uint64()
}

// Big is the amount in wei. The caller owns it.
func (m Money) Big() *big.Int {
	b := new(big.Int).SetUint64(m.hi)
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(m.lo))
	if m.neg {
		b.Neg(b)
	}
	return b
}

// Part is m*of/whole, rounded towards zero; whole must not be zero.
func (m Money) Part(of, whole uint64) (Money, error) {
	if high, low := bits.Mul64(m.lo, of); m.hi == 0 && high < whole { // the usual case, without big.Int
		q, _ := bits.Div64(high, low, whole)
		return Money{lo: q, neg: m.neg && q != 0}, nil
	}
	v := m.Big()
	v.Mul(v, new(big.Int).SetUint64(of))
	return MoneyFromBig(v.Quo(v, new(big.Int).SetUint64(whole)))
}

// Plus is m+o.
func (m Money) Plus(o Money) (Money, error) {
	if !m.neg && !o.neg {
		lo, carry := bits.Add64(m.lo, o.lo, 0)
		if hi, over := bits.Add64(m.hi, o.hi, carry); over == 0 {
			return Money{hi: hi, lo: lo}, nil
		}
	}
	v := m.Big()
	return MoneyFromBig(v.Add(v, o.Big()))
}

// IsZero reports whether it is no money.
func (m Money) IsZero() bool { return m == Money{} }

// Cmp is -1, 0 or +1 as m is less than, equal to, or more than o.
func (m Money) Cmp(o Money) int {
	if m.neg == o.neg && m.hi == 0 && o.hi == 0 {
		c := 0
		switch {
		case m.lo < o.lo:
			c = -1
		case m.lo > o.lo:
			c = 1
		}
		if m.neg {
			c = -c
		}
		return c
	}
	return m.Big().Cmp(o.Big())
}

// Wei is the amount as a decimal number of wei.
func (m Money) Wei() string {
	if m.hi == 0 && !m.neg {
		return strconv.FormatUint(m.lo, 10)
	}
	return m.Big().String()
}

// MYST is the exact amount as a decimal number of MYST: "0.00006".
func (m Money) MYST() string {
	s, sign := m.Wei(), ""
	if m.neg {
		s, sign = s[1:], "-"
	}
	if len(s) <= weiDigits {
		s = strings.Repeat("0", weiDigits+1-len(s)) + s
	}
	whole, part := s[:len(s)-weiDigits], strings.TrimRight(s[len(s)-weiDigits:], "0")
	if part == "" {
		return sign + whole
	}
	return sign + whole + "." + part
}

// Human is the amount in MYST, cut (not rounded) after six decimals, as the node shows it.
func (m Money) Human() string {
	s := m.MYST()
	dot := strings.IndexByte(s, '.')
	if dot < 0 || len(s) <= dot+7 {
		return s
	}
	s = strings.TrimRight(strings.TrimRight(s[:dot+7], "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// String is the exact amount with its unit: "0.1 MYST".
func (m Money) String() string { return m.MYST() + " MYST" }

// MarshalJSON writes the bare integer that the node writes. Readers that use floating point lose digits above 2^53.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.Wei()), nil }

// UnmarshalJSON reads an integer, bare or in quotes. Fractions and exponents are refused. null changes nothing.
func (m *Money) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	v, err := ParseWei(s)
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// Tokens is Money in the node's other spelling: {"wei":"…","ether":"…","human":"…"}, all of them strings.
type Tokens struct{ Money }

// MarshalJSON writes all three spellings.
func (t Tokens) MarshalJSON() ([]byte, error) {
	return json.Marshal(tokensJSON{Wei: t.Wei(), Ether: t.MYST(), Human: t.Human()})
}

// UnmarshalJSON reads the exact one, wei.
func (t *Tokens) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var w tokensJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	v, err := ParseWei(w.Wei)
	if err != nil {
		return err
	}
	t.Money = v
	return nil
}

type tokensJSON struct {
	Wei   string `json:"wei"`
	Ether string `json:"ether"`
	Human string `json:"human"`
}
