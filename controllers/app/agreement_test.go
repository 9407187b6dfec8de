// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// The images of what was admitted, and of the edit that follows.
const (
	firstImage  = "skdregistry.example.no/skd-income:1.4.2"
	secondImage = "skdregistry.example.no/skd-income:1.5.0"
)

// near is how long it is, in each rung that something changes on, until it does.
const near = 20 * time.Minute

// fromNow is an instant before or after that at which the ladder is looked at.
func fromNow(after time.Duration) metav1.Time { return metav1.NewTime(born.Add(after)) }

// ending gives an agreement an end.
func ending(after time.Duration) func(*v1alpha1.DataProcessingAgreement) {
	return func(agreement *v1alpha1.DataProcessingAgreement) {
		until := fromNow(after)
		agreement.Spec.Validity.Until = &until
	}
}

// state is what is there of an App.
type state struct {
	image    string
	replicas int32
	routed   bool
	ready    string
}

// fate is what a pass finds and leaves.
type fate struct {
	// fresh is a new App's, changed one's that ran before and was edited, running one's that was not.
	fresh, changed, running state
}

var (
	nothing     = state{}
	kept        = state{image: firstImage, replicas: 2, routed: true}
	taken       = state{image: firstImage, replicas: 0}
	heldFate    = fate{fresh: nothing, changed: kept, running: kept}
	stoppedFate = fate{fresh: nothing, changed: taken, running: taken}
)

// rung is a row of the ladder.
type rung struct {
	name string
	// agreement brings the agreement where the row is about; nil when it is gone.
	agreement func(*v1alpha1.DataProcessingAgreement)
	// operator is what the operator's configuration has otherwise.
	operator func(*configuration.Operator)
	fate     fate
	// reason is that of Ready and AgreementInForce where something is wrong.
	reason string
	// wakes is how long it is until something changes by itself; zero for never.
	wakes time.Duration
}

const day = 24 * time.Hour

var rungs = []rung{
	{
		name: "in force", agreement: ending(near), wakes: near,
		fate: fate{
			fresh:   state{image: firstImage, replicas: 2, routed: true, ready: "False Progressing"},
			changed: state{image: secondImage, replicas: 2, routed: true, ready: "False Progressing"},
			running: state{image: firstImage, replicas: 2, routed: true, ready: "True Ready"},
		},
	},
	{name: "missing", fate: heldFate, reason: v1alpha1.ReasonAgreementMissing},
	{
		name: "not yet valid", fate: heldFate, reason: v1alpha1.ReasonNotYetValid, wakes: near,
		agreement: func(agreement *v1alpha1.DataProcessingAgreement) { agreement.Spec.Validity.From = fromNow(near) },
	},
	{
		name: "not yet signed", fate: heldFate, reason: v1alpha1.ReasonNotYetValid, wakes: near,
		agreement: func(agreement *v1alpha1.DataProcessingAgreement) { agreement.Spec.Signature.SignedAt = fromNow(near) },
	},
	{
		name: "not covering it", fate: heldFate, reason: v1alpha1.ReasonNotCovered, wakes: near,
		agreement: func(agreement *v1alpha1.DataProcessingAgreement) {
			ending(near)(agreement)
			agreement.Spec.DataCategories = []v1alpha1.DataCategory{"Contact", "Economic"}
		},
	},
	{
		name: "without a chapter it needs", fate: heldFate, reason: v1alpha1.ReasonNotCovered, wakes: near,
		agreement: func(agreement *v1alpha1.DataProcessingAgreement) {
			ending(near)(agreement)
			agreement.Spec.Chapters = agreement.Spec.Chapters[:3]
		},
	},
	{
		name: "expired, within grace", fate: heldFate, reason: v1alpha1.ReasonAgreementExpired, wakes: near,
		agreement: ending(near - 30*day),
	},
	{
		name: "expired at this very instant", fate: heldFate, reason: v1alpha1.ReasonAgreementExpired, wakes: time.Hour,
		agreement: ending(0),
	},
	{name: "expired past grace, where Apps keep running", fate: heldFate, reason: v1alpha1.ReasonAgreementExpired, agreement: ending(-30 * day)},
	{
		name: "expired past grace, where Apps are suspended", fate: stoppedFate, reason: v1alpha1.ReasonAgreementExpired,
		agreement: ending(-30 * day),
		operator: func(operator *configuration.Operator) {
			operator.Agreements.AfterGrace = configuration.SuspendAfterGrace
		},
	},
	{
		name: "expired, within grace, where Apps are suspended later", fate: heldFate, reason: v1alpha1.ReasonAgreementExpired,
		wakes: near, agreement: ending(near - 30*day),
		operator: func(operator *configuration.Operator) {
			operator.Agreements.AfterGrace = configuration.SuspendAfterGrace
		},
	},
	{
		name: "Suspended", fate: heldFate, reason: v1alpha1.ReasonAgreementSuspended, wakes: near,
		agreement: func(agreement *v1alpha1.DataProcessingAgreement) {
			ending(near)(agreement)
			agreement.Spec.State = v1alpha1.AgreementSuspended
		},
	},
	{
		name: "Suspended and expired past grace, where Apps are suspended", fate: stoppedFate, reason: v1alpha1.ReasonAgreementExpired,
		agreement: func(agreement *v1alpha1.DataProcessingAgreement) {
			ending(-30 * day)(agreement)
			agreement.Spec.State = v1alpha1.AgreementSuspended
		},
		operator: func(operator *configuration.Operator) {
			operator.Agreements.AfterGrace = configuration.SuspendAfterGrace
		},
	},
	{name: "Stopped", fate: stoppedFate, reason: v1alpha1.ReasonAgreementStopped, agreement: inState(v1alpha1.AgreementStopped)},
	{name: "Terminated", fate: stoppedFate, reason: v1alpha1.ReasonAgreementTerminated, agreement: inState(v1alpha1.AgreementTerminated)},
}

