//go:build unix

package e2e

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where the stand-ins for the network's services listen.
const (
	networkPort = 9100
	brokerPort  = 4222
)

// network stands in for every service that a node talks to, so that real nodes run with no network at all. What is on
// the chain, prices and balances are made up.
type network struct {
	at string // its own address

	mu         sync.Mutex
	offers     map[string]json.RawMessage // by provider and service type, as the providers have told the broker
	registered bool
	balance    string
}

// playNetwork serves them at the address given until its standard input ends.
func playNetwork() {
	n := &network{at: os.Args[1], offers: map[string]json.RawMessage{}, registered: true, balance: rich}
	broker, err := net.Listen("tcp", net.JoinHostPort(n.at, strconv.Itoa(brokerPort)))
	must(err)
	go serveBroker(broker, n.heard)
	web, err := net.Listen("tcp", net.JoinHostPort(n.at, strconv.Itoa(networkPort)))
	must(err)
	go func() { must(http.Serve(web, n.mux())) }()
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// heard listens in on the broker: providers tell there what they offer.
func (n *network) heard(subject string, payload []byte) {
	if !strings.Contains(subject, "proposal-register") && !strings.Contains(subject, "proposal-ping") {
		return
	}
	var m struct {
		Proposal json.RawMessage `json:"proposal"`
	}
	var of struct {
		Provider string `json:"provider_id"`
		Service  string `json:"service_type"`
	}
	if json.Unmarshal(payload, &m) != nil || json.Unmarshal(m.Proposal, &of) != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := of.Provider + " " + of.Service
	if _, known := n.offers[key]; !known && of.Service == "wireguard" {
		fmt.Println("a provider offers", key)
	}
	n.offers[key] = m.Proposal
}

func give(w http.ResponseWriter, doc any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(doc)
}

func (n *network) mux() *http.ServeMux {
	mux := http.NewServeMux()
	url := "http://" + net.JoinHostPort(n.at, strconv.Itoa(networkPort))
	mux.HandleFunc("/rig/set", func(_ http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.registered, n.balance = r.FormValue("registered") == "true", r.FormValue("balance")
	})
	mux.HandleFunc("/chain", n.chain)
	mux.HandleFunc("/api/v1/observed/hermes", func(w http.ResponseWriter, _ *http.Request) {
		give(w, map[string]any{"137": []any{map[string]any{
			"hermes_address": "0x80ed28d84792d8b153bf2f25f0c4b7a1381de4ab", "operator": "0x80ed28d84792d8b153bf2f25f0c4b7a1381de4ab",
			"channel_impl": "0x6b423D3885B4877b5760E149364f85f185f477aD", "version": 3, "fee": 2000, "url": url, "active": true, "approved": true,
		}}})
	})
	account := func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		n.mu.Lock()
		balance, registered := json.Number(n.balance), n.registered
		n.mu.Unlock()
		one := map[string]any{
			"Identity": id, "Beneficiary": id, "ChannelID": "0x" + strings.Repeat("00", 32), "Balance": balance, "Settled": 0, "Stake": 0,
			"IsOffchain": registered, "LatestPromise": map[string]any{"Amount": 0, "Fee": 0},
		}
		give(w, map[string]any{"137": one, "1": one})
	}
	mux.HandleFunc("/api/v2/data/consumer/{id}", account)
	mux.HandleFunc("/api/v2/data/provider/{id}", account)
	mux.HandleFunc("/api/v4/proposals", n.proposals)
	mux.HandleFunc("/api/v4/countries", func(w http.ResponseWriter, _ *http.Request) { give(w, map[string]int{"US": 1}) })
	mux.HandleFunc("/api/v4/prices", func(w http.ResponseWriter, _ *http.Request) {
		one := map[string]any{"price_per_hour": json.Number("60000000000000"), "price_per_gib": json.Number("100000000000000000")}
		all := map[string]any{}
		for _, s := range []string{"wireguard", "scraping", "data_transfer", "dvpn", "monitoring"} {
			all[s] = one
		}
		kinds := map[string]any{"residential": all, "other": all}
		now := time.Now().UTC()
		give(w, map[string]any{
			"defaults": map[string]any{"current": kinds, "previous": kinds}, "per_country": map[string]any{}, "current_server_time": now,
			"current_valid_until": now.Add(time.Hour), "previous_valid_until": now.Add(time.Hour),
		})
	})
	mux.HandleFunc("/location", func(w http.ResponseWriter, r *http.Request) {
		ip, _, _ := net.SplitHostPort(r.RemoteAddr)
		give(w, map[string]any{
			"ip": ip, "asn": 64500, "isp": "Stand-in", "continent": "NA", "country": "US", "region": "New York", "city": "New York", "ip_type": "residential",
		})
	})
	mux.HandleFunc("/transactor/fee/", func(w http.ResponseWriter, _ *http.Request) {
		now := time.Now().UTC()
		fee := map[string]any{"decreaseStake": 10, "settle": 20, "register": json.Number("100000000000000000"), "fee": json.Number("100000000000000000"), "valid_until": now.Add(time.Hour)}
		give(w, map[string]any{"current": fee, "last": fee, "server_time": now, "fee": fee["fee"], "valid_until": fee["valid_until"]})
	})
	mux.HandleFunc("/transactor/", func(w http.ResponseWriter, _ *http.Request) { give(w, map[string]any{}) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		give(w, map[string]any{"error": "not found"})
	})
	return mux
}

