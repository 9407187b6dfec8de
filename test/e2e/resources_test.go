// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// sample reads a file of config/samples.
func sample[T any](file string) *T {
	raw, err := os.ReadFile(filepath.Join(root, "config", "samples", file))
	Expect(err).NotTo(HaveOccurred())
	var resource T
	Expect(yaml.UnmarshalStrict(raw, &resource)).To(Succeed())
	return &resource
}

// serviceOwner makes a service owner like the sample under another code, with edits and an agreement,
// and waits until it is Ready.
func serviceOwner(ctx context.Context, code string, edits ...func(*v1alpha1.ServiceOwner)) *v1alpha1.ServiceOwner {
	Expect(client.IgnoreAlreadyExists(kubernetes.Create(ctx, agreement(code)))).To(Succeed())
	owner := sample[v1alpha1.ServiceOwner]("serviceowner-skd.yaml")
	owner.Name = code
	for _, edit := range edits {
		edit(owner)
	}
	Expect(kubernetes.Create(ctx, owner)).To(Succeed())
	Eventually(func(g Gomega) { g.Expect(ready(ctx, owner)).To(BeTrue(), conditions(owner)) }).WithContext(ctx).Should(Succeed())
	return owner
}

// agreement is the sample agreement with another service owner, as <code>-2026. It is not created yet.
func agreement(code string) *v1alpha1.DataProcessingAgreement {
	agreement := sample[v1alpha1.DataProcessingAgreement]("dataprocessingagreement-skd.yaml")
	agreement.Name, agreement.Spec.ServiceOwner = code+"-2026", v1alpha1.OrgCode(code)
	return agreement
}

// app is the sample App under another owner and name, without anything that takes a client at Digdir. It is
// not created yet.
func app(code, name string) *v1alpha1.App {
	app := integrated(code, name)
	app.Spec.Integrations = nil
	return app
}

// exposing is the sample App under another owner and name, which guards data with a scope and calls nobody. It
// is not created yet.
func exposing(code, name string) *v1alpha1.App {
	app := integrated(code, name)
	app.Spec.Integrations = app.Spec.Integrations[:1]
	app.Spec.Integrations[0].Scopes = nil
	return app
}

// integrated is the sample App under another owner and name, with its clients and what it exposes. It is not
// created yet.
func integrated(code, name string) *v1alpha1.App {
	app := sample[v1alpha1.App]("app-income.yaml")
	app.Namespace, app.Name = v1alpha1.NamespacePrefix+code, name
	return app
}

// consent is the sample ConsentResource under another owner and name, with a scope of that owner's. It is not
// created yet.
func consent(code, name string) *v1alpha1.ConsentResource {
	consent := sample[v1alpha1.ConsentResource]("consentresource-income.yaml")
	consent.Namespace, consent.Name = v1alpha1.NamespacePrefix+code, name
	consent.Spec.DataSource.Scope = v1alpha1.Scope(code + ":inntekt")
	return consent
}

// resource is any of the four kinds.
type resource interface {
	client.Object
	GetStatus() *v1alpha1.Status
}

// ready reads a resource anew and says whether it is Ready as it stands.
func ready(ctx context.Context, obj resource) bool {
	if err := kubernetes.Get(ctx, client.ObjectKeyFromObject(obj), obj); err != nil {
		return false
	}
	return obj.GetStatus().ObservedGeneration == obj.GetGeneration() &&
		meta.IsStatusConditionTrue(obj.GetStatus().Conditions, v1alpha1.ConditionReady)
}

// becomesReady waits until a resource is Ready.
func becomesReady(ctx context.Context, obj resource) {
	Eventually(func(g Gomega) { g.Expect(ready(ctx, obj)).To(BeTrue(), conditions(obj)) }).WithContext(ctx).Should(Succeed())
}

// reason is the reason of a resource's Ready condition, as last read.
func reason(obj resource) string {
	if condition := meta.FindStatusCondition(obj.GetStatus().Conditions, v1alpha1.ConditionReady); condition != nil {
		return condition.Reason
	}
	return ""
}

// isTrue says whether a condition is True, as last read.
func isTrue(obj resource, condition string) bool {
	return meta.IsStatusConditionTrue(obj.GetStatus().Conditions, condition)
}

// said is the message of a condition, as last read.
func said(obj resource, kind string) string {
	if condition := meta.FindStatusCondition(obj.GetStatus().Conditions, kind); condition != nil {
		return condition.Message
	}
	return ""
}

// becomes waits until Ready has a reason.
func becomes(ctx context.Context, obj resource, why string) {
	Eventually(func(g Gomega) {
		g.Expect(kubernetes.Get(ctx, client.ObjectKeyFromObject(obj), obj)).To(Succeed())
		g.Expect(reason(obj)).To(Equal(why), conditions(obj))
	}).WithContext(ctx).Should(Succeed())
}

func conditions(obj resource) func() string {
	return func() string {
		text := fmt.Sprintf("%s generation %d, status of generation %d", obj.GetName(), obj.GetGeneration(), obj.GetStatus().ObservedGeneration)
		for _, condition := range obj.GetStatus().Conditions {
			text += fmt.Sprintf("\n  %s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
		}
		return text
	}
}

// deployment is the Deployment of an App.
func deployment(ctx context.Context, app *v1alpha1.App) *appsv1.Deployment {
	var found appsv1.Deployment
	Expect(kubernetes.Get(ctx, client.ObjectKeyFromObject(app), &found)).To(Succeed())
	return &found
}

// change edits a resource as it stands.
func change[T client.Object](ctx context.Context, obj T, edit func(T)) {
	Eventually(func() error {
		if err := kubernetes.Get(ctx, client.ObjectKeyFromObject(obj), obj); err != nil {
			return err
		}
		edit(obj)
		return kubernetes.Update(ctx, obj)
	}).WithContext(ctx).Should(Succeed())
}

// wake makes the operator look at a resource anew, by an edit that means nothing.
func wake(ctx context.Context, obj resource) {
	change(ctx, obj, func(obj resource) {
		annotations := map[string]string{}
		maps.Copy(annotations, obj.GetAnnotations())
		annotations["example.no/woken"] = obj.GetResourceVersion()
		obj.SetAnnotations(annotations)
	})
}

// counted waits until the agreement of a service owner has counted the Apps it covers.
func counted(ctx context.Context, code string, apps int32) {
	agreement := agreement(code)
	Eventually(func(g Gomega) {
		g.Expect(kubernetes.Get(ctx, client.ObjectKeyFromObject(agreement), agreement)).To(Succeed())
		g.Expect(agreement.Status.Covered.Apps.Count).To(Equal(apps), conditions(agreement))
	}).WithContext(ctx).Should(Succeed())
}

// known waits until all have heard of so many Apps of a service owner's, each with a container as the sample's: its
// agreement, and the owner itself.
func known(ctx context.Context, code string, apps int32) {
	counted(ctx, code, apps)
	Eventually(func(g Gomega) {
		owner := &v1alpha1.ServiceOwner{}
		g.Expect(kubernetes.Get(ctx, client.ObjectKey{Name: code}, owner)).To(Succeed())
		g.Expect(owner.Status.Storage).To(HaveValue(HaveField("Containers", HaveLen(int(apps)))))
	}).WithContext(ctx).Should(Succeed())
}

// exists says whether an object is there.
func exists(ctx context.Context, obj client.Object) bool {
	return kubernetes.Get(ctx, client.ObjectKeyFromObject(obj), obj) == nil
}

// named is the metadata of an object to look for.
func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}
