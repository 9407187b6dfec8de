// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"fmt"
	"slices"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// scope makes a scope the App guards its API with what is declared, and gives access to exactly those who
// are to have it (terms of use v1.8 §1.6.2: the provider of an API says who may use it).
func (p *pass) scope(ctx context.Context, record *v1alpha1.ScopeRecord) error {
	at := slices.IndexFunc(p.plan.Scopes, func(s Scope) bool { return s.Name == record.Name })
	if at < 0 {
		return p.endScope(ctx, record)
	}
	want := p.plan.Scopes[at]
	if want.TakenBy != "" {
		return scopeTaken(want)
	}
	stands := record.State == v1alpha1.CredentialRegistered && record.Revision == revision(want) && record.Obstacle == nil
	if stands && !p.look {
		p.trusted = true
		return nil
	}
	changed, err := p.bringScope(ctx, record, want)
	if err != nil {
		return err
	}
	if stands && changed {
		p.tell(v1alpha1.EventCredentialsRepaired, "scope", fmt.Sprintf("Scope %s, or who has access to it, had been changed by somebody else and was put right", want.Name))
	}
	record.State, record.Revision = v1alpha1.CredentialRegistered, revision(want)
	record.Consumers, record.AnyOrganization = int32(min(len(want.Consumers), maxConsumers)), want.AnyOrganization
	return nil
}

// bringScope writes what of a scope, and of who has access to it, differs.
func (p *pass) bringScope(ctx context.Context, record *v1alpha1.ScopeRecord, want Scope) (changed bool, err error) {
	api, err := p.Clients.For(p.plan.Owner.Number)
	if err != nil {
		return false, err
	}
	registered, err := p.register(ctx, api, record, want)
	if err != nil {
		return false, err
	}
	record.State = v1alpha1.CredentialRegistered // from now on it is ours, and so is who was given access
	admitted, err := p.admit(ctx, api, want)
	return registered || admitted, err
}

// maxConsumers is more than can be declared.
const maxConsumers = 1 << 20

// register makes the scope say what is declared. A name is never free again: one that was deactivated is
// activated, since it cannot be made anew (Digdir self-service API).
func (p *pass) register(ctx context.Context, api *OwnerClient, record *v1alpha1.ScopeRecord, want Scope) (changed bool, err error) {
	found, err := absent(api.Scope(ctx, want.Name))
	switch {
	case err != nil:
		return false, err
	case found == nil:
		return true, p.createScope(ctx, api, want)
	case record.State == v1alpha1.CredentialPending && record.Revision == "" && found.Active:
		if err := p.mayAdopt(ctx, api, want); err != nil {
			return false, err
		}
	}
	wanted := want.registered(*found)
	if selfservice.SameScope(found, wanted) {
		return false, nil
	}
	return true, api.PutScope(ctx, wanted)
}

// createScope makes a scope. A name that is taken and not the service owner's is another's.
func (p *pass) createScope(ctx context.Context, api *OwnerClient, want Scope) error {
	err := api.CreateScope(ctx, want.registered(selfservice.Scope{}))
	if !external.IsConflict(err) {
		return err
	}
	if _, again := api.Scope(ctx, want.Name); external.IsNotFound(again) {
		return scopeForeign(want)
	}
	return errNotYet // somebody was faster, or we were, in a call without an answer
}

// mayAdopt keeps access that somebody gave by other means from being taken away by a declaration that does
// not know of it.
func (p *pass) mayAdopt(ctx context.Context, api *OwnerClient, want Scope) error {
	has, err := api.Consumers(ctx, want.Name)
	if err != nil {
		return err
	}
	for _, access := range has {
		if access.State == selfservice.StateApproved && !want.AnyOrganization && !slices.Contains(want.Consumers, access.ConsumerOrgNo) {
			return scopeInUse(want, len(has))
		}
	}
	return nil
}

// admit gives access to those who are to have it, and takes it from all others.
func (p *pass) admit(ctx context.Context, api *OwnerClient, want Scope) (changed bool, err error) {
	has, err := api.Consumers(ctx, want.Name)
	if err != nil {
		return false, err
	}
	approved := map[string]bool{}
	for _, access := range has {
		if access.State == selfservice.StateApproved {
			approved[access.ConsumerOrgNo] = true
		}
	}
	for _, consumer := range want.Consumers {
		if approved[consumer] {
			delete(approved, consumer)
			continue
		}
		if err := api.Grant(ctx, want.Name, consumer); err != nil {
			return changed, err
		}
		changed = true
	}
	for consumer := range approved {
		if err := api.Take(ctx, want.Name, consumer); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, nil
}

// endScope deactivates a scope that is no longer declared. Access to it is kept, should it come back.
func (p *pass) endScope(ctx context.Context, record *v1alpha1.ScopeRecord) error {
	number := p.plan.Owner.Number
	if number == "" { // a deleted App has no plan
		number = record.OrganizationNumber
	}
	if record.Revision != "" || record.State == v1alpha1.CredentialRegistered { // else nothing of it was ours
		api, err := p.Clients.For(number)
		if err != nil {
			return err
		}
		if err := api.DeactivateScope(ctx, record.Name); err != nil && !external.IsNotFound(err) {
			return err
		}
	}
	record.State = "" // it goes off the record
	return nil
}
