// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// receiptOf is a receipt as auditors read it: fields by their names.
type receiptOf map[string]any

// receiptConfigs are the receipts of a steward's ServiceOwner, one for each of its lives.
func (s *steward) receiptConfigs(ctx context.Context) []corev1.ConfigMap {
	GinkgoHelper()
	var list corev1.ConfigMapList
	Expect(admin.List(ctx, &list, client.InNamespace(receipts), client.MatchingLabels{
		v1alpha1.LabelServiceOwner: s.code, v1alpha1.LabelReceipt: v1alpha1.ReceiptDeletion, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
	})).To(Succeed())
	return list.Items
}

// receipt is the one receipt of a steward's ServiceOwner, and its ConfigMap.
func (s *steward) receipt(ctx context.Context) (corev1.ConfigMap, receiptOf) {
	GinkgoHelper()
	configs := s.receiptConfigs(ctx)
	Expect(configs).To(HaveLen(1))
	read := receiptOf{}
	Expect(yaml.UnmarshalStrict([]byte(configs[0].Data["receipt.yaml"]), &read)).To(Succeed())
	return configs[0], read
}

// expectReceipt sees that a deletion has left one finished receipt, which says what became of the data.
func (s *steward) expectReceipt(ctx context.Context, fate string) {
	GinkgoHelper()
	config, receipt := s.receipt(ctx)
	Expect(config.Immutable).To(Equal(ptr.To(true)))
	Expect(receipt).To(HaveKey("finishedAt"))
	Expect(receipt["data"]).To(HaveExactElements(HaveKeyWithValue("fate", fate)))
	Expect(receipt["objects"]).To(HaveLen(10))
}

// day is an instant of a day as a receipt writes it.
func day(instant time.Time) gomegatypes.GomegaMatcher {
	return Equal(instant.UTC().Format(time.RFC3339))
}

