// SPDX-License-Identifier: BSD-3-Clause

package agreement

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=dataprocessingagreements,verbs=list;watch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=dataprocessingagreements/status,verbs=update

// Kind is what a DataProcessingAgreement brings to the engine.
type Kind struct {
	// Operator is the operator's configuration.
	Operator *configuration.Operator
	// Clock tells whether agreements hold now.
	Clock clock.PassiveClock
}

// Parts are an agreement's conditions.
func Parts() []report.Part {
	return []report.Part{
		{Condition: v1alpha1.ConditionInForce},
		{Condition: v1alpha1.ConditionTermsCurrent},
		{Condition: v1alpha1.ConditionTransfersLawful},
	}
}

// Render implements engine.Kind. There are no children.
func (k *Kind) Render(*v1alpha1.DataProcessingAgreement, Facts, decide.Action) ([]apply.Child, error) {
	return nil, nil
}

// Describe implements engine.Kind: days left, what is covered and held, and when that may change.
func (k *Kind) Describe(agreement *v1alpha1.DataProcessingAgreement, facts Facts, _ []observe.Health) {
	found := weigh(facts)
	status := &agreement.Status
	status.DaysLeft = found.assessment.DaysLeft
	status.Covered, status.Held, status.InUse = found.tally.covered, found.tally.held, found.tally.inUse
	status.NextCheck = nil
	if next := found.verdict.NextCheck; !next.IsZero() {
		status.NextCheck = &metav1.Time{Time: next}
	}
}

// recount is how long an agreement waits for more of its owner's Apps and ConsentResources to change
// before it counts them again.
const recount = 2 * time.Second

// admitted lets through Apps of which another revision runs than did.
func admitted() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		old, isApp := e.ObjectOld.(*v1alpha1.App)
		app, stillIs := e.ObjectNew.(*v1alpha1.App)
		return isApp && stillIs && !equality.Semantic.DeepEqual(old.Status.Admitted, app.Status.Admitted)
	}}
}

// Setup starts the kind's controller: a pass for each change of an agreement, of the others with the
// same service owner, of that owner, and of what it runs.
func Setup(mgr ctrl.Manager, reconciler *engine.Engine[*v1alpha1.DataProcessingAgreement, Facts], concurrency int) error {
	all := agreements.WakeAll(mgr.GetClient())
	news := builder.WithPredicates(agreements.News())
	return ctrl.NewControllerManagedBy(mgr).Named("agreement").
		For(&v1alpha1.DataProcessingAgreement{}, builder.WithPredicates(engine.OwnNews())).
		Watches(&v1alpha1.DataProcessingAgreement{}, handler.EnqueueRequestsFromMapFunc(all), news).
		Watches(&v1alpha1.ServiceOwner{}, handler.EnqueueRequestsFromMapFunc(all), news).
		Watches(&v1alpha1.App{}, engine.Coalesced(all, recount), builder.WithPredicates(predicate.Or(agreements.News(), admitted()))).
		Watches(&v1alpha1.ConsentResource{}, engine.Coalesced(all, recount), news).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}
