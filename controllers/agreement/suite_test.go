// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

func TestDataProcessingAgreement(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "DataProcessingAgreement on a real API server")
}

// The one API server of this package, with the policies in force, and a client that may do everything.
var (
	server *apiserver.Server
	admin  client.Client
)

var _ = BeforeSuite(func(ctx SpecContext) {
	log.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	server, err = apiserver.Start(ctx, apiserver.Options{Policies: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
	admin, err = client.New(server.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
})

// owners counts the service owners of this run, so that each spec has its own.
var owners atomic.Int64

// body is a service owner with a namespace. What it agrees on and runs is still to come.
type body struct{ code, namespace string }

// newBody makes the namespace of a service owner that is not applied yet.
func newBody(ctx context.Context) body {
	GinkgoHelper()
	code := fmt.Sprintf("owner%d", owners.Add(1))
	b := body{code: code, namespace: v1alpha1.NamespacePrefix + code}
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: b.namespace}})).To(Succeed())
	return b
}

// declare applies the ServiceOwner: the sample, changed.
func (b body) declare(ctx context.Context, changes ...func(*v1alpha1.ServiceOwner)) {
	GinkgoHelper()
	owner := ownerOf(GinkgoTB(), b.code)
	for _, change := range changes {
		change(owner)
	}
	Expect(admin.Create(ctx, owner)).To(Succeed())
}

// agree applies an agreement with the service owner: the sample, changed.
func (b body) agree(ctx context.Context, name string, changes ...func(*v1alpha1.DataProcessingAgreement)) *v1alpha1.DataProcessingAgreement {
	GinkgoHelper()
	subject := agreementWith(GinkgoTB(), b.code, b.code+"-"+name)
	for _, change := range changes {
		change(subject)
	}
	Expect(admin.Create(ctx, subject)).To(Succeed())
	return subject
}

// runApp applies an App.
func (b body) runApp(ctx context.Context, name string, categories ...v1alpha1.DataCategory) {
	GinkgoHelper()
	app := appOf(GinkgoTB(), b.code, name)
	if len(categories) > 0 {
		app.Spec.Processing.DataCategories = categories
	}
	Expect(admin.Create(ctx, app)).To(Succeed())
}

// admit puts on record that an App's spec was admitted, and that it was withdrawn for a reason since; the
// empty one when it was not.
func (b body) admit(ctx context.Context, name, withdrawn string) {
	GinkgoHelper()
	app := appOf(GinkgoTB(), b.code, name)
	renew(ctx, app)
	app.Status.Admitted = &v1alpha1.AdmittedRevision{Generation: app.Generation, Agreement: b.code + "-2026", Withdrawn: withdrawn}
	Expect(admin.Status().Update(ctx, app)).To(Succeed())
}

// rollOut says of an App's Deployment, once it is there, what its controller would when all pods run.
func (b body) rollOut(ctx context.Context, name string) {
	GinkgoHelper()
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name}}
	Eventually(func() error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(deployment), deployment); err != nil {
			return err
		}
		replicas := *deployment.Spec.Replicas
		deployment.Status = appsv1.DeploymentStatus{
			ObservedGeneration: deployment.Generation,
			Replicas:           replicas, UpdatedReplicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
				{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
			},
		}
		return admin.Status().Update(ctx, deployment)
	}).WithTimeout(soon).Should(Succeed())
}

// runConsent applies a ConsentResource.
func (b body) runConsent(ctx context.Context, name string, categories ...v1alpha1.DataCategory) {
	GinkgoHelper()
	consent := consentOf(GinkgoTB(), b.code, name)
	if len(categories) > 0 {
		consent.Spec.Processing.DataCategories = categories
	}
	Expect(admin.Create(ctx, consent)).To(Succeed())
}

// keeper is an operator that has eyes for agreements alone.
type keeper struct {
	// view is the operator's client.
	view   *apiserver.View
	clock  *testingclock.FakePassiveClock
	kind   *agreement.Kind
	engine *engine.Engine[*v1alpha1.DataProcessingAgreement, agreement.Facts]
	events *events.FakeRecorder
}

func newKeeper() *keeper {
	GinkgoHelper()
	watch := testingclock.NewFakePassiveClock(now)
	k := &keeper{clock: watch, events: events.NewFakeRecorder(1000), kind: &agreement.Kind{Operator: newOperator(GinkgoTB()), Clock: watch}}
	var err error
	k.view, err = server.View(controllers.Options(scheme).Cache)
	Expect(err).NotTo(HaveOccurred())
	Expect(agreements.Index(context.Background(), k.view)).To(Succeed())
	k.engine = &engine.Engine[*v1alpha1.DataProcessingAgreement, agreement.Facts]{
		Kind: k.kind, Cluster: k.view, Scheme: scheme, Parts: agreement.Parts(),
		Applier:  &apply.Applier{Client: k.view, Live: k.view},
		Reporter: &report.Reporter{Client: k.view, Events: k.events, Clock: watch},
	}
	return k
}

// try runs one pass over an agreement, reads it anew and returns what the queue is told.
func (k *keeper) try(ctx context.Context, subject *v1alpha1.DataProcessingAgreement) (reconcile.Result, error) {
	GinkgoHelper()
	renew(ctx, subject)
	result, err := k.engine.Reconcile(ctx, subject.DeepCopy())
	renew(ctx, subject)
	return result, err
}

// pass runs one pass that must go through.
func (k *keeper) pass(ctx context.Context, subject *v1alpha1.DataProcessingAgreement) reconcile.Result {
	GinkgoHelper()
	result, err := k.try(ctx, subject)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// newEvents returns the events since the last call, one line each.
func (k *keeper) newEvents() []string {
	var lines []string
	for {
		select {
		case line := <-k.events.Events:
			lines = append(lines, line)
		default:
			return lines
		}
	}
}

// statusOf is the one write that a pass with news makes.
func statusOf(subject *v1alpha1.DataProcessingAgreement) []string {
	return []string{"update status of DataProcessingAgreement " + subject.Name}
}

// renew reads an object anew.
func renew(ctx context.Context, object client.Object) {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
}

// edit changes an object that an operator may be writing to.
func edit[O client.Object](ctx context.Context, object O, change func(O)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		change(object)
		return admin.Update(ctx, object)
	}).WithTimeout(soon).Should(Succeed())
}

// conditions are an agreement's, as type, status and reason, in the order they are shown.
func conditions(subject *v1alpha1.DataProcessingAgreement) []string {
	var lines []string
	for _, c := range subject.Status.Conditions {
		lines = append(lines, fmt.Sprintf("%s %s %s", c.Type, c.Status, c.Reason))
	}
	return lines
}

// conditionOf is a condition as status and reason; empty when it is not there.
func conditionOf(subject *v1alpha1.DataProcessingAgreement, kind string) string {
	condition := meta.FindStatusCondition(subject.Status.Conditions, kind)
	if condition == nil {
		return ""
	}
	return string(condition.Status) + " " + condition.Reason
}

// ready is the condition that sums up.
func ready(subject *v1alpha1.DataProcessingAgreement) string {
	return conditionOf(subject, v1alpha1.ConditionReady)
}

// health is what kubectl, Flux and Helm make of an object.
func health(subject *v1alpha1.DataProcessingAgreement) status.Status {
	GinkgoHelper()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(subject)
	Expect(err).NotTo(HaveOccurred())
	result, err := status.Compute(&unstructured.Unstructured{Object: fields})
	Expect(err).NotTo(HaveOccurred())
	return result.Status
}

// soon is how long a running operator may take to act.
const soon = 20 * time.Second
