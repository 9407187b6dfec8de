// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// publishedKeys remembers an issuer's public keys. An issuer that changes keys publishes the new one first, so a key that is not
// known is reason to look again.
type publishedKeys struct {
	mu   sync.Mutex
	keys jose.JSONWebKeySet
}

// find gives the key by its kid; nil without an error means that the issuer has none by that name.
func (p *publishedKeys) find(ctx context.Context, client *http.Client, issuer, kid string) (*jose.JSONWebKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.keys.Key(kid); len(known) > 0 {
		return &known[0], nil
	}
	fetched, err := fetchKeys(ctx, &World{HTTP: client}, issuer)
	if err != nil {
		return nil, err
	}
	p.keys = *fetched
	if known := p.keys.Key(kid); len(known) > 0 {
		return &known[0], nil
	}
	return nil, nil
}

// fetchKeys finds the keys by way of the issuer's metadata, which must be its own (RFC 8414 §3.3).
func fetchKeys(ctx context.Context, by *World, issuer string) (*jose.JSONWebKeySet, error) {
	type metadata struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	read, _, err := callFor[metadata](ctx, by, "reading the issuer's metadata", call{url: issuer + metadataPath})
	if err != nil {
		return nil, err
	}
	if read.Issuer != issuer {
		return nil, fmt.Errorf("reading the issuer's metadata: they are of %q, not of %q", read.Issuer, issuer)
	}
	keys, _, err := callFor[jose.JSONWebKeySet](ctx, by, "reading the issuer's keys", call{url: read.Keys})
	return keys, err
}
