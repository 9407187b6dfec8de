// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// errand is what a pass does about one client that is wanted.
type errand struct {
	*pass
	api  *OwnerClient
	want Client
	// record is what is on record of it; it becomes what is to be.
	record *v1alpha1.Credential
	// replaces is the client that another is to take the place of, since it is of another kind.
	replaces string
	// granted are the scopes the client can have.
	granted []string
	// set is the key set as it was looked at; nil when it was not.
	set *selfservice.KeySet
	// publics are the public parts of the keys in our Secrets, by kid.
	publics map[string]jose.JSONWebKey
}

// provide makes the client and its keys what is declared.
func (e *errand) provide(ctx context.Context) error {
	e.granted = e.record.Scopes
	if e.calls() {
		if err := e.lookAtClient(ctx); err != nil {
			return err
		}
	} else {
		e.trusted = true
	}
	if len(e.record.MissingScopes) > 0 {
		e.wakeAt(e.Clock.Now().Add(remembered))
	}
	return e.keys(ctx)
}

// calls says whether there is reason to look at the client, instead of going by the record.
func (e *errand) calls() bool {
	return e.look || e.record.State != v1alpha1.CredentialRegistered || e.record.ClientID == "" ||
		e.record.Revision != revision(e.want) || e.record.Obstacle != nil || len(e.record.MissingScopes) > 0
}

// lookAtClient reads the client and its key set, and writes what differs.
func (e *errand) lookAtClient(ctx context.Context) (err error) {
	accessible, err := e.api.accessible(ctx)
	if err != nil {
		return err
	}
	granted, missing := split(e.want.Scopes, accessible)
	wanted := e.want.registered(e.plan.Owner, granted)
	found, err := e.findClient(ctx, wanted)
	if err != nil {
		return err
	}
	if found == nil {
		e.set = &selfservice.KeySet{} // a new client has none
		found, err = e.api.Create(ctx, wanted)
	} else if !selfservice.Same(found, wanted) {
		err = e.api.Put(ctx, found.ClientID, wanted)
		if found.ClientID == e.record.ClientID && err == nil {
			e.repaired("client", "The client at %s had been changed by somebody else and was put right")
		}
	}
	if err != nil {
		if errors.Is(err, selfservice.ErrScopeNotAccessible) {
			e.api.forget() // what was known of access proved wrong
		}
		return err
	}
	e.becomes(found.ClientID)
	if e.set == nil {
		if e.set, err = e.api.Keys(ctx, found.ClientID); err != nil {
			return err
		}
	}
	e.granted = granted
	e.record.State = v1alpha1.CredentialRegistered
	e.record.Scopes, e.record.MissingScopes = granted, missing
	return nil
}

// becomes puts a client on record, if it is another than the one that is.
func (e *errand) becomes(id string) {
	if e.record.ClientID == id {
		return
	}
	if e.replaces != "" {
		e.record.ReplacedClientID = e.replaces
	}
	e.record.ClientID, e.record.Keys = id, nil
}

// findClient is the client as it stands; nil when it is to be made. It goes by the id on record. Where there
// is none, or it leads to a client that cannot be this one, a client that bears our mark is taken: it was
// made by a pass that came to no end.
func (e *errand) findClient(ctx context.Context, wanted *selfservice.Client) (*selfservice.Client, error) {
	if e.record.ClientID != "" {
		found, err := absent(e.api.Get(ctx, e.record.ClientID))
		switch {
		case err != nil:
			return nil, err
		case found != nil && found.IntegrationType == wanted.IntegrationType:
			return found, nil
		case found != nil:
			e.replaces = e.record.ClientID
			if back, err := e.before(ctx, wanted); err != nil || back != nil {
				return back, err
			}
		default:
			e.repaired("client", "The client at %s had been deactivated by somebody else: another takes its place")
		}
	} else if e.noted[e.record.Client] {
		return nil, nil
	}
	return e.marked(ctx, wanted.IntegrationType)
}

// before is the client that the one on record was to take the place of, when it is wanted again after all; nil
// when there is none such. What logs users in is of one of two kinds, so it is that or the other.
func (e *errand) before(ctx context.Context, wanted *selfservice.Client) (*selfservice.Client, error) {
	if e.record.ReplacedClientID == "" {
		return nil, nil
	}
	found, err := absent(e.api.Get(ctx, e.record.ReplacedClientID))
	if err != nil || found == nil || found.IntegrationType != wanted.IntegrationType {
		return nil, err
	}
	return found, nil
}

// marked is the client that bears our mark, and none of those it takes the place of. Where a lost answer led
// to two, the older is taken and the others are deactivated.
func (e *errand) marked(ctx context.Context, kind string) (*selfservice.Client, error) {
	all, err := e.api.List(ctx)
	if err != nil {
		return nil, err
	}
	ours := slices.DeleteFunc(all, func(c selfservice.Client) bool {
		return c.Description != e.want.Marker || c.IntegrationType != kind || c.ClientID == e.record.ReplacedClientID
	})
	if len(ours) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(ours, func(a, b selfservice.Client) int { return a.Created.Compare(b.Created) })
	for _, surplus := range ours[1:] {
		if err := e.api.Deactivate(ctx, surplus.ClientID); err != nil {
			return nil, err
		}
	}
	return &ours[0], nil
}

// repaired tells of something that was found to stand before, and does not.
func (e *errand) repaired(part, message string) {
	if e.record.State == v1alpha1.CredentialRegistered && e.record.Revision == revision(e.want) && e.record.Obstacle == nil {
		e.news = append(e.news, news{
			reason: v1alpha1.EventCredentialsRepaired, part: part, of: " at " + labelOf(e.want.Type), message: fmt.Sprintf(message, e.want.Type),
		})
	}
}

// absent takes "not found" for nil.
func absent[T any](read *T, err error) (*T, error) {
	if external.IsNotFound(err) {
		return nil, nil
	}
	return read, err
}
