// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// driftOf says that something is where it may not be.
func driftOf(what string, in v1alpha1.Region) decide.Finding {
	return region(v1alpha1.ReasonRegionDrift, what+" is used and lies in region "+string(in)+", which is not allowed",
		"Move what is there to an allowed region: drain the node, or move the data and delete the volume")
}

func TestWhatLiesWhereItMayNotLimits(t *testing.T) {
	volume := func(region v1alpha1.Region) gate.Place { return gate.Place{What: "volume data", Region: region} }
	node := func(region v1alpha1.Region) gate.Place { return gate.Place{What: "node a", Region: region} }
	for name, tc := range map[string]struct {
		places []gate.Place
		// hours is how long an exception lasts; nil where there is none.
		hours []int
		want  decide.Verdict
	}{
		"where all may":  {places: []gate.Place{node("norwayeast"), volume("norwaywest")}, want: admitted()},
		"where none may": {places: []gate.Place{node("norwayeast"), volume("swedencentral")}, want: misplaced(driftOf("volume data", "swedencentral"))},
		"both": {
			places: []gate.Place{node("eastus"), volume("swedencentral")},
			want:   misplaced(driftOf("node a", "eastus"), driftOf("volume data", "swedencentral")),
		},
		"where an exception is missing": {places: []gate.Place{node("northeurope")}, want: misplaced(driftOf("node a", "northeurope"))},
		"where an exception lets it be": {places: []gate.Place{node("northeurope")}, hours: []int{5}, want: at(now.Add(5*time.Hour), admitted())},
		"where an exception let it be":  {places: []gate.Place{node("northeurope")}, hours: []int{0}, want: misplaced(driftOf("node a", "northeurope"))},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			facts.Places = tc.places
			for _, hours := range tc.hours {
				exception(&facts, hours)
			}
			got := (&serviceowner.Kind{}).Decide(facts.Owner, facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// volumeIn is a volume bound to a claim of the steward's namespace, in a region.
func (s *steward) volumeIn(ctx context.Context, region string) *corev1.PersistentVolume {
	GinkgoHelper()
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: s.code + "-data", Labels: map[string]string{corev1.LabelTopologyRegion: region}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:    corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			ClaimRef:    &corev1.ObjectReference{Namespace: s.namespace, Name: "data"},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				CSI: &corev1.CSIPersistentVolumeSource{Driver: "disk.csi.azure.com", VolumeHandle: s.code},
			},
		},
	}
	Expect(admin.Create(ctx, volume)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { discard(ctx, volume) })
	return volume
}

// discard deletes a volume, which nobody unbinds here.
func discard(ctx context.Context, volume *corev1.PersistentVolume) {
	GinkgoHelper()
	Expect(client.IgnoreNotFound(admin.Delete(ctx, volume))).To(Succeed())
	Expect(client.IgnoreNotFound(admin.Patch(ctx, volume, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))))).To(Succeed())
	Expect(absent(ctx, volume)).To(BeTrue())
}

// podIn is a pod of an App in the steward's namespace, on a new node in a region, which is returned.
func (s *steward) podIn(ctx context.Context, region string) *corev1.Node {
	GinkgoHelper()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: s.code, Labels: map[string]string{corev1.LabelTopologyRegion: region}}}
	Expect(admin.Create(ctx, node)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(admin.Delete(ctx, node))).To(Succeed()) })
	restricted := false
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "income", Labels: map[string]string{
			v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelName: "income",
		}},
		Spec: corev1.PodSpec{
			NodeName: node.Name, AutomountServiceAccountToken: &restricted,
			Containers: []corev1.Container{{Name: "income", Image: "example.no/income:1"}},
		},
	}
	restrict(pod)
	Expect(admin.Create(ctx, pod)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(client.IgnoreNotFound(admin.Delete(ctx, pod, client.GracePeriodSeconds(0)))).To(Succeed())
	})
	return node
}

