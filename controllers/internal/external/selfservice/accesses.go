// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// States of an access (Digdir self-service API).
const (
	StateRequested = "REQUESTED"
	StateApproved  = "APPROVED"
	StateDenied    = "DENIED"
)

// Access is the grant of a scope to an organisation. Only one that is approved gives anything.
type Access struct {
	ConsumerOrgNo string    `json:"consumer_orgno"`
	OwnerOrgNo    string    `json:"owner_orgno"`
	Scope         string    `json:"scope"`
	State         string    `json:"state"`
	Created       time.Time `json:"created,omitzero"`
	LastUpdated   time.Time `json:"last_updated,omitzero"`
}

// Accesses are what organisations were given of scopes.
type Accesses interface {
	// Consumers gives every access to a scope of the service owner's, in any state. NotFound: there is no such scope of its.
	// TryLater: unknown, which is not "nobody".
	Consumers(ctx context.Context, scope string) ([]Access, error)
	// Granted gives the names of the scopes, also of others, that the service owner was given access to, sorted. Its own and
	// the open ones need none and are not among them. TryLater: unknown, which is not "none".
	Granted(ctx context.Context) ([]string, error)
	// Own gives the names of the active scopes of the service owner's, sorted. TryLater: unknown, which is not "none".
	Own(ctx context.Context) ([]string, error)
	// Grant gives an organisation access to a scope of the service owner's. Who has it needs no more: nil.
	// NotFound: there is no such active scope of its. Refused with ErrConsumerUnknown: there is no such organisation.
	// Refused with ErrForeignScope: the scope is another's. TryLater: it may be so now, unless Unsent.
	Grant(ctx context.Context, scope, orgNo string) error
	// Take takes it away. Who has none needs no more: nil. Refused with ErrForeignScope: the scope is another's. TryLater: it
	// may be so now, unless Unsent.
	Take(ctx context.Context, scope, orgNo string) error
}

// Consumers implements Accesses.
func (c *API) Consumers(ctx context.Context, scope string) ([]Access, error) {
	return c.accesses(ctx, "list consumers", named(c.scopes+"/access", scope))
}

// Granted implements Accesses.
func (c *API) Granted(ctx context.Context) ([]string, error) {
	all, err := c.accesses(ctx, "list granted scopes", c.scopes+"/access/all")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, access := range all {
		if access.State == StateApproved {
			names = append(names, access.Scope)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Own implements Accesses.
func (c *API) Own(ctx context.Context) ([]string, error) {
	const operation = "list own scopes"
	call := reading(operation, c.scopes, c.scopeToken)
	call.Judge = judgeScope
	answer, err := c.http.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	all, err := list[Scope](answer, c.http.Problem(operation))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, scope := range all {
		if scope.Active {
			names = append(names, scope.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (c *API) accesses(ctx context.Context, operation, address string) ([]Access, error) {
	call := reading(operation, address, c.scopeToken)
	call.Judge = judgeScope
	answer, err := c.http.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	return list[Access](answer, c.http.Problem(operation))
}

// Grant implements Accesses.
func (c *API) Grant(ctx context.Context, scope, orgNo string) error {
	const operation = "grant access"
	address, err := c.below(operation, c.scopes+"/access", orgNo)
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodPut,
		URL:       named(address, scope),
		Header:    acceptJSON,
		Bearer:    c.scopeToken,
		Want:      []int{http.StatusOK, http.StatusCreated, http.StatusNoContent},
		Absent:    absent,
		Repeat:    external.Safe,
		Judge:     judgeScope,
	})
	if external.IsConflict(err) { // it is approved already
		return nil
	}
	if missing, ok := errors.AsType[*external.NotFound](err); ok {
		return c.whatIsMissing(ctx, scope, missing)
	}
	return err
}

// whatIsMissing tells an organisation that is not known from a scope that is not there: the API's answer is the same.
func (c *API) whatIsMissing(ctx context.Context, scope string, missing *external.NotFound) error {
	stored, err := c.Scope(ctx, scope)
	switch {
	case external.IsNotFound(err):
		return missing
	case err != nil:
		return err
	case !stored.Active:
		return missing
	}
	p := missing.Problem
	p.Why, p.Cause = ErrConsumerUnknown.Error(), ErrConsumerUnknown
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorServiceOwner}
}

// Take implements Accesses.
func (c *API) Take(ctx context.Context, scope, orgNo string) error {
	const operation = "take access away"
	address, err := c.below(operation, c.scopes+"/access", orgNo)
	if err != nil {
		return err
	}
	call := removing(operation, named(address, scope), c.scopeToken)
	call.Judge = judgeScope
	_, err = c.http.Do(ctx, call)
	return unlessGone(err)
}
