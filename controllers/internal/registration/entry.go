// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"context"
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// entry is one pass over what the registry holds of one resource.
type entry struct {
	client *registry.Client
	plan   Plan
	// policy is what the plan renders; without rules, the policy that is there stays as it is.
	policy xacml.Policy
	// record is what is on record; it becomes what is to be.
	record v1alpha1.Registration
	// ours says that something may be there that we made, or took over.
	ours bool
	// note puts the record where the next pass finds it.
	note func(context.Context, v1alpha1.Registration) error
	// news are what people should hear of.
	news []news
}

// news is an event to be.
type news struct {
	reason, message string
	repaired        step
}

// bring makes the registry hold what the plan says, and the record say so. An error tells in which step
// it ended; the record then has what was noted on the way.
func (e *entry) bring(ctx context.Context) error {
	found, err := e.look(ctx)
	if err != nil {
		return err
	}
	if err := e.mayTouch(found); err != nil {
		return err
	}
	changes := e.changes(found)
	if len(changes) == 0 {
		return e.stands(found)
	}
	adopted := !e.ours && found.resource != nil && e.plan.Action == Register
	if err := e.noteDown(ctx); err != nil {
		return err
	}
	if adopted {
		e.news = append(e.news, news{reason: v1alpha1.EventAdopted, message: fmt.Sprintf("%s was registered already and is taken over", e.plan.Entry.Identifier)})
	}
	for _, change := range changes {
		if err := change.write(ctx); err != nil {
			return &stopped{step: change.step, err: err, stands: e.plan.Action == Register}
		}
	}
	if found, err = e.look(ctx); err != nil {
		return err
	}
	if left := e.changes(found); len(left) > 0 {
		return at(left[0].step, contested())
	}
	e.tell(changes)
	return e.stands(found)
}

// noteDown records what is about to be made, so that the next pass knows it for ours. What may be adopted
// anyway needs no record, but its list does. And what was found to stand does so no longer once another
// declaration is being made of it: who takes the edit back must not be told that all is well.
func (e *entry) noteDown(ctx context.Context) error {
	list := e.plan.Entry.List.Identifier
	newList := e.plan.Action == Register && list != "" && e.record.AccessList == ""
	overruled := e.record.Revision != "" && e.record.Revision != e.plan.Revision()
	if !newList && !overruled && (e.ours || e.plan.Entry.Adopt) {
		return nil
	}
	noted := e.record
	if overruled {
		noted.Revision = ""
	}
	if !e.ours {
		noted.State = v1alpha1.RegistrationPending
	}
	if newList {
		noted.AccessList = list
	}
	if err := e.note(ctx, noted); err != nil {
		return fmt.Errorf("recording what is to be registered: %w", err)
	}
	e.record, e.ours = noted, true
	return nil
}

// stands records that the registry holds what the plan says.
func (e *entry) stands(found there) error {
	e.record.Obstacle, e.record.Revision = nil, e.plan.Revision()
	e.record.State, e.record.AccessList = v1alpha1.RegistrationRegistered, e.plan.Entry.List.Identifier
	if e.plan.Action == Withdraw {
		e.record.State, e.record.AccessList = v1alpha1.RegistrationWithdrawn, ""
	}
	if len(e.policy.Rules) > 0 {
		e.record.PolicyHash = xacml.Hash(e.policy)
	}
	if found.resource != nil {
		e.record.VersionID = found.resource.VersionID
	}
	e.ours = true
	return nil
}

// tell makes news of what was written and is not the plain working of a new or changed declaration: what
// was put right had been found to stand before.
func (e *entry) tell(changes []change) {
	if e.record.Revision == e.plan.Revision() {
		for _, change := range changes {
			e.news = append(e.news, news{
				reason: v1alpha1.EventRegistrationRepaired, repaired: change.step,
				message: fmt.Sprintf("The %s of %s had been changed or removed by somebody else and was put right", change.step, e.plan.Entry.Identifier),
			})
		}
		return
	}
	if e.plan.Action == Withdraw {
		e.news = append(e.news, news{reason: v1alpha1.EventWithdrawn, message: fmt.Sprintf("%s is withdrawn: nobody can find or use it", e.plan.Entry.Identifier)})
	}
}

// String is what a step is called in messages.
func (s step) String() string {
	return [...]string{"resource", "policy", "access list"}[s]
}
