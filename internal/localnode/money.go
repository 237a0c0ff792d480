package localnode

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

// The sandbox has no chain and nothing to pay with: identities are registered when they are made, fees are nothing,
// and nobody sells MYST. These calls say so.
func (n *Node) moneyCalls(mux *http.ServeMux) {
	mux.HandleFunc("PUT /identities/{id}/balance/refresh", n.refreshBalance)
	mux.HandleFunc("POST /identities/{id}/register", n.postRegister)
	mux.HandleFunc("GET /identities/{id}/eligibility", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]bool{"eligible": true})
	})
	mux.HandleFunc("GET /v2/transactor/fees", getFees)
	mux.HandleFunc("GET /prices/current", n.getPrice)
	mux.HandleFunc("GET /v2/prices/current", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, n.prices()) })
	mux.HandleFunc("GET /exchange/myst/{currency}", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusNotFound, "not_found", "Currency is not supported") // play money is worth nothing
	})
	mux.HandleFunc("GET /v2/payment-order-gateways", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []tequilapi.Gateway{}) })
	mux.HandleFunc("GET /v2/identities/{id}/payment-order", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []tequilapi.Order{}) })
	mux.HandleFunc("GET /v2/identities/{id}/registration-payment", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]bool{"paid": false})
	})
	mux.HandleFunc("POST /v2/identities/{id}/{gateway}/payment-order", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusInternalServerError, "err_payment_create", "Failed to create payment order: this node takes no money")
	})
}

func (n *Node) refreshBalance(w http.ResponseWriter, r *http.Request) {
	i := n.find(w, r)
	if i == nil {
		return
	}
	n.mu.Lock()
	m := n.viewLocked(i).Balance
	n.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"balance": m, "balance_tokens": tequilapi.Tokens{Money: m}})
}

// postRegister has nothing to do: what the real node answers for an identity that is registered.
func (n *Node) postRegister(w http.ResponseWriter, r *http.Request) {
	var in map[string]json.RawMessage
	if read(w, r, &in) && n.find(w, r) != nil {
		w.WriteHeader(http.StatusOK)
	}
}

func getFees(w http.ResponseWriter, _ *http.Request) {
	now := time.Now().UTC()
	none := tequilapi.FeeSet{ValidUntil: now.Add(time.Hour)}
	answer(w, http.StatusOK, tequilapi.Fees{Current: none, Last: none, ServerTime: now, HermesPercent: "0.0000"})
}

// prices are, for each service type, the middle of what the providers ask.
func (n *Node) prices() []tequilapi.CurrentPrice {
	byType := map[string][]tequilapi.Price{}
	var out []tequilapi.CurrentPrice
	for _, o := range n.offered() {
		if byType[o.ServiceType] == nil {
			out = append(out, tequilapi.CurrentPrice{ServiceType: o.ServiceType})
		}
		byType[o.ServiceType] = append(byType[o.ServiceType], o.Price)
	}
	middle := func(all []tequilapi.Price, part func(tequilapi.Price) tequilapi.Money) tequilapi.Money {
		slices.SortFunc(all, func(a, b tequilapi.Price) int { return part(a).Cmp(part(b)) })
		return part(all[len(all)/2])
	}
	for i := range out {
		all := byType[out[i].ServiceType]
		out[i].PerHour = middle(all, func(p tequilapi.Price) tequilapi.Money { return p.PerHour })
		out[i].PerGiB = middle(all, func(p tequilapi.Price) tequilapi.Money { return p.PerGiB })
	}
	return out
}

func (n *Node) getPrice(w http.ResponseWriter, r *http.Request) {
	want := r.URL.Query().Get("service_type")
	if want == "" {
		want = tequilapi.ServiceWireGuard
	}
	for _, p := range n.prices() {
		if p.ServiceType == want {
			answer(w, http.StatusOK, p)
			return
		}
	}
	refuse(w, r, http.StatusBadRequest, "err_proposals_service_type", "Invalid service type")
}
