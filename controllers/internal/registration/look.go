// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"context"
	"slices"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// there is what the registry holds of an entry; what is nil is not there.
type there struct {
	resource *registry.ServiceResource
	policy   []byte
	list     *registry.AccessList
	roster   *registry.Roster
	// connected says that the list is connected to the resource, for all actions.
	connected bool
}

// look reads all that the registry holds. An error means that something is not known.
func (e *entry) look(ctx context.Context) (there, error) {
	var found there
	var err error
	if found.resource, err = absent(e.client.Get(ctx, e.plan.Entry.Identifier)); err != nil {
		return found, at(stepResource, err)
	}
	if found.resource != nil && len(e.policy.Rules) > 0 {
		found.policy, err = e.client.Policy(ctx, e.plan.Entry.Identifier)
		if err != nil && !external.IsNotFound(err) {
			return found, at(stepPolicy, err)
		}
	}
	if e.list() != "" {
		if err := e.lookAtList(ctx, &found); err != nil {
			return found, at(stepRequesters, err)
		}
	}
	return found, nil
}

func (e *entry) lookAtList(ctx context.Context, found *there) (err error) {
	key := e.listKey()
	if found.list, err = absent(e.client.List(ctx, key)); err != nil || found.list == nil {
		return err
	}
	if found.roster, err = e.client.Members(ctx, key); err != nil {
		return err
	}
	connections, version, err := e.client.Connections(ctx, key)
	if err != nil {
		return err
	}
	if found.roster.Version != found.list.Version || version != found.list.Version {
		return errMoved
	}
	found.connected = slices.ContainsFunc(connections, func(c registry.Connection) bool {
		return c.Resource == e.plan.Entry.Identifier && len(c.Actions) == 0
	})
	return nil
}

// absent takes "not found" for nil.
func absent[T any](read *T, err error) (*T, error) {
	if external.IsNotFound(err) {
		return nil, nil
	}
	return read, err
}

// list is the name of the list that is wanted, or else of the one on record; empty when there is neither.
func (e *entry) list() string {
	if wanted := e.plan.Entry.List.Identifier; wanted != "" && e.plan.Action == Register {
		return wanted
	}
	return e.record.AccessList
}

func (e *entry) listKey() registry.ListKey {
	return registry.ListKey{Owner: e.plan.Entry.Owner.Code, Identifier: e.list()}
}

// permits says whether a policy that is there says what the wanted one does. One that is not wholly
// understood does not.
func (e *entry) permits(policy []byte) bool {
	if policy == nil {
		return false
	}
	parsed, err := xacml.Parse(policy)
	return err == nil && xacml.Equal(parsed, e.policy)
}

// lists says whether exactly the organisations wanted are on a list; on none, nobody is.
func (e *entry) lists(roster *registry.Roster) bool {
	if roster == nil {
		return false
	}
	numbers := make([]string, 0, len(roster.Members))
	for _, member := range roster.Members {
		numbers = append(numbers, member.Organisation)
	}
	slices.Sort(numbers)
	return slices.Equal(numbers, slices.Sorted(slices.Values(e.plan.Entry.List.Members)))
}
