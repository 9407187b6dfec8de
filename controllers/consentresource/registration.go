// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=consentresources,verbs=patch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=consentresources/status,verbs=patch

// Registration is what a ConsentResource brings to its registration: the same facts and the same decision.
type Registration struct{ *Kind }

// RegistrationParts are the conditions that stand for it.
func RegistrationParts() []string {
	return []string{v1alpha1.ConditionRegistered, v1alpha1.ConditionPolicyUploaded, v1alpha1.ConditionRequestersSynced}
}

// Plan implements registration.Kind.
func (r Registration) Plan(ctx context.Context, cluster client.Reader, consent *v1alpha1.ConsentResource) (registration.Plan, error) {
	facts, err := r.Gather(ctx, cluster, consent)
	if err != nil {
		return registration.Plan{}, err
	}
	verdict := r.Decide(consent, facts)
	plan := registrationOf(facts, verdict.Action)
	plan.Next = verdict.NextCheck
	return plan, nil
}

// Leaving implements registration.Kind.
func (Registration) Leaving(consent *v1alpha1.ConsentResource) registration.Leaving {
	return registration.Leaving{
		Identifier: identifierOf(consent), Code: codeOf(consent), Policy: consent.Spec.DeletionPolicy,
		Adopts: consent.Spec.AdoptExisting, Silence: silence(consent),
	}
}

// SetupRegistration starts the controller of the consents' registrations, in a queue of its own.
func SetupRegistration(mgr ctrl.Manager, reconciler *registration.Reconciler[*v1alpha1.ConsentResource], concurrency int) error {
	consents := agreements.WakeNamespace(mgr.GetClient(), func() client.ObjectList { return &v1alpha1.ConsentResourceList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("consentresource-registration").
		For(&v1alpha1.ConsentResource{}, builder.WithPredicates(engine.OwnNews())).
		Watches(&v1alpha1.ConsentResource{}, watches{mgr.GetClient()}.ofSameIdentifier(), builder.WithPredicates(identifierFreed())).
		Watches(&v1alpha1.DataProcessingAgreement{}, consents, builder.WithPredicates(agreements.News())).
		Watches(&v1alpha1.ServiceOwner{}, consents, builder.WithPredicates(agreements.News())).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}
