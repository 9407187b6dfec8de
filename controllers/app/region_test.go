// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// excepted allows an owner's data, and pods in its region, abroad for a while.
func excepted(owner *v1alpha1.ServiceOwner, region v1alpha1.Region, after time.Duration) {
	owner.Spec.Region = region
	owner.Spec.RegionException = &v1alpha1.RegionException{Reason: "Zones", Expires: fromNow(after)}
}

// drifted says that something is where it may not be.
func drifted(what string, region v1alpha1.Region) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionRegionCompliant, Reason: v1alpha1.ReasonRegionDrift,
		Message: what + " is used and lies in region " + string(region) + ", which is not allowed",
		Actor:   v1alpha1.ActorPlatform,
		Remedy:  "Move what is there to an allowed region: drain the node, or move the data and delete the volume",
	}
}

func TestPodsThatRunWhereTheyMayNotLimit(t *testing.T) {
	for name, tc := range map[string]struct {
		facts func(*app.Facts)
		want  []decide.Finding
		// wakes is when it is looked at again, at the latest; zero where no more than the agreement's end is known.
		wakes time.Duration
	}{
		"where all are allowed to": {facts: func(f *app.Facts) { f.Places = places("norwayeast", "norwaywest") }},
		"where nobody is": {
			facts: func(f *app.Facts) { f.Places = places("norwayeast", "swedencentral") },
			want:  []decide.Finding{drifted("node b", "swedencentral")},
		},
		"where one needs an exception and has none": {
			facts: func(f *app.Facts) { f.Places = places("northeurope") },
			want:  []decide.Finding{drifted("node a", "northeurope")},
		},
		"where an exception lets them": {
			facts: func(f *app.Facts) { f.Places = places("northeurope"); exceptedHere(f, near) }, wakes: near,
		},
		"where an exception let them until this instant": {
			facts: func(f *app.Facts) { f.Places = places("northeurope"); exceptedHere(f, 0) },
			want:  []decide.Finding{drifted("node a", "northeurope")},
		},
		"where an exception helps nobody": {
			facts: func(f *app.Facts) { f.Places = places("swedencentral", "northeurope"); exceptedHere(f, near) }, wakes: near,
			want: []decide.Finding{drifted("node a", "swedencentral")},
		},
		"in two places": {
			facts: func(f *app.Facts) { f.Places = places("eastus", "swedencentral") },
			want:  []decide.Finding{drifted("node a", "eastus"), drifted("node b", "swedencentral")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			facts.Agreements[0].Spec.Validity.Until = nil
			tc.facts(&facts)
			got := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if diff := cmp.Diff(tc.want, got.Findings); got.Action != decide.ActionAdmit || got.Consequence != "" || diff != "" {
				t.Errorf("action %v, findings (-want +got):\n%s", got.Action, diff)
			}
			if want := born.Add(tc.wakes); tc.wakes != 0 && !got.NextCheck.Equal(want) || tc.wakes == 0 && !got.NextCheck.IsZero() && got.NextCheck.Before(born.Add(day)) {
				t.Errorf("looked at again at %s", got.NextCheck)
			}
		})
	}
}

// exceptedHere allows the owner a region abroad that it does not keep its own data in.
func exceptedHere(facts *app.Facts, after time.Duration) {
	excepted(facts.Owner, "norwayeast", after)
}

// places are nodes in some regions.
func places(regions ...v1alpha1.Region) []gate.Place {
	var found []gate.Place
	for n, region := range regions {
		found = append(found, gate.Place{What: "node " + string(rune('a'+n)), Region: region})
	}
	return found
}

func TestPodsAreKeptInRegionsThatAreAllowed(t *testing.T) {
	for name, tc := range map[string]struct {
		owner func(*v1alpha1.ServiceOwner)
		want  []string
	}{
		"of an owner in Norway":                 {want: []string{"norwayeast", "norwaywest"}},
		"of an owner with an exception":         {owner: func(o *v1alpha1.ServiceOwner) { excepted(o, "westeurope", near) }, want: []string{"norwayeast", "norwaywest", "westeurope"}},
		"of an owner whose exception helps not": {owner: func(o *v1alpha1.ServiceOwner) { excepted(o, "swedencentral", near) }, want: []string{"norwayeast", "norwaywest"}},
		"of an owner with an exception, at home": {owner: func(o *v1alpha1.ServiceOwner) { excepted(o, "norwaywest", near) },
			want: []string{"norwayeast", "norwaywest"}},
		"of an owner abroad without one": {owner: func(o *v1alpha1.ServiceOwner) { o.Spec.Region = "westeurope" }, want: []string{"norwayeast", "norwaywest"}},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			if tc.owner != nil {
				tc.owner(facts.Owner)
			}
			for _, action := range []decide.Action{decide.ActionAdmit, decide.ActionWithdraw} {
				if diff := cmp.Diff(nodesIn(tc.want...), affinityOf(t, facts, action)); diff != "" {
					t.Errorf("affinity (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// nodesIn are those in some regions, and those that do not say where they are.
func nodesIn(regions ...string) *corev1.Affinity {
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{
			{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "topology.kubernetes.io/region", Operator: "In", Values: regions}}},
			{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "topology.kubernetes.io/region", Operator: "DoesNotExist"}}},
		},
	}}}
}