func (n *network) proposals(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	q := r.URL.Query()
	wanted := strings.Split(strings.ToLower(strings.Join(q["provider_id"], ",")), ",")
	out := []json.RawMessage{}
	for key, p := range n.offers {
		provider, service, _ := strings.Cut(key, " ")
		if q.Get("provider_id") != "" && !slices.Contains(wanted, strings.ToLower(provider)) || q.Get("service_type") != "" && q.Get("service_type") != service {
			continue
		}
		out = append(out, p)
	}
	give(w, out)
}

// chain is a chain's JSON-RPC, one call or several at a time.
func (n *network) chain(w http.ResponseWriter, r *http.Request) {
	type call struct {
		ID     any    `json:"id"`
		Method string `json:"method"`
		Params []any  `json:"params"`
	}
	body, _ := io.ReadAll(r.Body)
	answer := func(c call) map[string]any {
		return map[string]any{"jsonrpc": "2.0", "id": c.ID, "result": n.onChain(c.Method, c.Params)}
	}
	var all []call
	if json.Unmarshal(body, &all) == nil {
		out := []any{}
		for _, c := range all {
			out = append(out, answer(c))
		}
		give(w, out)
		return
	}
	var one call
	_ = json.Unmarshal(body, &one)
	give(w, answer(one))
}

func (n *network) onChain(method string, params []any) any {
	switch method {
	case "eth_chainId":
		return "0x89"
	case "net_version":
		return "137"
	case "eth_blockNumber":
		return "0x100"
	case "eth_gasPrice", "eth_getCode":
		return "0x01"
	case "eth_getBalance":
		return "0x0"
	case "eth_getLogs":
		return []any{}
	case "eth_call":
	default:
		return nil
	}
	if len(params) == 0 {
		return nil
	}
	call, _ := params[0].(map[string]any)
	data, _ := call["data"].(string)
	if data == "" {
		data, _ = call["input"].(string)
	}
	data = strings.TrimPrefix(data, "0x")
	word := func(v ...uint64) string {
		out := "0x"
		for _, x := range v {
			out += fmt.Sprintf("%064x", x)
		}
		return out
	}
	switch data[:min(8, len(data))] { // the first four bytes of the hash of a contract's function
	case "c3c5a547": // isRegistered
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.registered {
			return word(1)
		}
		return word(0)
	case "7a7ebd7b": // channels
		return word(0, 0, 0, 0)
	case "bf1eb88a": // getHermesURL
		url := "http://" + net.JoinHostPort(n.at, strconv.Itoa(networkPort))
		text := hex.EncodeToString([]byte(url))
		return word(0x20, uint64(len(url))) + text + strings.Repeat("0", (64-len(text)%64)%64)
	case "70a08231": // balanceOf
		return word(2000000000000000000)
	case "bc96a1e9", "cdd596e0", "392e53cd", "6332b080": // active, activeHermes, isInitialized, …
		return word(1)
	case "d8092c92":
		return word(1, 1, 0)
	case "9801134e", "e1c66487": // lastFee, previousFee: value, valid from
		return word(2000, 0)
	case "8d886fac":
		return word(2000)
	}
	return word(0)
}
