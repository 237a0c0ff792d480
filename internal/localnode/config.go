package localnode

import (
	"maps"
	"net/http"

	"github.com/mysteriumvpn/desktop/tequilapi"
)

const termsVersion = "0.0.53"

// merge puts change over tree: objects are merged, null deletes, all else replaces.
func merge(tree, change map[string]any) {
	for k, v := range change {
		if v == nil {
			delete(tree, k)
			continue
		}
		sub, isObject := v.(map[string]any)
		if !isObject {
			tree[k] = v
			continue
		}
		have, ok := tree[k].(map[string]any)
		if !ok {
			have = map[string]any{}
		}
		have = maps.Clone(have) // what was answered before stays as it is
		merge(have, sub)
		tree[k] = have
	}
}

func (n *Node) configure(change map[string]any) map[string]any {
	var now map[string]any
	n.change(func() {
		now = maps.Clone(n.config)
		merge(now, change)
		n.config = now
	})
	n.save(configFile, func() any { return n.config })
	return now
}

func (n *Node) getConfig(w http.ResponseWriter, _ *http.Request) {
	n.mu.Lock()
	now := n.config
	n.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"data": now})
}

// defaults are those of the real node's settings that mean something here.
func defaults() map[string]any {
	return map[string]any{"auto-reconnect": false, "default-currency": "MYST", "keep-connected-on-fail": false}
}

// getSettings answers the defaults with the user's settings over them.
func (n *Node) getSettings(w http.ResponseWriter, _ *http.Request) {
	all := defaults()
	n.mu.Lock()
	merge(all, n.config)
	n.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"data": all})
}

func (n *Node) postConfig(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Data map[string]any `json:"data"`
	}
	if read(w, r, &in) {
		answer(w, http.StatusOK, map[string]any{"data": n.configure(in.Data)})
	}
}

// The terms are kept in the configuration, under the keys that the real node uses.
func (n *Node) getTerms(w http.ResponseWriter, _ *http.Request) {
	n.mu.Lock()
	kept, _ := n.config["terms"].(map[string]any)
	n.mu.Unlock()
	t := tequilapi.Terms{CurrentVersion: termsVersion}
	t.AgreedConsumer, _ = kept["consumer-agreed"].(bool)
	t.AgreedProvider, _ = kept["provider-agreed"].(bool)
	t.AgreedVersion, _ = kept["version"].(string)
	answer(w, http.StatusOK, t)
}

func (n *Node) postTerms(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Consumer *bool   `json:"agreed_consumer"`
		Provider *bool   `json:"agreed_provider"`
		Version  *string `json:"agreed_version"`
	}
	if !read(w, r, &in) || !required(w, r, "agreed_version", in.Version != nil && *in.Version != "") {
		return
	}
	kept := map[string]any{"version": *in.Version}
	if in.Consumer != nil {
		kept["consumer-agreed"] = *in.Consumer
	}
	if in.Provider != nil {
		kept["provider-agreed"] = *in.Provider
	}
	n.configure(map[string]any{"terms": kept})
	w.WriteHeader(http.StatusOK)
}
