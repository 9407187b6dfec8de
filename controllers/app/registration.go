// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=apps,verbs=patch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=apps/status,verbs=patch

// Registration is what an App brings to its registration: the same facts and the same decision as to its
// children, so that what is held is not published and what is withdrawn is.
type Registration struct{ *Kind }

// RegistrationParts are the conditions that stand for it.
func RegistrationParts() []string { return []string{v1alpha1.ConditionAuthorizationRegistered} }

// Plan implements registration.Kind. What is registered is what was admitted, and so nothing before that
// is on record.
func (r Registration) Plan(ctx context.Context, cluster client.Reader, app *v1alpha1.App) (registration.Plan, error) {
	facts, err := r.Gather(ctx, cluster, app)
	if err != nil {
		return registration.Plan{}, err
	}
	verdict := r.Decide(app, facts)
	plan := registration.Plan{Action: registration.Leave}
	if facts.Admitted != nil {
		plan = registrationOf(facts.Admitted.of(app), facts, verdict.Action)
	}
	plan.Next = verdict.NextCheck
	return plan, nil
}

// Leaving implements registration.Kind. An App's identifier is made of its owner's code and its name, so
// what is registered under it is the App's, whoever registered it; and it is never deleted, since the
// registry would not take the identifier again.
func (Registration) Leaving(app *v1alpha1.App) registration.Leaving {
	return registration.Leaving{Identifier: identifierOf(app), Code: codeOf(app), Adopts: true, Policy: v1alpha1.ConsentWithdraw}
}

// SetupRegistration starts the controller of the Apps' registrations, in a queue of its own.
func SetupRegistration(mgr ctrl.Manager, reconciler *registration.Reconciler[*v1alpha1.App], concurrency int) error {
	apps := agreements.WakeNamespace(mgr.GetClient(), func() client.ObjectList { return &v1alpha1.AppList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("app-registration").
		For(&v1alpha1.App{}, builder.WithPredicates(engine.OwnNews())).
		Owns(&appsv1.ControllerRevision{}).
		Watches(&v1alpha1.ServiceOwner{}, apps, builder.WithPredicates(ownerNews())).
		Watches(&v1alpha1.DataProcessingAgreement{}, apps, builder.WithPredicates(agreements.News())).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}
