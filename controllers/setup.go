// SPDX-License-Identifier: BSD-3-Clause

package controllers

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/controllers/internal/written"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,verbs=list;watch

// NewScheme knows every kind the operator reads or writes.
func NewScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(gatewayv1.Install(scheme))
	return scheme
}

// Options are the manager's: what it caches, and how.
//
// Of kinds that others make objects of too, only what the operator made is cached, as what carries its label: of
// Secrets, those with Apps' keys. That is the rule, so that a kind the cluster comes to know later falls under it.
// Reading a kind that nobody watches is an error, not a new watch.
func Options(scheme *runtime.Scheme) manager.Options {
	ours := labels.SelectorFromSet(labels.Set{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy})
	byObject := map[client.Object]cache.ByObject{
		&corev1.Pod{}: {Label: ours, Transform: placement.Strip},
	}
	for _, kind := range []client.Object{
		&v1alpha1.App{}, &v1alpha1.ConsentResource{}, &v1alpha1.DataProcessingAgreement{}, &v1alpha1.ServiceOwner{},
		&corev1.Namespace{}, &networkingv1.NetworkPolicy{}, // a foreign one of a tenant's name must be seen, and what a foreign one opens
		&corev1.Node{}, &corev1.PersistentVolume{}, &storagev1.StorageClass{}, engine.CRDs(),
	} {
		byObject[kind] = cache.ByObject{Label: labels.Everything()}
	}
	return manager.Options{
		Scheme: scheme,
		Cache: cache.Options{
			Scheme:                      scheme,
			DefaultTransform:            stripped,
			DefaultLabelSelector:        ours,
			ReaderFailOnMissingInformer: true,
			ByObject:                    byObject,
		},
		Client: client.Options{Cache: &client.CacheOptions{Unstructured: true}}, // kinds without a Go type are cached like all others
	}
}

// cluster is what all kinds share.
type cluster struct {
	mgr      ctrl.Manager
	client   client.Client
	applier  *apply.Applier
	reporter *report.Reporter
	operator *configuration.Operator
	baseline serviceowner.Baseline
	clock    clock.PassiveClock
	// registry calls Altinn's Resource Registry; nil where nothing is registered.
	registry *registration.Clients
	// selfService calls Digdir's self-service; nil where Apps get no credentials.
	selfService *credentials.Clients
}

// Setup adds the controllers of all kinds to the manager.
func Setup(ctx context.Context, mgr ctrl.Manager, operator *configuration.Operator) error {
	written := written.New(mgr.GetClient(), clock.RealClock{})
	shared := cluster{
		mgr: mgr, client: written, operator: operator, clock: clock.RealClock{},
		applier:  &apply.Applier{Client: written, Live: mgr.GetAPIReader()},
		reporter: &report.Reporter{Client: written, Events: mgr.GetEventRecorder(v1alpha1.ManagedBy), Clock: clock.RealClock{}},
	}
	if err := shared.connect(); err != nil {
		return err
	}
	var err error
	if shared.baseline, err = serviceowner.NewBaseline(operator.Tenant.Overlay); err != nil {
		return err
	}
	if err := agreements.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if err := placement.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if err := shared.serviceOwner(); err != nil {
		return fmt.Errorf("setting up ServiceOwner: %w", err)
	}
	if err := shared.app(ctx); err != nil {
		return fmt.Errorf("setting up App: %w", err)
	}
	if err := shared.agreement(); err != nil {
		return fmt.Errorf("setting up DataProcessingAgreement: %w", err)
	}
	if err := shared.consentResource(ctx); err != nil {
		return fmt.Errorf("setting up ConsentResource: %w", err)
	}
	return nil
}

func newEngine[O report.Object, F any](shared cluster, kind engine.Kind[O, F]) *engine.Engine[O, F] {
	return &engine.Engine[O, F]{
		Kind: kind, Cluster: shared.mgr.GetClient(), Scheme: shared.mgr.GetScheme(),
		Applier: shared.applier, Reporter: shared.reporter,
	}
}

// connect makes the clients of the outside systems that are configured.
func (c *cluster) connect() error {
	log := c.mgr.GetLogger()
	var signer maskinporten.Signer
	var err error
	if c.operator.Maskinporten != nil {
		if signer, err = signerOf(c.operator.Maskinporten); err != nil {
			return err
		}
	}
	if c.operator.Registry == nil {
		log.Info("nothing is registered: the configuration names no registry")
	} else if c.registry, err = registration.NewClients(c.operator, clock.RealClock{}, signer, nil); err != nil {
		return err
	}
	if c.operator.SelfService == nil {
		log.Info("Apps get no credentials: the configuration names no self-service")
		return nil
	}
	c.selfService, err = credentials.NewClients(c.operator, clock.RealClock{}, signer, nil)
	return err
}

// signerOf signs the operator's own grants: with a key in a file, or in a vault that never gives it away.
func signerOf(config *configuration.Maskinporten) (maskinporten.Signer, error) {
	if config.KeyVault == nil {
		return maskinporten.NewFileSigner(config.KeyFile), nil
	}
	identity, err := maskinporten.WorkloadIdentity()
	if err != nil {
		return nil, err
	}
	vault := config.KeyVault
	return maskinporten.NewKeyVaultSigner(maskinporten.KeyVault{URL: vault.URL, Key: vault.Key, Version: vault.Version, KeyID: vault.KeyID}, identity, clock.RealClock{})
}

