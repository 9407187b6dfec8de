// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

func TestApp(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "App on a real API server")
}

// The one API server of this package, and a client that may do everything and sees everything.
var (
	server *apiserver.Server
	admin  client.Client
	scheme = controllers.NewScheme()
)

var _ = BeforeSuite(func(ctx SpecContext) {
	log.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	server, err = apiserver.Start(ctx, apiserver.Options{Policies: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
	admin, err = client.New(server.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	// Where a running operator leaves the receipts of deletions, which wait for it.
	receipts := operatorConfiguration(GinkgoTB()).Receipts.Namespace
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: receipts}})).To(Succeed())
})

// tenants counts the service owners of this run, so that each spec has one to itself.
var tenants atomic.Int64

// tenant is a service owner with a namespace, and an operator that has eyes for Apps alone.
type tenant struct {
	code, namespace string
	// api may do everything and sees everything: admin, but for a tenant of a cluster that is played.
	api client.Client
	// view is the operator's client, live its way past the cache.
	view, live *apiserver.View
	operator   *configuration.Operator
	engine     *engine.Engine[*v1alpha1.App, app.Facts]
	events     *events.FakeRecorder
	// clock is moved by hand.
	clock *testingclock.FakePassiveClock
	// routeKindKnown says whether the cluster knows HTTPRoute.
	routeKindKnown bool
}

// newTenant makes a service owner whose namespace stands, with an agreement in force.
func newTenant(ctx context.Context) *tenant {
	GinkgoHelper()
	t := newNamespace(ctx)
	t.createOwner(ctx)
	t.createAgreement(ctx)
	return t
}

// newNamespace makes a namespace whose service owner is still to come.
func newNamespace(ctx context.Context) *tenant {
	GinkgoHelper()
	t := newOperator()
	t.code = fmt.Sprintf("tenant%04d", tenants.Add(1))
	t.namespace = v1alpha1.NamespacePrefix + t.code
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: t.namespace}})).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { // nobody collects garbage here, and the addresses of Services are few
		Expect(admin.DeleteAllOf(ctx, &corev1.Service{}, client.InNamespace(t.namespace))).To(Succeed())
	})
	return t
}

// newOperator makes an engine for Apps that sees what the operator's own would.
func newOperator() *tenant {
	GinkgoHelper()
	t := newUnseeing()
	t.api = admin
	var err error
	t.view, err = server.View(controllers.Options(scheme).Cache)
	Expect(err).NotTo(HaveOccurred())
	t.live, err = server.View(ctrl.Options{Scheme: scheme}.Cache)
	Expect(err).NotTo(HaveOccurred())
	t.index(t.view)
	t.employ()
	return t
}

// newUnseeing is a tenant with neither a cluster nor an engine yet.
func newUnseeing() *tenant {
	GinkgoHelper()
	return &tenant{
		operator: operatorConfiguration(GinkgoTB()), events: events.NewFakeRecorder(1000),
		clock: testingclock.NewFakePassiveClock(born.Time),
	}
}

// index makes the indexes that the operator lists by.
func (t *tenant) index(by client.FieldIndexer) {
	GinkgoHelper()
	Expect(app.Index(context.Background(), by, t.operator)).To(Succeed())
	Expect(agreements.Index(context.Background(), by)).To(Succeed())
	Expect(placement.Index(context.Background(), by)).To(Succeed())
}

// employ makes an engine for Apps that sees what the tenant's clients do.
func (t *tenant) employ() {
	kind := &app.Kind{
		Operator: t.operator, References: references.New(t.live),
		RouteKindKnown: func() bool { return t.routeKindKnown }, Clock: t.clock,
	}
	t.engine = &engine.Engine[*v1alpha1.App, app.Facts]{
		Kind: kind, Spares: kind.Spares, Cluster: t.view, Scheme: scheme, Parts: app.Parts(nil),
		Applier:  &apply.Applier{Client: t.view, Live: t.live},
		Reporter: &report.Reporter{Client: t.view, Events: t.events, Clock: t.clock},
	}
}

// createOwner makes the tenant's ServiceOwner and says that the namespace is its own.
func (t *tenant) createOwner(ctx context.Context) {
	GinkgoHelper()
	owner := t.declareOwner(ctx)
	owner.Status.Namespace = t.namespace
	Expect(admin.Status().Update(ctx, owner)).To(Succeed())
}

