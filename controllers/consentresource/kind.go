// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=consentresources,verbs=get;list;watch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=consentresources/status,verbs=update

// Kind is what a ConsentResource brings to the engine.
type Kind struct{}

// Facts are what a decision about a ConsentResource rests on: nothing but itself, so far.
type Facts struct{}

// Gather implements engine.Kind.
func (Kind) Gather(context.Context, client.Reader, *v1alpha1.ConsentResource) (Facts, error) {
	return Facts{}, nil
}

// Decide implements engine.Kind.
func (Kind) Decide(_ *v1alpha1.ConsentResource, facts Facts) decide.Verdict {
	return rules.Evaluate(facts)
}

// Render implements engine.Kind. There are no children.
func (Kind) Render(*v1alpha1.ConsentResource, Facts, decide.Action) ([]apply.Child, error) {
	return nil, nil
}

// Describe implements engine.Kind.
func (Kind) Describe(*v1alpha1.ConsentResource, []observe.Health) {}

// Setup starts the kind's controller.
func Setup(mgr ctrl.Manager, reconciler *engine.Engine[*v1alpha1.ConsentResource, Facts], concurrency int) error {
	return ctrl.NewControllerManagedBy(mgr).Named("consentresource").
		For(&v1alpha1.ConsentResource{}, builder.WithPredicates(engine.OwnNews())).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}
