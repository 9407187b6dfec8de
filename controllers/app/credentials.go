// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// Credentials is what an App brings to its credentials: the same facts and the same decision as to its
// children, so that what is held gets no client and what is withdrawn has no key.
type Credentials struct{ *Kind }

// Plan implements credentials.Kind. What an App has is what was admitted, and so nothing before that is on
// record.
func (c Credentials) Plan(ctx context.Context, cluster client.Reader, app *v1alpha1.App) (credentials.Plan, error) {
	facts, err := c.Gather(ctx, cluster, app)
	if err != nil {
		return credentials.Plan{}, err
	}
	verdict := c.Decide(app, facts)
	plan := credentials.Plan{Action: credentials.Leave}
	if facts.Admitted != nil {
		plan = credentialsOf(facts.Admitted.of(app), facts, verdict.Action)
	}
	plan.Next = verdict.NextCheck
	return plan, nil
}

// Indexes of what an App's scopes rest on.
const (
	// indexScope, of Apps, is namespace and name of a scope that is exposed.
	indexScope = "scope"
	// indexConsentOf, of ConsentResources, is the name of the App the data is fetched from.
	indexConsentOf = "consentOf"
)

// IndexCredentials adds the indexes that credentials are looked up by.
func IndexCredentials(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, &v1alpha1.App{}, indexScope, func(obj client.Object) []string {
		if app, ok := obj.(*v1alpha1.App); ok {
			return exposedBy(app)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return indexer.IndexField(ctx, &v1alpha1.ConsentResource{}, indexConsentOf, func(obj client.Object) []string {
		if consent, ok := obj.(*v1alpha1.ConsentResource); ok {
			return []string{string(consent.Spec.DataSource.App)}
		}
		return nil
	})
}

// exposure reads what the scopes of an App rest on: the consents whose data is fetched from it, and the other
// Apps of its owner that expose the same.
func (k *Kind) exposure(ctx context.Context, cluster client.Reader, facts *Facts) error {
	names := exposedBy(facts.App)
	if facts.Admitted != nil {
		names = append(names, exposedBy(facts.Admitted.of(facts.App))...)
	}
	if k.Operator.SelfService == nil || len(names) == 0 {
		return nil
	}
	namespace := client.InNamespace(facts.App.Namespace)
	var consents v1alpha1.ConsentResourceList
	if err := cluster.List(ctx, &consents, namespace, client.MatchingFields{indexConsentOf: facts.App.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("reading which consents name App %s: %w", facts.App.Name, err)
	}
	facts.Consents = consents.Items
	for _, name := range names {
		var apps v1alpha1.AppList
		if err := cluster.List(ctx, &apps, namespace, client.MatchingFields{indexScope: name}, client.UnsafeDisableDeepCopy); err != nil {
			return fmt.Errorf("reading which Apps expose scope %s: %w", name, err)
		}
		for _, other := range apps.Items {
			if other.UID != facts.App.UID && other.DeletionTimestamp == nil {
				facts.SameScopes = append(facts.SameScopes, other)
			}
		}
	}
	return nil
}

// SetupCredentials starts the controller of the Apps' credentials, in a queue of its own.
func SetupCredentials(mgr ctrl.Manager, reconciler *credentials.Reconciler, concurrency int) error {
	apps := agreements.WakeNamespace(mgr.GetClient(), func() client.ObjectList { return &v1alpha1.AppList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("app-credentials").
		For(&v1alpha1.App{}, builder.WithPredicates(engine.OwnNews())).
		Owns(&appsv1.ControllerRevision{}).
		Owns(&corev1.Secret{}).
		Owns(&appsv1.Deployment{}, builder.WithPredicates(credentials.Rollouts())).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(ofPod), builder.WithPredicates(credentials.PodsGone())).
		Watches(&v1alpha1.ConsentResource{}, handler.EnqueueRequestsFromMapFunc(ofConsent),
			builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, registration.News()))).
		Watches(&v1alpha1.ServiceOwner{}, apps, builder.WithPredicates(ownerNews())).
		Watches(&v1alpha1.DataProcessingAgreement{}, apps, builder.WithPredicates(agreements.News())).
		WithOptions(engine.ControllerOptions(concurrency)).
		Complete(reconciler.AsReconciler())
}

func ofPod(_ context.Context, obj client.Object) []reconcile.Request {
	name := obj.GetLabels()[v1alpha1.LabelName]
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: obj.GetNamespace(), Name: name}}}
}

func ofConsent(_ context.Context, obj client.Object) []reconcile.Request {
	consent, ok := obj.(*v1alpha1.ConsentResource)
	if !ok {
		return nil
	}
	app := client.ObjectKey{Namespace: consent.Namespace, Name: string(consent.Spec.DataSource.App)}
	return []reconcile.Request{{NamespacedName: app}}
}
