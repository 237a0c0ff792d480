package tequilapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Location is where an address is thought to be.
type Location struct {
	IP        string `json:"ip"`
	ASN       int    `json:"asn"`
	ISP       string `json:"isp"`
	Continent string `json:"continent"`
	Country   string `json:"country"` // ISO 3166-1 alpha-2
	Region    string `json:"region"`
	City      string `json:"city"`
	IPType    string `json:"ip_type"`
}

type ipJSON struct {
	IP string `json:"ip"`
}

func proxyPort(port int) url.Values { return url.Values{"port": {strconv.Itoa(port)}} }

// ConnectionIP asks which address the world sees us at, through the connection if there is one. ErrUnavailable means
// that nobody told.
func (c *Client) ConnectionIP(ctx context.Context) (string, error) {
	var w ipJSON
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection/ip", out: &w})
	return w.IP, err
}

// ProxyIP asks the same through the connection with that ProxyPort. Where nothing listens there the node goes on trying
// for longer than 10 seconds.
func (c *Client) ProxyIP(ctx context.Context, port int) (string, error) {
	var w ipJSON
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection/proxy/ip", query: proxyPort(port), out: &w, timeout: slowTimeout})
	return w.IP, err
}

// ConnectionLocation asks where the world thinks we are, through the connection if there is one. ErrUnavailable means
// that nobody told.
func (c *Client) ConnectionLocation(ctx context.Context) (Location, error) {
	var l Location
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection/location", out: &l})
	return l, err
}

// ProxyLocation asks the same through the connection with that ProxyPort.
func (c *Client) ProxyLocation(ctx context.Context, port int) (Location, error) {
	var l Location
	err := c.do(ctx, call{method: http.MethodGet, path: "/connection/proxy/location", query: proxyPort(port), out: &l, timeout: slowTimeout})
	return l, err
}

// Location asks where we are without a connection. The node remembers it from its start.
func (c *Client) Location(ctx context.Context) (Location, error) {
	var l Location
	err := c.do(ctx, call{method: http.MethodGet, path: "/location", out: &l})
	return l, err
}
