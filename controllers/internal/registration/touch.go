// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"fmt"
	"maps"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

// mayTouch refuses to write what is another's, what we did not make and may not adopt, and what breaks
// those who ask for a consent without anybody having accepted that.
func (e *entry) mayTouch(found there) error {
	if stored := found.resource; stored != nil {
		if !registry.OwnerOf(stored).Is(e.plan.Entry.Owner) {
			return at(stepResource, registeredToAnother(e.plan.Entry.Identifier, e.plan.Entry.Owner.Code))
		}
		if err := e.mayAdopt(stored); err != nil {
			return at(stepResource, err)
		}
		if e.breaks(stored) && !e.plan.Entry.AcceptsBreaking {
			return at(stepResource, breaking(e.plan.Entry.Identifier))
		}
	}
	if found.list != nil && e.record.AccessList == "" && !e.plan.Entry.Adopt {
		return at(stepRequesters, alreadyRegistered("access list "+e.list()))
	}
	return nil
}

func (e *entry) mayAdopt(stored *registry.ServiceResource) error {
	wanted := &e.plan.Entry.Resource
	if e.ours || e.plan.Action != Register {
		return nil
	}
	switch {
	case !e.plan.Entry.Adopt:
		return alreadyRegistered(e.plan.Entry.Identifier)
	case stored.ResourceType != wanted.ResourceType:
		return otherwiseRegistered(e.plan.Entry.Identifier, fmt.Sprintf("as %s, and not as %s", stored.ResourceType, wanted.ResourceType))
	case stored.IsOneTimeConsent != wanted.IsOneTimeConsent:
		return otherwiseRegistered(e.plan.Entry.Identifier, "with another oneTime")
	}
	return nil
}

// breaks says whether a change of ours makes requests fail that were right before: whoever asks must give
// exactly the metadata that is registered, and reads by the template (Altinn consent). What somebody
// else changed is put right without asking.
func (e *entry) breaks(stored *registry.ServiceResource) bool {
	wanted := &e.plan.Entry.Resource
	if e.plan.Action != Register || stored.ResourceType != registry.TypeConsent || stored.Status == registry.StatusWithdrawn ||
		e.ours && e.record.Revision == e.plan.Revision() {
		return false
	}
	return stored.ConsentTemplate != wanted.ConsentTemplate ||
		!maps.EqualFunc(stored.ConsentMetadata, wanted.ConsentMetadata, func(_, _ registry.ConsentField) bool { return true })
}

// refusal is something we refuse ourselves, until somebody has acted.
type refusal v1alpha1.Obstacle

// Error implements error.
func (r *refusal) Error() string { return r.Message }

func registeredToAnother(identifier, code string) error {
	return &refusal{
		Reason: v1alpha1.ReasonRegisteredToAnother, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("%s is registered to another service owner than %s and is not touched", identifier, code),
		Remedy:  "Use another identifier; if it is yours, have the owner of the registered resource corrected in Altinn first",
	}
}

func alreadyRegistered(what string) error {
	return &refusal{
		Reason: v1alpha1.ReasonAlreadyRegistered, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("%s is registered already, and not by this resource", what),
		Remedy:  "Set spec.adoptExisting to true to take it over as it is declared here, or use another identifier",
	}
}

func otherwiseRegistered(identifier, how string) error {
	return &refusal{
		Reason: v1alpha1.ReasonAlreadyRegistered, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("%s is registered already %s, which never changes", identifier, how),
		Remedy:  "Declare it as it is registered, or use another identifier",
	}
}

func breaking(identifier string) error {
	return &refusal{
		Reason: v1alpha1.ReasonBreakingChange, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("The change of metadata or template makes the requests of those fail who ask for %s today; what is registered stays as it is", identifier),
		Remedy: "Make a ConsentResource of another name for it, or agree with those who ask and set the annotation " +
			v1alpha1.AnnotationAcceptBreakingChange + " to the resource's metadata.generation",
	}
}

func spent(identifier string) error {
	return &refusal{
		Reason: v1alpha1.ReasonIdentifierSpent, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("%s was deleted from the Resource Registry once and can never be registered again", identifier),
		Remedy:  "Use another identifier",
	}
}

func contested() error {
	return &refusal{
		Reason: v1alpha1.ReasonRegistrationContested, Actor: v1alpha1.ActorPlatform,
		Message: "What was written to the Resource Registry does not stay as it was written",
		Remedy:  "Find out who else writes it, or whether the registry has come to keep it in another form",
	}
}

func unwritable(err error) error {
	return &refusal{
		Reason: v1alpha1.ReasonBuildFailed, Actor: v1alpha1.ActorServiceOwner,
		Message: "The policy cannot be written: " + err.Error(),
		Remedy:  "Correct who may do what in the spec",
	}
}
