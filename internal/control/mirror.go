package control

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/logs"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/usage"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// Mirror is where a Feed puts what is true in the running program: the sending halves of this one's topics. All must be
// there.
type Mirror struct {
	Status    bus.Sender[vpn.Status]
	Traffic   bus.Sender[vpn.Traffic]
	Settings  bus.Sender[vpn.Settings]
	Proposals bus.Sender[uint64] // the version of Book's snapshot
	Account   bus.Sender[account.State]
	Computer  bus.Sender[vpn.Computer]
	History   bus.Sender[uint64]
	Counts    bus.Sender[usage.Counts]
	Notices   bus.Sender[vpn.Notice]
	Book      *proposals.Book
	Whole     func() // called once with each Feed, when all that is true now has been put there
}

func (m Mirror) put(f frame) {
	switch {
	case f.Status != nil:
		m.Status.Send(*f.Status)
	case f.Traffic != nil:
		m.Traffic.Send(*f.Traffic)
	case f.Settings != nil:
		m.Settings.Send(*f.Settings)
	case f.Proposals != nil:
		l := f.Proposals
		if l.Version > 0 { // else the program has not heard of any yet
			m.Proposals.Send(m.Book.Take(l.Proposals, l.Presets, l.Preset, l.At).Version)
		}
	case f.Account != nil:
		m.Account.Send(*f.Account)
	case f.Computer != nil:
		m.Computer.Send(*f.Computer)
	case f.History != nil:
		m.History.Send(*f.History)
	case f.Counts != nil:
		m.Counts.Send(*f.Counts)
	case f.Notice != nil:
		m.Notices.Send(*f.Notice)
	case f.Whole:
		m.Whole()
	}
}

// Feed keeps m as the running program has it until ctx ends or the program does, which is ErrEnded. An Error with
// CodeVersion says that the two are not of one version.
func (c *Client) Feed(ctx context.Context, m Mirror) error {
	err := follow(ctx, c, "/feed", func(f frame) error {
		m.put(f)
		return nil
	})
	return c.older(err)
}

// older tells a program that does not know a call of ours for what it is.
func (c *Client) older(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Code == codeNoCall {
		return versionError("", c.version)
	}
	return err
}

// Command has the running program carry out a window's command. What comes of it is told by the Feed.
func (c *Client) Command(ctx context.Context, v vpn.Command) error { return c.tell(ctx, "/command", v) }

// Save has the running program take settings over. They come back by the Feed.
func (c *Client) Save(ctx context.Context, s vpn.Settings) error { return c.tell(ctx, "/settings", s) }

// Wish has the running program carry out a wish of the account. What comes of it is told by the Feed. Passphrases
// travel in the open, on a socket that nobody else can read.
func (c *Client) Wish(ctx context.Context, w account.Wish) error {
	return c.tell(ctx, "/wish", AccountWish{
		Verb: w.Verb.String(), Identity: w.Identity, Old: w.Old.Reveal(), New: w.New.Reveal(), Keep: w.Keep, File: w.File, Path: w.Path,
		Gateway: w.Order.Gateway, USD: w.Order.USD, MYST: w.Order.MYST, Currency: w.Order.Currency, Country: w.Order.Country, State: w.Order.State,
	})
}

func (c *Client) tell(ctx context.Context, path string, body any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTime, ErrSilent)
	defer cancel()
	r, err := c.do(ctx, http.MethodPost, path, body)
	if err != nil {
		return c.older(err)
	}
	return r.Close()
}

// CopyLogs puts the running program's lines that follow cursor into a ring of this one, then those that come, until ctx
// ends or the program does. It gives the cursor of the last line, to go on from.
func (c *Client) CopyLogs(ctx context.Context, ring *logs.Ring, cursor uint64) (uint64, error) {
	err := c.Logs(ctx, LogQuery{Follow: true, Cursor: cursor}, func(d LogDoc) error {
		if d.Lost > 0 {
			ring.Append(logs.Line{Source: d.Source, Level: logs.Warn, Text: "lines that were not kept: " + strconv.FormatUint(d.Lost, 10)})
			return nil
		}
		cursor = d.Seq
		ring.Append(d.Line) // which numbers it anew
		return nil
	})
	return cursor, err
}
