// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=consentresources,verbs=list;watch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=consentresources/status,verbs=update

// Kind is what a ConsentResource brings to the engine.
type Kind struct {
	// Operator is the operator's configuration.
	Operator *configuration.Operator
	// Clock tells what the agreements mean now.
	Clock clock.PassiveClock
}

// Parts are a ConsentResource's conditions.
func Parts() []report.Part {
	return []report.Part{
		{Condition: v1alpha1.ConditionAgreementInForce},
		{Condition: v1alpha1.ConditionRegionCompliant},
		{Condition: v1alpha1.ConditionRegistered},
		{Condition: v1alpha1.ConditionPolicyUploaded},
		{Condition: v1alpha1.ConditionRequestersSynced},
		{Condition: v1alpha1.ConditionScopeReady},
	}
}

// Render implements engine.Kind. There are no children: what is made lies outside the cluster.
func (k *Kind) Render(*v1alpha1.ConsentResource, Facts, decide.Action) ([]apply.Child, error) {
	return nil, nil
}

// Describe implements engine.Kind. There is nothing to tell beyond the conditions.
func (k *Kind) Describe(*v1alpha1.ConsentResource, Facts, []observe.Health) {}

// Setup starts the kind's controller: a pass for each change of a ConsentResource, of what is on record of
// its registration, of its service owner and agreements, of the App that has the data, and of who else
// has its identifier.
func Setup(mgr ctrl.Manager, reconciler *engine.Engine[*v1alpha1.ConsentResource, Facts], concurrency int) error {
	consents := func() client.ObjectList { return &v1alpha1.ConsentResourceList{} }
	return ctrl.NewControllerManagedBy(mgr).Named("consentresource").
		For(&v1alpha1.ConsentResource{}, builder.WithPredicates(predicate.Or(engine.OwnNews(), registration.News()))).
		Watches(&v1alpha1.ConsentResource{}, watches{mgr.GetClient()}.ofSameIdentifier(), builder.WithPredicates(identifierFreed())).
		Watches(&v1alpha1.App{}, watches{mgr.GetClient()}.ofSource(), builder.WithPredicates(sourceNews())).
		Watches(&v1alpha1.DataProcessingAgreement{}, agreements.WakeNamespace(mgr.GetClient(), consents), builder.WithPredicates(agreements.News())).
		Watches(&v1alpha1.ServiceOwner{}, agreements.WakeNamespace(mgr.GetClient(), consents), builder.WithPredicates(agreements.News())).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}