// credentials gives Apps their clients and keys.
func (c cluster) credentials(ctx context.Context, kind *app.Kind) error {
	if err := app.IndexCredentials(ctx, c.mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if err := credentials.Index(ctx, c.mgr.GetFieldIndexer()); err != nil {
		return err
	}
	reconciler := &credentials.Reconciler{
		Kind: app.Credentials{Kind: kind}, Cluster: c.mgr.GetClient(), Live: credentials.Live{Reader: c.mgr.GetAPIReader()},
		Client: c.client, Events: c.reporter.Events, Clients: c.selfService, Clock: c.clock,
	}
	if config := c.operator.SelfService; config != nil {
		reconciler.Policy = credentials.Policy{
			Algorithm: string(config.Keys.Algorithm), Bits: config.Keys.Bits, RotateAfter: config.Keys.RotateAfter.Duration,
			Propagation: config.Propagation.Duration, Resync: config.Resync.Duration,
		}
		pool := keys.New(config.Keys.Bits, config.Keys.Ready)
		reconciler.Keys = pool
		if err := c.mgr.Add(pool); err != nil {
			return err
		}
	}
	return app.SetupCredentials(c.mgr, reconciler, c.operator.Concurrency)
}

func newRegistrations[O registration.Object](shared cluster, kind registration.Kind[O], parts []string) *registration.Reconciler[O] {
	reconciler := &registration.Reconciler[O]{
		Kind: kind, Parts: parts, Cluster: shared.mgr.GetClient(), Client: shared.client, Events: shared.reporter.Events,
		Clients: shared.registry, Clock: shared.clock,
	}
	if registry := shared.operator.Registry; registry != nil {
		reconciler.Resync = registry.Resync.Duration
	}
	return reconciler
}

func (c cluster) serviceOwner() error {
	kind := &serviceowner.Kind{Baseline: c.baseline, Operator: c.operator, Clock: c.clock, Storage: c.storage(), Flux: c.flux()}
	reconciler := newEngine(c, kind)
	reconciler.Parts, reconciler.Retains = serviceowner.Parts(kind.Storage), serviceowner.Retains
	reconciler.Farewell = serviceowner.Receipts{Kind: kind, Cluster: c.mgr.GetClient(), Applier: c.applier}
	return serviceowner.Setup(c.mgr, reconciler, c.operator.Concurrency)
}

func (c cluster) agreement() error {
	reconciler := newEngine(c, &agreement.Kind{Operator: c.operator, Clock: c.clock})
	reconciler.Parts = agreement.Parts()
	return agreement.Setup(c.mgr, reconciler, c.operator.Concurrency)
}

func (c cluster) consentResource(ctx context.Context) error {
	if err := consentresource.Index(ctx, c.mgr.GetFieldIndexer()); err != nil {
		return err
	}
	kind := &consentresource.Kind{Operator: c.operator, Clock: c.clock}
	reconciler := newEngine(c, kind)
	reconciler.Parts = consentresource.Parts()
	if err := consentresource.Setup(c.mgr, reconciler, c.operator.Concurrency); err != nil {
		return err
	}
	registrations := newRegistrations(c, consentresource.Registration{Kind: kind}, consentresource.RegistrationParts())
	return consentresource.SetupRegistration(c.mgr, registrations, c.operator.Concurrency)
}

func (c cluster) app(ctx context.Context) error {
	if err := app.Index(ctx, c.mgr.GetFieldIndexer(), c.operator); err != nil {
		return err
	}
	metadata, err := metadata.NewForConfigAndClient(c.mgr.GetConfig(), c.mgr.GetHTTPClient())
	if err != nil {
		return err
	}
	routes := &engine.Optional{Kind: schema.GroupVersionKind{Group: gatewayv1.GroupName, Version: "v1", Kind: "HTTPRoute"}, CRD: "httproutes.gateway.networking.k8s.io", Mapper: c.mgr.GetRESTMapper()}
	names := c.names()
	kind := &app.Kind{Operator: c.operator, References: references.New(c.mgr.GetAPIReader()), RouteKindKnown: routes.Known, NamesKnown: names.Known, Clock: c.clock, Written: c.client, Storage: c.storage()}
	if err := c.isolation(kind); err != nil {
		return err
	}
	reconciler := newEngine(c, kind)
	reconciler.Parts = app.Parts(kind.Storage)
	controller, err := app.Setup(c.mgr, reconciler, metadata, c.operator.Concurrency)
	if err != nil {
		return err
	}
	if err := errors.Join(c.namePolicies(controller, names), c.othersNamePolicies(controller, kind)); err != nil {
		return err
	}
	registrations := newRegistrations(c, app.Registration{Kind: kind}, app.RegistrationParts())
	if err := app.SetupRegistration(c.mgr, registrations, c.operator.Concurrency); err != nil {
		return err
	}
	err = c.credentials(ctx, kind)
	if err != nil || c.operator.Gateway.Kind != configuration.GatewayAPI {
		return err
	}
	return c.routes(controller, routes)
}

// routes takes up HTTPRoute when the cluster knows it.
func (c cluster) routes(ctrl controller.Controller, routes *engine.Optional) error {
	owned := handler.TypedEnqueueRequestForOwner[*gatewayv1.HTTPRoute](c.mgr.GetScheme(), c.mgr.GetRESTMapper(), &v1alpha1.App{}, handler.OnlyControllerOwner())
	return routes.Watch(ctrl, c.mgr.GetCache(), source.Kind(c.mgr.GetCache(), &gatewayv1.HTTPRoute{}, owned), c.everyApp)
}