// affinityOf is where the pods of an App go.
func affinityOf(t *testing.T, facts app.Facts, action decide.Action) *corev1.Affinity {
	t.Helper()
	children, err := (&app.Kind{}).Render(facts.App, facts, action)
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		if deployment, is := child.Object.(*appsv1.Deployment); is {
			return deployment.Spec.Template.Spec.Affinity
		}
	}
	t.Fatal("there is no Deployment")
	return nil
}

// runsIn says that a pod of an App runs on a new node in a region, and returns the node.
func (t *tenant) runsIn(ctx context.Context, name, region string) *corev1.Node {
	GinkgoHelper()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: t.code + "-" + region, Labels: map[string]string{corev1.LabelTopologyRegion: region},
	}}
	Expect(admin.Create(ctx, node)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(admin.Delete(ctx, node))).To(Succeed()) })
	template := get(ctx, t.namespace, name, &appsv1.Deployment{}).Spec.Template
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: name + "-" + region, Labels: template.Labels}, Spec: template.Spec}
	pod.Spec.NodeName = node.Name
	Expect(admin.Create(ctx, pod)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(client.IgnoreNotFound(admin.Delete(ctx, pod, client.GracePeriodSeconds(0)))).To(Succeed())
	})
	return node
}

var _ = Describe("An App whose pods run in a region that is not allowed", func() {
	It("is not Ready, and nothing it has is touched; once they are back it is", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		t.running(ctx, "other")
		before := snapshot(ctx, t.namespace, "income")
		t.runsIn(ctx, "income", "norwaywest")
		node := t.runsIn(ctx, "income", "swedencentral")
		t.newEvents()
		t.view.Writes()
		subject := t.reconcile(ctx, "income")
		says := "node " + node.Name + " is used and lies in region swedencentral, which is not allowed"
		Expect(ready(subject)).To(Equal("False RegionDrift"))
		Expect(conditionOf(subject, v1alpha1.ConditionRegionCompliant)).To(Equal("False RegionDrift"))
		Expect(conditionOf(subject, v1alpha1.ConditionAgreementInForce)).To(Equal("True Ready"))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("True Ready"))
		Expect(messageOf(subject, v1alpha1.ConditionRegionCompliant)).To(Equal(says))
		Expect(subject.Status.Problems).To(ContainElement(Equal(drifted("node "+node.Name, "swedencentral").Problem())))
		Expect(t.newEvents()).To(HaveExactElements("Warning RegionDrift " + says))
		Expect(t.view.Writes()).To(HaveExactElements("update status of App income"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		t.reconcile(ctx, "income")
		Expect(append(t.view.Writes(), t.newEvents()...)).To(BeEmpty(), "it is told once")
		Expect(ready(t.reconcile(ctx, "other"))).To(Equal("True Ready"), "its pods are elsewhere")

		node.Labels[corev1.LabelTopologyRegion] = "norwayeast"
		Expect(admin.Update(ctx, node)).To(Succeed())
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
		Expect(t.newEvents()).To(HaveExactElements(HavePrefix("Normal Ready ")))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})

	It("is changed all the same: what limits does not hold", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		t.runsIn(ctx, "income", "swedencentral")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: secondImage, replicas: 2, routed: true, ready: "False RegionDrift"}))
		Expect(subject.Status.Admitted.Generation).To(Equal(subject.Generation))
	})

	It("is looked at again at the instant at which the exception ends that allowed it", func(ctx SpecContext) {
		t := newTenant(ctx)
		owner := get(ctx, "", t.code, &v1alpha1.ServiceOwner{})
		excepted(owner, "norwayeast", near)
		Expect(admin.Update(ctx, owner)).To(Succeed())
		t.running(ctx, "income")
		t.runsIn(ctx, "income", "northeurope")
		before := snapshot(ctx, t.namespace, "income")
		result, err := t.try(ctx, "income")
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(near))
		Expect(ready(t.app(ctx, "income"))).To(Equal("True Ready"))
		t.clock.SetTime(born.Add(near))
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False RegionDrift"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})
})
