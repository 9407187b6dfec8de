// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"context"
	"net/http"
	"slices"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// Clients are the service owner's clients that were made through us. For all five, Refused for the platform means that the token
// is not right for it.
type Clients interface {
	// List gives those that are active. TryLater: unknown, which is not "none".
	List(ctx context.Context) ([]Client, error)
	// Get gives an active client. NotFound: never made, deactivated, or another's. TryLater: unknown, which is not "no".
	Get(ctx context.Context, id string) (*Client, error)
	// Create makes a client, and gives it as it was made, with its ID. It is made once, since each call makes another.
	// Refused with ErrScopeNotAccessible: a scope was not given to the organisation. Refused: the client is not valid, or its
	// organisation is not the token's. TryLater: it may be there now, unless Unsent: List, and look for it.
	Create(ctx context.Context, wanted *Client) (*Client, error)
	// Put replaces an active client. What is left out falls back to what a new client has; keys stay.
	// NotFound: deactivated meanwhile. Refused with ErrScopeNotAccessible: as in Create, and nothing was changed. Refused: the
	// client is not valid, or is of another integration type. TryLater: it may be so now, unless Unsent.
	Put(ctx context.Context, id string, wanted *Client) error
	// Deactivate ends a client for ever. What is deactivated, was never there or is another's needs no more: nil.
	// TryLater: it may be so now, unless Unsent.
	Deactivate(ctx context.Context, id string) error
}

// List implements Clients.
func (c *API) List(ctx context.Context) ([]Client, error) {
	const operation = "list clients"
	answer, err := c.http.Do(ctx, reading(operation, c.clients, c.clientToken))
	if err != nil {
		return nil, err
	}
	all, err := list[Client](answer, c.http.Problem(operation))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(client Client) bool { return !client.Active }), nil
}

// Get implements Clients.
func (c *API) Get(ctx context.Context, id string) (*Client, error) {
	const operation = "get client"
	address, err := c.below(operation, c.clients, id)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(ctx, reading(operation, address, c.clientToken))
	if err != nil {
		return nil, err
	}
	got, err := c.client(operation, answer)
	if err == nil && got.ClientID != id {
		return nil, external.Later(c.http.Problem(operation), "the answer is about another client")
	}
	return got, err
}

// Create implements Clients.
func (c *API) Create(ctx context.Context, wanted *Client) (*Client, error) {
	const operation = "create client"
	call := sending(operation, http.MethodPost, c.clients, wanted.sent())
	call.Want = []int{http.StatusCreated, http.StatusOK}
	call.Bearer = c.clientToken
	call.Repeat = external.Once
	call.Judge = judgeClient
	answer, err := c.http.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	made, err := c.client(operation, answer)
	if err == nil && made.IntegrationType != wanted.IntegrationType {
		return nil, external.Later(c.http.Problem(operation), "the answer is about another client")
	}
	return made, err
}

// Put implements Clients.
func (c *API) Put(ctx context.Context, id string, wanted *Client) error {
	const operation = "replace client"
	address, err := c.below(operation, c.clients, id)
	if err != nil {
		return err
	}
	call := sending(operation, http.MethodPut, address, wanted.sent())
	call.Bearer = c.clientToken
	call.Judge = judgeClient
	_, err = c.http.Do(ctx, call)
	return err
}

// Deactivate implements Clients.
func (c *API) Deactivate(ctx context.Context, id string) error {
	const operation = "deactivate client"
	address, err := c.below(operation, c.clients, id)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, removing(operation, address, c.clientToken))
	return unlessGone(err)
}

// client reads one. Without an ID nobody could find it again.
func (c *API) client(operation string, answer *external.Answer) (*Client, error) {
	var got Client
	p := c.http.Problem(operation)
	if err := answer.Decode(p, &got); err != nil {
		return nil, err
	}
	if got.ClientID == "" {
		return nil, external.Later(p, "the answer has no client_id")
	}
	return &got, nil
}
