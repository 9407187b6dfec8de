// SPDX-License-Identifier: BSD-3-Clause

package agreement

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

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=dataprocessingagreements,verbs=get;list;watch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=dataprocessingagreements/status,verbs=update

// Kind is what a DataProcessingAgreement brings to the engine.
type Kind struct{}

// Facts are what a decision about a DataProcessingAgreement rests on: nothing but itself, so far.
type Facts struct{}

// Gather implements engine.Kind.
func (Kind) Gather(context.Context, client.Reader, *v1alpha1.DataProcessingAgreement) (Facts, error) {
	return Facts{}, nil
}

// Decide implements engine.Kind.
func (Kind) Decide(_ *v1alpha1.DataProcessingAgreement, facts Facts) decide.Verdict {
	return rules.Evaluate(facts)
}

// Render implements engine.Kind. There are no children.
func (Kind) Render(*v1alpha1.DataProcessingAgreement, Facts, decide.Action) ([]apply.Child, error) {
	return nil, nil
}

// Describe implements engine.Kind.
func (Kind) Describe(*v1alpha1.DataProcessingAgreement, []observe.Health) {}

// Setup starts the kind's controller.
func Setup(mgr ctrl.Manager, reconciler *engine.Engine[*v1alpha1.DataProcessingAgreement, Facts], concurrency int) error {
	return ctrl.NewControllerManagedBy(mgr).Named("agreement").
		For(&v1alpha1.DataProcessingAgreement{}, builder.WithPredicates(engine.OwnNews())).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}
