// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/enforcement"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=apps,verbs=list;watch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=apps/status,verbs=update
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=apps/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=services;serviceaccounts;configmaps,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups=apps,resources=deployments;controllerrevisions,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=autoscaling,resources=horizontalpodautoscalers,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies;ingresses,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=gateway.networking.k8s.io,resources=httproutes,verbs=get;list;watch;create;update;delete

// Kind is what an App brings to the engine.
type Kind struct {
	// Operator is the operator's configuration.
	Operator *configuration.Operator
	// References tells what the Secrets and ConfigMaps that Apps read hold.
	References *references.Digests
	// RouteKindKnown says whether the cluster knows HTTPRoute.
	RouteKindKnown func() bool
	// NamesKnown says whether the cluster knows NamePolicy; nil where it is not asked.
	NamesKnown func() bool
	// OthersNames are the names of those of its kind in a namespace that somebody else made; nil where it is not asked.
	OthersNames func(ctx context.Context, namespace string) ([]string, error)
	// Storage is where Apps keep data; nil where the configuration names nothing.
	Storage *storage.Storage
	// Baseline are the NetworkPolicies that the namespace of a service owner has by the baseline, by the owner's code.
	Baseline func(code string) []*networkingv1.NetworkPolicy
	// Probe tells whether the network enforces NetworkPolicies; nil where nobody looks.
	Probe *enforcement.Probe
	// Clock tells what the agreements mean now.
	Clock clock.PassiveClock
	// Written reads records of admission, and what data is kept in, that were written a moment ago and that
	// the cluster's cache does not show yet; without it, the cluster is read.
	Written client.Reader
}

// Parts are an App's conditions. The last sums up its children, but for its NetworkPolicy and for those that data is
// kept in, where there is a storage.
func Parts(store *storage.Storage) []report.Part {
	parts := []report.Part{
		{Condition: v1alpha1.ConditionAgreementInForce},
		{Condition: v1alpha1.ConditionRegionCompliant},
		{Condition: v1alpha1.ConditionAuthorizationRegistered},
		{Condition: v1alpha1.ConditionCredentialsReady},
	}
	if store != nil {
		parts = append(parts, report.Part{Condition: v1alpha1.ConditionStorageReady, Kinds: store.KindNames()})
	}
	return append(parts,
		report.Part{Condition: v1alpha1.ConditionNetworkIsolated, Kinds: []string{"NetworkPolicy"}},
		report.Part{Condition: v1alpha1.ConditionAvailable})
}

// Children are the kinds of what an App has, but for the route and what data is kept in.
func Children() []client.Object {
	return []client.Object{
		&corev1.ConfigMap{}, &corev1.ServiceAccount{}, &corev1.Service{}, &appsv1.Deployment{}, &appsv1.ControllerRevision{},
		&networkingv1.NetworkPolicy{}, &networkingv1.Ingress{},
		&autoscalingv2.HorizontalPodAutoscaler{}, &policyv1.PodDisruptionBudget{},
	}
}

// Indexes of Apps.
const (
	// indexAddress is host and path: those asked for, and those served.
	indexAddress = "address"
	// indexReference is namespace, kind and name of a Secret or ConfigMap that an App reads.
	indexReference = "reference"
)

// Index adds the indexes that facts and watches look Apps up by.
func Index(ctx context.Context, indexer client.FieldIndexer, operator *configuration.Operator) error {
	err := indexer.IndexField(ctx, &v1alpha1.App{}, indexAddress, func(obj client.Object) []string {
		app, ok := obj.(*v1alpha1.App)
		if !ok {
			return nil
		}
		var addresses []string
		if published(app) {
			addresses = append(addresses, addressOf(app, operator))
		}
		if served := servedAt(app); served != "" && !slices.Contains(addresses, served) {
			addresses = append(addresses, served)
		}
		return addresses
	})
	if err != nil {
		return err
	}
	if err := indexPolicies(ctx, indexer); err != nil {
		return err
	}
	err = indexer.IndexField(ctx, &appsv1.ControllerRevision{}, indexAdmission, func(obj client.Object) []string {
		return []string{obj.GetLabels()[v1alpha1.LabelName]}
	})
	if err != nil {
		return err
	}
	return indexer.IndexField(ctx, &v1alpha1.App{}, indexReference, func(obj client.Object) []string {
		app, ok := obj.(*v1alpha1.App)
		if !ok {
			return nil
		}
		var keys []string
		for _, ref := range referencesOf(app) {
			keys = append(keys, referenceKey(ref.Kind, ref.Name))
		}
		return keys
	})
}

