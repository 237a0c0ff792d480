package core

import "github.com/mysteriumvpn/desktop/tequilapi"

// price is what a provider asks. The node leaves a provider whose price falls by a tenth, and does not say why.
type price struct {
	provider        string
	perHour, perGiB tequilapi.Money
}

// priceOf is what the book has; a provider that is not in it asks nothing that we know of.
func (c *Core) priceOf(provider string) price {
	p, ok := c.Book.Load().Provider(provider)
	if !ok {
		return price{}
	}
	return price{provider, p.PerHour, p.PerGiB}
}

// repriced reports that the provider that was dialed at a price asks another one now.
func (c *Core) repriced(was price) bool {
	now := c.priceOf(was.provider)
	return was.provider != "" && now.provider != "" && (now.perHour.Cmp(was.perHour) != 0 || now.perGiB.Cmp(was.perGiB) != 0)
}
