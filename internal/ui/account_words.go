package ui

import (
	"image"
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"
	"rsc.io/qr"

	"github.com/mysteriumvpn/desktop/internal/account"
	"github.com/mysteriumvpn/desktop/internal/proposals"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

// registrationWords says whether the identity may connect, and what it takes.
func registrationWords(s account.State) string {
	switch s.Registration {
	case account.Registered:
		return lang.L("Registered: it can connect.")
	case account.Pending:
		return lang.L("Being registered. This takes up to 20 minutes; it can connect already.")
	case account.Failed:
		return lang.L("The registration failed. Try again; nothing was paid twice.")
	case account.Unregistered:
		switch {
		case s.Free:
			return lang.L("Not registered yet. Registering makes it known to the network, and is free for you.")
		case s.Fee.IsZero():
			return lang.L("Not registered yet. Registering makes it known to the network.")
		}
		return lang.L("Not registered yet. Registering makes it known to the network and costs {{.Fee}}, taken from the balance.", map[string]string{"Fee": mystText(s.Fee)})
	case account.UnknownRegistration:
	}
	return lang.L("Not known just now: the network that keeps registrations cannot be reached.")
}

// gatewayWord is what a payment service is called.
func gatewayWord(name string) string {
	switch strings.ToLower(name) {
	case "coingate":
		return "CoinGate"
	case "paypal":
		return "PayPal"
	case "stripe":
		return "Stripe"
	}
	return name
}

func orderTitle(o account.Order) string {
	with := map[string]string{"Amount": o.Receives + " MYST"}
	switch o.Stage {
	case account.Paid:
		return lang.L("Paid: {{.Amount}}", with)
	case account.Expired:
		return lang.L("The order ran out: {{.Amount}}", with)
	case account.Refused:
		return lang.L("The order failed: {{.Amount}}", with)
	case account.Waiting, account.NoOrder:
	}
	return lang.L("To be paid: {{.Amount}}", with)
}

func orderAbout(o account.Order) string {
	switch o.Stage {
	case account.Paid:
		return lang.L("The balance follows in a few minutes.")
	case account.Expired:
		return lang.L("It was not paid in time. If you did pay, wait for the balance, or ask the payment service; else order again.")
	case account.Refused:
		return lang.L("The payment service refused it or it was taken back. Nothing is added; order again, or choose another way to pay.")
	case account.Waiting, account.NoOrder:
	}
	if o.Total == "" {
		return ""
	}
	return lang.L("In all {{.Total}} {{.Currency}}, tax {{.Tax}}.", map[string]string{"Total": o.Total, "Currency": o.TotalIn, "Tax": o.Tax})
}

// countryCodeOf finds a country by its two letters, or by its name in English or the user's language.
func countryCodeOf(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", false
	}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			name := proposals.CountryName(code)
			if name == code { // none has it
				continue
			}
			if strings.EqualFold(text, code) || strings.EqualFold(text, name) || strings.EqualFold(text, countryName(code)) {
				return code, true
			}
		}
	}
	return "", false
}

// qrCode draws a text for the camera of a telephone, black on white whatever the theme; nil = it is too long.
func qrCode(text string) image.Image {
	if text == "" {
		return nil
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	m := image.NewGray(image.Rect(0, 0, code.Size, code.Size))
	for y := range code.Size {
		for x := range code.Size {
			if !code.Black(x, y) {
				m.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return m
}

// priced is the offer whose price counts now: of the exit in use, else of what the button would take.
func (w *Window) priced() (proposals.Proposal, bool) {
	if w.status.Exit.ProviderID != "" {
		if p, ok := w.exits.snapshot.Provider(w.status.Exit.ProviderID); ok {
			return *p, true
		}
	}
	for _, s := range []*proposals.Snapshot{w.exits.offers, w.exits.snapshot} {
		if p, why := s.Pick(w.chosen, nil); why.Zero() {
			return p, true
		}
	}
	return proposals.Proposal{}, false
}

// needsAccount tells whether a reason is mended on the account's page.
func needsAccount(c vpn.Code) bool {
	return slices.Contains([]vpn.Code{vpn.NotRegistered, vpn.NoBalance, vpn.NotUnlocked, vpn.NotBackedUp, vpn.Registering, vpn.NotRegisterable, vpn.RegistrationDark, vpn.SpendLimitRun, vpn.SpendLimitDay}, c)
}

// bothPrices is what an exit asks, by traffic and by time.
func bothPrices(p proposals.Proposal) string {
	return priceText(p.PerGiB.Human()) + " " + lang.L("MYST per GiB") + " · " + priceText(p.PerHour.Human()) + " " + lang.L("MYST per hour")
}