var _ = Describe("The receipt of a deletion", func() {
	It("under Delete is begun before anything goes, and says in the end what is gone and until when it can come back", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		uid := s.owner(ctx).UID
		s.view.Writes()
		s.remove(ctx)
		Expect(s.view.Writes()).To(HaveExactElements(
			fmt.Sprintf("create ConfigMap deletion-%s-%s", s.code, uid[:8]), "delete Namespace "+s.namespace, "update status of ServiceOwner "+s.code))
		requested := s.owner(ctx).DeletionTimestamp
		config, receipt := s.receipt(ctx)
		Expect(config.Immutable).To(BeNil())
		Expect(receipt).To(And(
			HaveKeyWithValue("serviceOwner", s.code), HaveKeyWithValue("organizationNumber", ourNumber), HaveKeyWithValue("displayName", "Skatteetaten"),
			HaveKeyWithValue("uid", string(uid)), HaveKeyWithValue("deletionPolicy", "Delete"), HaveKeyWithValue("requestedAt", day(requested.Time)),
			Not(HaveKey("finishedAt")), HaveLen(8)))
		Expect(receipt["objects"]).To(And(HaveLen(10),
			ContainElement(Equal(map[string]any{"kind": "Namespace", "name": s.namespace})),
			ContainElement(Equal(map[string]any{"kind": "Account", "namespace": s.namespace, "name": "data"}))))
		Expect(receipt["data"]).To(HaveExactElements(And(
			HaveKeyWithValue("what", "account data"), HaveKeyWithValue("where", "/shelf/"+s.code+"/data"), HaveKeyWithValue("regions", HaveExactElements("norwayeast")),
			HaveKeyWithValue("deleted", true), HaveKeyWithValue("fate", "deleted"), HaveKeyWithValue("keptUntil", day(requested.AddDate(0, 0, 30))))))
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty(), "it is written once")

		s.clock.SetTime(now.Add(time.Hour))
		finish(ctx, s.namespace)
		s.pass(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		_, receipt = s.receipt(ctx)
		Expect(receipt["finishedAt"]).To(day(now.Add(time.Hour)))
		Expect(receipt["data"]).To(HaveExactElements(HaveKeyWithValue("keptUntil", day(now.Add(time.Hour).AddDate(0, 0, 30)))))
		s.expectReceipt(ctx, "deleted")
	})

	It("under Retain says where everything stays", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.view.Writes()
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(s.view.Writes()).To(HaveExactElements(
			HavePrefix("create ConfigMap deletion-"), HavePrefix("update ConfigMap deletion-"), "patch ServiceOwner "+s.code))
		_, receipt := s.receipt(ctx)
		Expect(receipt).To(And(HaveKeyWithValue("deletionPolicy", "Retain"), HaveKeyWithValue("finishedAt", day(now))))
		Expect(receipt["data"]).To(HaveExactElements(And(HaveKeyWithValue("deleted", false), Not(HaveKey("keptUntil")))))
		s.expectReceipt(ctx, "stays in norwayeast")
		s.account(ctx)
	})

	It("names nobody", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		owner := s.owner(ctx)
		s.remove(ctx)
		config, _ := s.receipt(ctx)
		for _, contact := range []v1alpha1.Contact{owner.Spec.Contacts.Support, owner.Spec.Contacts.Privacy, owner.Spec.Contacts.Incident} {
			Expect(contact.Email).NotTo(BeEmpty())
			Expect(config.Data["receipt.yaml"]).NotTo(ContainSubstring(string(contact.Email)))
		}
		Expect(config.Data["receipt.yaml"]).NotTo(ContainSubstring("@"))
	})

	It("is left by each life of a ServiceOwner", func(ctx SpecContext) {
		s := newSteward()
		for life := 1; life <= 2; life++ {
			s.declare(ctx)
			s.pass(ctx)
			s.remove(ctx)
			Expect(s.receiptConfigs(ctx)).To(HaveLen(life))
		}
	})

	It("is left without storage too, of what was made", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.remove(ctx)
		_, receipt := s.receipt(ctx)
		Expect(receipt["objects"]).To(HaveLen(9))
		Expect(receipt["data"]).To(BeEmpty())
		Expect(receipt).To(HaveKey("finishedAt"))
	})

	It("goes by the policy at the deletion, which the objects are told before they go", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.change(ctx, deleteAll)
		s.view.Writes()
		s.remove(ctx)
		Expect(s.view.Writes()).To(HaveExactElements(
			"update Account data", HavePrefix("create ConfigMap deletion-"), "delete Namespace "+s.namespace, "update status of ServiceOwner "+s.code))
		Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "deleted"))
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(HaveExactElements(HaveKeyWithValue("fate", "deleted")))
	})

	It("says what the objects say where they could not be told, and the deletion goes on", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			deleteAll(owner)
			owner.Spec.Region = "norwaywest" // which an Account does not let anybody change
		})
		s.remove(ctx)
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(HaveExactElements(And(HaveKeyWithValue("deleted", false), HaveKeyWithValue("fate", "stays in norwayeast"))))
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).NotTo(BeNil())
	})

	It("says under Retain that all stays, whatever the objects say", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.DeletionPolicy, owner.Spec.Region = v1alpha1.DeletionRetain, "norwaywest"
		})
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "deleted"), "it could not be told")
		s.expectReceipt(ctx, "stays in norwayeast")
	})

	It("goes by a policy that is changed while nothing is deleted yet, and by none that is changed later", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		s.view.BreakAfter(1, apiserver.BeforeWrite)
		Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		_, err := s.try(ctx)
		Expect(err).To(HaveOccurred())
		s.view.Mend()
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(HaveExactElements(HaveKeyWithValue("fate", "deleted")))
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).To(BeNil())

		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		s.pass(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "kept"))
		s.expectReceipt(ctx, "stays in norwayeast")

		late := newSteward().keepsData()
		late.store(ctx, deleteAll)
		late.remove(ctx)
		late.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		late.pass(ctx)
		Expect(late.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "deleted"), "its namespace is on its way out")
		late.expectReceipt(ctx, "deleted")
	})

	It("keeps what an earlier pass knew of what is gone since", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		s.remove(ctx)
		Expect(admin.Delete(ctx, s.account(ctx))).To(Succeed())
		s.view.Writes()
		s.pass(ctx)
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(HaveExactElements(And(HaveKeyWithValue("what", "account data"), HaveKeyWithValue("fate", "deleted"))))
		Expect(s.view.Writes()).To(BeEmpty())
	})

	It("has nothing to say of a namespace that somebody else has made in the place of its own", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		Expect(admin.Delete(ctx, s.namespaceObject())).To(Succeed())
		finish(ctx, s.namespace)
		Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(BeEmpty())
		Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "deleted"), "it was not touched")
	})

	It("is awaited where it has no place, and nothing is deleted until it has one", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		s.kind.Operator.Receipts.Namespace = s.code + "-receipts"
		s.newEvents()
		Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		result := s.pass(ctx)
		Expect(result.RequeueAfter).To(Equal(30 * time.Second))
		owner := s.owner(ctx)
		Expect(ready(owner)).To(Equal("False Deleting"))
		message := "The receipt of this deletion cannot be written: namespace " + s.code + "-receipts is not there"
		Expect(owner.Status.Problems).To(HaveExactElements(And(
			HaveField("Message", message), HaveField("Actor", v1alpha1.ActorPlatform), HaveField("Remedy", ContainSubstring("Make namespace")))))
		Expect(s.newEvents()).To(HaveExactElements("Warning Deleting " + message))
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).To(BeNil())
		s.pass(ctx)
		Expect(s.newEvents()).To(BeEmpty(), "it is told once")

		Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.code + "-receipts"}})).To(Succeed())
		s.pass(ctx)
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).NotTo(BeNil())
		finish(ctx, s.namespace)
		Expect(admin.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.code + "-receipts"}})).To(Succeed())
		s.pass(ctx)
		Expect(s.gone(ctx)).To(BeTrue(), "it is there, and can be finished, while its namespace goes")
	})

	It("is awaited while its namespace is on its way out", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.kind.Operator.Receipts.Namespace = s.code + "-receipts"
		place := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.code + "-receipts"}}
		Expect(admin.Create(ctx, place)).To(Succeed())
		Expect(admin.Delete(ctx, place)).To(Succeed())
		s.remove(ctx)
		Expect(ready(s.owner(ctx))).To(Equal("False Deleting"))
		Expect(s.owner(ctx).Status.Problems).To(ContainElement(HaveField("Message", ContainSubstring("is not there"))))
	})

	It("does not write over what somebody else has put in its place", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		theirs := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: receipts, Name: fmt.Sprintf("deletion-%s-%s", s.code, s.owner(ctx).UID[:8])}, Data: map[string]string{"a": "b"}}
		Expect(admin.Create(ctx, theirs)).To(Succeed())
		s.remove(ctx)
		Expect(ready(s.owner(ctx))).To(Equal("False Deleting"))
		Expect(s.owner(ctx).Status.Problems).To(ContainElement(HaveField("Message", ContainSubstring("it is none"))))
		Expect(get(ctx, receipts, theirs.Name, &corev1.ConfigMap{}).Data).To(Equal(theirs.Data))
		Expect(admin.Delete(ctx, theirs)).To(Succeed())
		s.pass(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
	})

	It("is not begun on what cannot be read", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx, deleteAll)
		s.farewellThrough(blindTo{s.view, "AccountList"})
		Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		_, err := s.try(ctx)
		Expect(err).To(MatchError(ContainSubstring("nobody answers")))
		Expect(s.receiptConfigs(ctx)).To(BeEmpty())
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).To(BeNil())
	})
})