func referenceKey(kind, name string) string { return kind + "/" + name }

// Describe implements engine.Kind: the image that runs and where the App is reached, from what stands
// in the cluster, and how what it may call is opened.
func (k *Kind) Describe(app *v1alpha1.App, facts Facts, children []observe.Health) {
	app.Status.URL = ""
	app.Status.Network = networkStatus(app, facts)
	for _, health := range children {
		switch obj := health.Object.(type) {
		case *appsv1.Deployment:
			if health.State == observe.Current && len(obj.Spec.Template.Spec.Containers) > 0 {
				app.Status.Image = obj.Spec.Template.Spec.Containers[0].Image
			}
		case *networkingv1.Ingress:
			app.Status.URL = ingressURL(obj)
		case *gatewayv1.HTTPRoute:
			app.Status.URL = routeURL(obj)
		}
	}
}

// Setup starts the kind's controller: a pass for each change of an App, of its children, of its
// service owner and its agreements, of where its pods run and its owner's data lies, of what they read, of what
// isolates them, and of who has its address.
func Setup(mgr ctrl.Manager, reconciler *engine.Engine[*v1alpha1.App, Facts], metadata metadata.Interface, concurrency int) (controller.Controller, error) {
	bldr := ctrl.NewControllerManagedBy(mgr).Named("app").For(&v1alpha1.App{}, builder.WithPredicates(predicate.Or(engine.OwnNews(), registration.News(), credentials.News())))
	for _, child := range Children() {
		bldr = bldr.Owns(child)
	}
	kind := reconciler.Kind.(*Kind)
	reconciler.Spares = kind.Spares
	watches := watches{cluster: mgr.GetClient(), operator: kind.Operator}
	bldr = bldr.Watches(&v1alpha1.ServiceOwner{}, watches.ofOwner(), builder.WithPredicates(ownerNews()))
	bldr = bldr.Watches(&v1alpha1.DataProcessingAgreement{}, agreements.WakeNamespace(mgr.GetClient(), func() client.ObjectList { return &v1alpha1.AppList{} }),
		builder.WithPredicates(agreements.News()))
	where := placement.Watches{Cluster: mgr.GetClient(), Allowed: watches.operator.Regions.Allowed, Concerned: appOfPod}
	bldr = bldr.Watches(&corev1.Pod{}, where.OfPods(), builder.WithPredicates(placement.PodMoves()))
	bldr = bldr.Watches(placement.Node(), where.OfNodes(), builder.OnlyMetadata, builder.WithPredicates(where.NodeMoves()))
	bldr = bldr.Watches(&v1alpha1.App{}, watches.ofSameAddress(), builder.WithPredicates(addressFreed()))
	bldr = bldr.Watches(&networkingv1.NetworkPolicy{}, watches.ofPolicies(), builder.WithPredicates(policyNews(strangers)))
	bldr = bldr.Watches(&networkingv1.NetworkPolicy{}, watches.ofBaseline(), builder.WithPredicates(policyNews(baselines)))
	if kind.Probe != nil {
		bldr = bldr.WatchesRawSource(kind.Probe.Source(watches.all))
	}
	for _, referred := range kind.References.Sources(metadata, watches.ofReference) {
		bldr = bldr.WatchesRawSource(referred)
	}
	made, err := bldr.WithOptions(engine.ControllerOptions(concurrency)).Build(reconciler.AsReconciler())
	if err != nil || kind.Storage == nil {
		return made, err
	}
	return made, kind.Storage.Watch(mgr, made, watches.ofStored(), watches.all, storedNews(kind.Storage))
}
