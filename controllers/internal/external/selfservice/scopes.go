// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// Scopes are the service owner's own scopes, and those of all that are open to everyone.
type Scopes interface {
	// Scope reads a scope of the service owner's, also a deactivated one: Active tells.
	// NotFound: it was never made, or is another's. TryLater: unknown, which is not "no".
	Scope(ctx context.Context, name string) (*Scope, error)
	// CreateScope makes a scope.
	// Conflict: the name is taken, maybe by a deactivated scope, or by us in a call that was not answered: read it, and put.
	// Refused with ErrForeignScope: the prefix is not the service owner's. Refused: it is not valid. TryLater: it may be there
	// now, unless Unsent.
	CreateScope(ctx context.Context, wanted *Scope) error
	// PutScope replaces a scope, and brings a deactivated one back when Active says so. Change what Scope gave, so that what
	// others have set there stays.
	// NotFound: there is none of that name. Refused with ErrForeignScope: it is another's. TryLater: it may be so now, unless
	// Unsent.
	PutScope(ctx context.Context, wanted *Scope) error
	// DeactivateScope ends the use of a scope; the access that was given to it stays on record. What is deactivated or not
	// there needs no more: nil. Refused with ErrForeignScope: it is another's. TryLater: it may be so now, unless Unsent.
	DeactivateScope(ctx context.Context, name string) error
	// Open gives the names of all active scopes that every organisation may use, sorted. It needs no token.
	// TryLater: unknown, which is not "none".
	Open(ctx context.Context) ([]string, error)
}

// named is an address of a scope: its name has slashes, so that it is in the query (Digdir self-service API).
func named(address, scope string, more ...string) string {
	values := url.Values{"scope": {scope}}
	for _, flag := range more {
		values.Set(flag, "true")
	}
	return address + "?" + values.Encode()
}

// Scope implements Scopes.
func (c *API) Scope(ctx context.Context, name string) (*Scope, error) {
	got, err := c.scope(ctx, name, named(c.scopes, name))
	if external.IsNotFound(err) { // deactivated ones are shown to those who ask for them
		return c.scope(ctx, name, named(c.scopes, name, "inactive"))
	}
	return got, err
}

func (c *API) scope(ctx context.Context, name, address string) (*Scope, error) {
	const operation = "get scope"
	answer, err := c.http.Do(ctx, reading(operation, address, c.scopeToken))
	if err != nil {
		return nil, err
	}
	var got Scope
	p := c.http.Problem(operation)
	if err := answer.Decode(p, &got); err != nil {
		return nil, err
	}
	if got.Name != name {
		return nil, external.Later(p, "the answer is about another scope")
	}
	return &got, nil
}

// CreateScope implements Scopes.
func (c *API) CreateScope(ctx context.Context, wanted *Scope) error {
	call := sending("create scope", http.MethodPost, c.scopes, wanted)
	call.Want = []int{http.StatusCreated, http.StatusOK}
	call.Bearer = c.scopeToken
	call.Repeat = external.Once // a second one would only hear of the first
	call.Judge = judgeScope
	_, err := c.http.Do(ctx, call)
	return err
}

// PutScope implements Scopes.
func (c *API) PutScope(ctx context.Context, wanted *Scope) error {
	call := sending("replace scope", http.MethodPut, named(c.scopes, wanted.Name), wanted)
	call.Bearer = c.scopeToken
	call.Judge = judgeScope
	_, err := c.http.Do(ctx, call)
	return err
}

// DeactivateScope implements Scopes.
func (c *API) DeactivateScope(ctx context.Context, name string) error {
	call := removing("deactivate scope", named(c.scopes, name), c.scopeToken)
	call.Judge = judgeScope
	_, err := c.http.Do(ctx, call)
	return unlessGone(err)
}

// Open implements Scopes.
func (c *API) Open(ctx context.Context) ([]string, error) {
	const operation = "list open scopes"
	answer, err := c.http.Do(ctx, reading(operation, c.scopes+"/all?accessible_for_all=true", nil))
	if err != nil {
		return nil, err
	}
	all, err := list[Scope](answer, c.http.Problem(operation))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, scope := range all {
		if scope.AccessibleForAll && scope.Active { // a server that does not heed the query must not open what is closed
			names = append(names, scope.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