var _ = Describe("Where the agreement is", func() {
	for _, rung := range rungs {
		It(rung.name+", a new App", func(ctx SpecContext) {
			t := rung.tenant(ctx)
			rung.climb(ctx, t)
			t.createApp(ctx, "income")
			rung.expect(ctx, t, rung.fate.fresh)
		})
		It(rung.name+", an App that changes", func(ctx SpecContext) {
			t := rung.tenant(ctx)
			t.running(ctx, "income")
			rung.climb(ctx, t)
			t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
			rung.expect(ctx, t, rung.fate.changed)
		})
		It(rung.name+", an App that runs", func(ctx SpecContext) {
			t := rung.tenant(ctx)
			t.running(ctx, "income")
			rung.climb(ctx, t)
			rung.expect(ctx, t, rung.fate.running)
		})
	}
})

// tenant is one whose operator is configured as the row says.
func (r rung) tenant(ctx context.Context) *tenant {
	GinkgoHelper()
	t := newTenant(ctx)
	if r.operator != nil {
		r.operator(t.operator)
	}
	return t
}

// climb brings the agreement where the row is about.
func (r rung) climb(ctx context.Context, t *tenant) {
	GinkgoHelper()
	if r.agreement == nil {
		removeAgreement(ctx, t.agreementName())
		return
	}
	t.changeAgreement(ctx, r.agreement)
}

// expect runs a pass, and a second, and sees what they leave.
func (r rung) expect(ctx context.Context, t *tenant, want state) {
	GinkgoHelper()
	if want.ready == "" {
		want.ready = "False " + r.reason
	}
	result, err := t.try(ctx, "income")
	Expect(err).NotTo(HaveOccurred())
	Expect(result.RequeueAfter).To(Equal(r.wakes), "when it is looked at again")
	Expect(t.stateOf(ctx, "income")).To(Equal(want))
	inForce := "False " + r.reason
	if r.reason == "" {
		inForce = "True Ready"
	}
	subject := t.app(ctx, "income")
	Expect(conditionOf(subject, v1alpha1.ConditionAgreementInForce)).To(Equal(inForce))
	Expect(conditionOf(subject, v1alpha1.ConditionRegionCompliant)).To(Equal("True Ready"))
	Expect(subject.Status.ObservedGeneration).To(Equal(subject.Generation))
	if want.image == "" {
		t.expectNothingMade(ctx, "income")
	}
	t.view.Writes()
	t.reconcile(ctx, "income")
	Expect(t.view.Writes()).To(BeEmpty(), "one pass is enough")
}

// stateOf is what is there of an App.
func (t *tenant) stateOf(ctx context.Context, name string) state {
	GinkgoHelper()
	found := state{ready: ready(t.app(ctx, name))}
	named := metav1.ObjectMeta{Namespace: t.namespace, Name: name}
	deployment := &appsv1.Deployment{ObjectMeta: named}
	if absent(ctx, deployment) {
		return found
	}
	found.image, found.replicas = deployment.Spec.Template.Spec.Containers[0].Image, *deployment.Spec.Replicas
	found.routed = !absent(ctx, &networkingv1.Ingress{ObjectMeta: named})
	Expect(absent(ctx, &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: named})).To(Equal(found.replicas == 0), "an autoscaler is there where pods run")
	policy := get(ctx, t.namespace, name, &networkingv1.NetworkPolicy{})
	Expect(len(policy.Spec.Ingress)+len(policy.Spec.Egress) == 0).To(Equal(found.replicas == 0), "doors are open where pods run")
	return found
}