// declareOwner makes the tenant's ServiceOwner and leaves it to an operator.
func (t *tenant) declareOwner(ctx context.Context) *v1alpha1.ServiceOwner {
	GinkgoHelper()
	owner := readManifest("../../config/samples/serviceowner-skd.yaml", &v1alpha1.ServiceOwner{})
	owner.Name, owner.Spec.AdoptNamespace = t.code, true
	Expect(admin.Create(ctx, owner)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(client.IgnoreNotFound(admin.Delete(ctx, &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: t.code}}))).To(Succeed())
	})
	return owner
}

// createApp makes an App of the tenant: the sample, changed.
func (t *tenant) createApp(ctx context.Context, name string, changes ...func(*v1alpha1.App)) *v1alpha1.App {
	GinkgoHelper()
	subject := readManifest("../../config/samples/app-income.yaml", &v1alpha1.App{})
	subject.Name, subject.Namespace = name, t.namespace
	for _, change := range changes {
		change(subject)
	}
	Expect(t.api.Create(ctx, subject)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(t.api.Delete(ctx, subject))).To(Succeed()) })
	return subject
}

// readManifest reads a file with one object.
func readManifest[O any](file string, into O) O {
	GinkgoHelper()
	Expect(readSample(file, into)).To(Succeed())
	return into
}

// change edits an App as its owner would.
func (t *tenant) change(ctx context.Context, name string, edit func(*v1alpha1.App)) {
	GinkgoHelper()
	subject := t.app(ctx, name)
	edit(subject)
	Expect(t.api.Update(ctx, subject)).To(Succeed())
}

// app reads an App.
func (t *tenant) app(ctx context.Context, name string) *v1alpha1.App {
	GinkgoHelper()
	return read(ctx, t.api, t.namespace, name, &v1alpha1.App{})
}

// get reads an object.
func get[O client.Object](ctx context.Context, namespace, name string, into O) O {
	GinkgoHelper()
	return read(ctx, admin, namespace, name, into)
}

// read reads an object of a cluster.
func read[O client.Object](ctx context.Context, cluster client.Reader, namespace, name string, into O) O {
	GinkgoHelper()
	Expect(cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)).To(Succeed())
	return into
}

// try runs one pass and returns what the queue is told.
func (t *tenant) try(ctx context.Context, name string) (reconcile.Result, error) {
	GinkgoHelper()
	return t.engine.Reconcile(ctx, t.app(ctx, name))
}

// reconcile runs one pass that must go through, and returns the App after it.
func (t *tenant) reconcile(ctx context.Context, name string) *v1alpha1.App {
	GinkgoHelper()
	_, err := t.try(ctx, name)
	Expect(err).NotTo(HaveOccurred())
	return t.app(ctx, name)
}

// rollOut says of an App's Deployment what its controller would once all pods run.
func (t *tenant) rollOut(ctx context.Context, name string) {
	GinkgoHelper()
	deployment := get(ctx, t.namespace, name, &appsv1.Deployment{})
	replicas := *deployment.Spec.Replicas
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation,
		Replicas:           replicas, UpdatedReplicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
			{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
		},
	}
	Expect(admin.Status().Update(ctx, deployment)).To(Succeed())
}

// newEvents returns the events since the last call, one line each.
func (t *tenant) newEvents() []string {
	var lines []string
	for {
		select {
		case line := <-t.events.Events:
			lines = append(lines, line)
		default:
			return lines
		}
	}
}

// ready is an App's condition Ready as status and reason.
func ready(subject *v1alpha1.App) string { return conditionOf(subject, v1alpha1.ConditionReady) }

// conditionOf is a condition as status and reason; empty when it is not there.
func conditionOf(subject *v1alpha1.App, kind string) string {
	condition := meta.FindStatusCondition(subject.Status.Conditions, kind)
	if condition == nil {
		return ""
	}
	return string(condition.Status) + " " + condition.Reason
}

// unpublish takes an App off the outside.
func unpublish(subject *v1alpha1.App) {
	off := false
	subject.Spec.Ingress = v1alpha1.Ingress{Enabled: &off}
}

// at publishes an App at an address.
func at(host, path string) func(*v1alpha1.App) {
	return func(subject *v1alpha1.App) {
		subject.Spec.Ingress.Host, subject.Spec.Ingress.Path = v1alpha1.HostName(host), v1alpha1.AbsolutePath(path)
	}
}

// soon is how long a running operator may take to act.
const soon = 20 * time.Second
