// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"context"
	"net/url"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

const (
	// maxPages is more than any list has, and keeps a server that always has a next page from holding us.
	maxPages = 1000
	// readings is how often a list that changes under our eyes is read from its beginning.
	readings = 3
)

// page is how the registry gives lists. The link to the next page is absolute.
type page[T any] struct {
	Links struct {
		Next string `json:"next"`
	} `json:"links"`
	Data []T `json:"data"`
}

// readAll reads all pages of one version of a list. When the list changes in between, the next page is refused with 412, and
// the reading begins anew.
func readAll[T any](ctx context.Context, c *Client, operation, address string) ([]T, Version, error) {
	for range readings {
		all, version, err := readPages[T](ctx, c, operation, address)
		if !external.IsConflict(err) {
			return all, version, err
		}
	}
	return nil, Absent, external.Later(c.http.Problem(operation), "it changed each time it was read")
}

func readPages[T any](ctx context.Context, c *Client, operation, address string) ([]T, Version, error) {
	var all []T
	first, token := Absent, ""
	for range maxPages {
		read, version, err := readPage[T](ctx, c, operation, address, token)
		if err != nil {
			return nil, Absent, err
		}
		if first == Absent {
			first = version
		}
		if version != first {
			return nil, Absent, &external.Conflict{Problem: c.http.Problem(operation)}
		}
		all = append(all, read.Data...)
		if token = nextToken(read.Links.Next); token == "" {
			return all, first, nil
		}
	}
	return nil, Absent, external.Later(c.http.Problem(operation), "it has no end")
}

func readPage[T any](ctx context.Context, c *Client, operation, address, token string) (page[T], Version, error) {
	var read page[T]
	if token != "" {
		address += "?" + url.Values{"token": {token}}.Encode()
	}
	answer, err := c.http.Do(ctx, c.listRead(operation, address))
	if err != nil {
		return read, Absent, err
	}
	if err := answer.Decode(c.http.Problem(operation), &read); err != nil {
		return read, Absent, err
	}
	if read.Data == nil {
		return read, Absent, external.Later(c.http.Problem(operation), "the answer has no list") // which is not an empty one
	}
	version, err := c.versionOf(operation, answer)
	return read, version, err
}

// nextToken takes the token alone out of a link: where to send our own token to is for the configuration to say, not for an
// answer.
func nextToken(link string) string {
	next, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return next.Query().Get("token")
}