// restrict makes a pod one that a tenant's namespace takes.
func restrict(pod *corev1.Pod) {
	yes, no := true, false
	amounts := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi")}
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	container := &pod.Spec.Containers[0]
	container.SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	container.Resources = corev1.ResourceRequirements{Requests: amounts, Limits: amounts}
}

// whole is all there is of a steward's namespace.
func (s *steward) whole(ctx context.Context) []client.Object {
	GinkgoHelper()
	var all []client.Object
	for _, child := range s.all() {
		all = append(all, read(ctx, child))
	}
	return all
}

var _ = Describe("A ServiceOwner of whom something lies in a region that is not allowed", func() {
	for name, tc := range map[string]struct {
		// lies puts it there, and returns what it is called and what puts it right.
		lies func(context.Context, *steward) (what string, right func(context.Context))
	}{
		"a volume, which is moved": {lies: func(ctx context.Context, s *steward) (string, func(context.Context)) {
			volume := s.volumeIn(ctx, "swedencentral")
			return "volume " + volume.Name, func(ctx context.Context) {
				volume.Labels[corev1.LabelTopologyRegion] = "norwaywest"
				Expect(admin.Update(ctx, volume)).To(Succeed())
			}
		}},
		"a volume, which is deleted": {lies: func(ctx context.Context, s *steward) (string, func(context.Context)) {
			volume := s.volumeIn(ctx, "swedencentral")
			return "volume " + volume.Name, func(ctx context.Context) { discard(ctx, volume) }
		}},
		"a node that a pod runs on": {lies: func(ctx context.Context, s *steward) (string, func(context.Context)) {
			node := s.podIn(ctx, "swedencentral")
			return "node " + node.Name, func(ctx context.Context) {
				node.Labels[corev1.LabelTopologyRegion] = "norwayeast"
				Expect(admin.Update(ctx, node)).To(Succeed())
			}
		}},
	} {
		It("is not Ready until that is put right, and its namespace stays as it is: "+name, func(ctx SpecContext) {
			s, other := newSteward(), newSteward()
			s.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil })
			other.declare(ctx)
			Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
			Expect(ready(other.reconcile(ctx))).To(Equal("True Ready"))
			before := s.whole(ctx)
			s.newEvents()
			s.view.Writes()

			what, right := tc.lies(ctx, s)
			finding := driftOf(what, "swedencentral")
			owner := s.reconcile(ctx)
			Expect(ready(owner)).To(Equal("False RegionDrift"))
			Expect(conditionOf(owner, v1alpha1.ConditionRegionCompliant)).To(Equal("False RegionDrift"))
			Expect(conditionOf(owner, v1alpha1.ConditionAgreementInForce)).To(Equal("True Ready"))
			Expect(owner.Status.Problems).To(HaveExactElements(finding.Problem()))
			Expect(s.newEvents()).To(HaveExactElements("Warning RegionDrift " + finding.Message))
			Expect(s.view.Writes()).To(Equal(s.statusOnly()))
			s.expectStanding(ctx)
			Expect(s.whole(ctx)).To(Equal(before))
			s.pass(ctx)
			Expect(append(s.view.Writes(), s.newEvents()...)).To(BeEmpty(), "it is told once")
			Expect(ready(other.reconcile(ctx))).To(Equal("True Ready"), "nothing of its lies there")

			right(ctx)
			Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
			Expect(s.newEvents()).To(HaveExactElements(HavePrefix("Normal Ready ")))
			Expect(s.view.Writes()).To(Equal(s.statusOnly()))
			Expect(s.whole(ctx)).To(Equal(before))
		})
	}

	It("tells of each that comes to lie there, and of none again", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil })
		s.pass(ctx)
		s.newEvents()
		s.volumeIn(ctx, "swedencentral")
		s.pass(ctx)
		Expect(s.newEvents()).To(HaveLen(1))
		node := s.podIn(ctx, "eastus")
		owner := s.reconcile(ctx)
		Expect(s.newEvents()).To(HaveExactElements(And(HavePrefix("Warning RegionDrift "), ContainSubstring("node "+node.Name))))
		Expect(owner.Status.Problems).To(HaveLen(2))
	})
})
