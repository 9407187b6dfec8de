// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"context"
	"errors"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// change is something to be written. It goes by what was looked at, and by the changes before it.
type change struct {
	step  step
	write func(context.Context) error
}

// changes are what leads from what is there to what is wanted, in order; none when it stands.
func (e *entry) changes(found there) []change {
	var changes []change
	add := func(at step, write func(context.Context) error) {
		if write != nil {
			changes = append(changes, change{at, write})
		}
	}
	if e.plan.Action == Withdraw {
		add(stepRequesters, e.listGone(found))
		if found.resource != nil {
			add(stepPolicy, e.policed(found))
			add(stepResource, e.put(found, withdrawn(found.resource)))
		}
		return changes
	}
	if found.resource == nil {
		add(stepResource, e.create)
	} else {
		add(stepResource, e.put(found, &e.plan.Entry.Resource))
	}
	add(stepPolicy, e.policed(found))
	if e.plan.Entry.List.Identifier == "" {
		add(stepRequesters, e.listGone(found))
	} else {
		add(stepRequesters, e.listed(found))
	}
	return changes
}

// create registers the resource. A name that is taken and not there is one that was deleted.
func (e *entry) create(ctx context.Context) error {
	err := e.client.Create(ctx, &e.plan.Entry.Resource)
	if !external.IsConflict(err) {
		return err
	}
	if _, again := e.client.Get(ctx, e.plan.Entry.Identifier); !external.IsNotFound(again) {
		return errors.Join(errMoved, again) // somebody was faster, or we were, in a call without an answer
	}
	return spent(e.plan.Entry.Identifier)
}

func (e *entry) put(found there, wanted *registry.ServiceResource) func(context.Context) error {
	if registry.Same(found.resource, wanted) {
		return nil
	}
	return func(ctx context.Context) error { return e.client.Put(ctx, found.resource, wanted) }
}

func (e *entry) policed(found there) func(context.Context) error {
	if len(e.policy.Rules) == 0 || e.permits(found.policy) {
		return nil
	}
	return func(ctx context.Context) error {
		raw, err := xacml.Marshal(e.policy)
		if err != nil {
			return unwritable(err)
		}
		return e.client.PutPolicy(ctx, e.plan.Entry.Identifier, raw)
	}
}

// listed makes the access list, puts the members on it, and connects it. Each is written on the version
// the one before it left, so that a change by somebody else in between is seen and not overwritten.
func (e *entry) listed(found there) func(context.Context) error {
	wanted, key := e.plan.Entry.List, e.listKey()
	named, peopled := found.list.Says(wanted.Name, wanted.Description), e.lists(found.roster)
	if named && peopled && found.connected {
		return nil
	}
	version, roster := registry.Absent, registry.Roster{}
	if found.list != nil {
		version, roster = found.list.Version, *found.roster
	}
	return func(ctx context.Context) (err error) {
		if !named {
			list := registry.AccessList{Name: wanted.Name, Description: wanted.Description, Version: version}
			version, err = e.client.PutList(ctx, key, list)
		}
		if err == nil && !peopled {
			roster.Version = version
			version, err = e.client.ReplaceMembers(ctx, key, &roster, wanted.Members)
		}
		if err == nil && !found.connected {
			_, err = e.client.Connect(ctx, key, version, registry.Connection{Resource: e.plan.Entry.Identifier})
		}
		return err
	}
}

// listGone takes the connection away, and then the list with its members.
func (e *entry) listGone(found there) func(context.Context) error {
	if found.list == nil {
		return nil
	}
	return func(ctx context.Context) error {
		key := e.listKey()
		if !found.connected {
			return e.client.DeleteList(ctx, key, found.list.Version)
		}
		if err := e.client.Disconnect(ctx, key, found.list.Version, e.plan.Entry.Identifier); err != nil {
			return err
		}
		list, err := absent(e.client.List(ctx, key))
		if err != nil || list == nil {
			return err
		}
		return e.client.DeleteList(ctx, key, list.Version)
	}
}
