// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestNamespaceOfAServiceOwner(t *testing.T) {
	in := func(namespace string) change { return set("metadata.namespace", namespace) }
	for _, r := range []resource{apps, consentResources} {
		const place = ": put it in the namespace of its service owner, so-<code>, as so-skd"
		r.try(t, map[string]testCase{
			r.kind + " in the namespace of an owner":           accepted(in("so-nav")),
			r.kind + " in another namespace is refused":        refused(r.kind+" income cannot stand in namespace elsewhere"+place, in(strayAppNamespace)),
			r.kind + " in a namespace that is near it":         refused(r.kind+" income cannot stand in namespace so-social-services"+place, in("so-social-services")),
			r.kind + " in a namespace named by half":           refused("cannot stand in namespace so:", in("so")),
			r.kind + " in a namespace shorter than the prefix": refused("cannot stand in namespace x:", in("x")),
		})
	}
}

// An App's pods run as the ServiceAccount of its name: it must not be one with rights of its own.
func TestAppDoesNotTakeTheNameOfAnAccount(t *testing.T) {
	named := func(name string) change { return set("metadata.name", name) }
	apps.try(t, map[string]testCase{
		"the account that GitOps deploys as":        refused("an App cannot have the name deployer: its pods would run as the ServiceAccount of that name", named("deployer")),
		"the account of pods that name none":        refused("an App cannot have the name default", named("default")),
		"a name that only begins like an account's": accepted(named("deployer-2")),
	})
	consentResources.try(t, map[string]testCase{"a consent may have the name": accepted(named("default"))})
}

func TestIdentifierOfTheOwnersOwn(t *testing.T) {
	identifier := func(value string) change { return set("spec.identifier", value) }
	inNav := set("metadata.namespace", "so-nav")
	const must = " must start with skd-, the code of the service owner of namespace so-skd"
	consentResources.try(t, map[string]testCase{
		"no identifier":                           accepted(),
		"the own code before it":                  accepted(identifier("skd-income")),
		"the code of the namespace it stands in":  accepted(identifier("nav-income"), inNav),
		"another owner's code is refused":         refused("identifier nav-income"+must, identifier("nav-income")),
		"the own code elsewhere is refused":       refused("identifier skd-income must start with nav-", identifier("skd-income"), inNav),
		"the own code without a hyphen":           refused("identifier skd_income"+must, identifier("skd_income")),
		"a code that begins with the own":         refused("identifier skde-income"+must, identifier("skde-income")),
		"the prefix of an app's entry is refused": refused("identifier app_skd_income"+must, identifier("app_skd_income")),
		"the own code later on is refused":        refused("identifier x-skd-income"+must, identifier("x-skd-income")),
	})
}

func TestAppNeedsNoRuleToReachItself(t *testing.T) {
	inbound := func(peer obj) change { return set("spec.access.inbound", list{obj{"app": "debt"}, peer}) }
	outbound := func(peer obj) change { return set("spec.access.outbound.apps", list{obj{"app": "debt"}, peer}) }
	const no = ", income: an app needs no rule to reach itself; name another app, or take the entry out"
	apps.try(t, map[string]testCase{
		"no access":                                 accepted(remove("spec.access")),
		"empty access":                              accepted(set("spec.access", obj{})),
		"outbound hosts only":                       accepted(set("spec.access", obj{"outbound": obj{"hosts": list{obj{"host": "a.no", "ports": list{443}}}}})),
		"another app, by the own code":              accepted(inbound(obj{"app": "tax-return", "serviceOwner": "skd"})),
		"another owner's app of the same name":      accepted(inbound(obj{"app": "income", "serviceOwner": "nav"}), outbound(obj{"app": "income", "serviceOwner": "nav"})),
		"itself inbound is refused":                 refused("access.inbound names the app itself"+no, inbound(obj{"app": "income"})),
		"itself inbound by the own code is refused": refused("access.inbound names the app itself"+no, inbound(obj{"app": "income", "serviceOwner": "skd"})),
		"itself outbound is refused":                refused("access.outbound.apps names the app itself"+no, outbound(obj{"app": "income"})),
		"itself outbound by the own code too":       refused("access.outbound.apps names the app itself"+no, outbound(obj{"app": "income", "serviceOwner": "skd"})),
		"itself, elsewhere, by that owner's code": refused("access.inbound names the app itself"+no,
			inbound(obj{"app": "income", "serviceOwner": "nav"}), set("metadata.namespace", "so-nav")),
	})
}

// A policy that came later never keeps the operator from reporting on an object, nor anyone from
// deleting it, but lets nobody change it in place.
func TestPoliciesLeaveAWayOut(t *testing.T) {
	ctx, client := t.Context(), apps.in(strayAppNamespace)
	stray := func() *unstructured.Unstructured {
		found, err := client.Get(ctx, strayApp, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	update := func(write func(context.Context, *unstructured.Unstructured, metav1.UpdateOptions, ...string) (*unstructured.Unstructured, error), change change) error {
		changed, err := changed(stray(), change)
		if err != nil {
			t.Fatal(err)
		}
		_, err = write(ctx, changed, metav1.UpdateOptions{})
		return err
	}
	apps.check(t, update(client.Update, set("spec.port", 8080)), "App stray cannot stand in namespace elsewhere")
	status := func(ctx context.Context, object *unstructured.Unstructured, options metav1.UpdateOptions, _ ...string) (*unstructured.Unstructured, error) {
		return client.UpdateStatus(ctx, object, options)
	}
	if err := update(status, set("status.image", "r.no/income:1")); err != nil {
		t.Errorf("the status must stay writable: %v", err)
	}
	if err := client.Delete(ctx, strayApp, metav1.DeleteOptions{}); err != nil {
		t.Errorf("it must be possible to delete it: %v", err)
	}
	if err := update(client.Update, remove("metadata.finalizers")); err != nil {
		t.Errorf("it must be possible to let it go: %v", err)
	}
}

// judged is what a policy looks at.
type judged struct{ writes, kinds, scope string }

// Every policy is bound, denies, fails closed, and judges the users' writes of its kinds alone.
func TestPoliciesAreBoundAndFailClosed(t *testing.T) {
	want := map[string]judged{
		"serviceowner-operator-namespace":          {"CREATE UPDATE", "apps consentresources", "Namespaced"},
		"serviceowner-operator-consent-identifier": {"CREATE UPDATE", "consentresources", "Namespaced"},
		"serviceowner-operator-gitops-account":     {"CREATE UPDATE", "kustomizations", "Namespaced"},
		"serviceowner-operator-app-access":         {"CREATE UPDATE", "apps", "Namespaced"},
		"serviceowner-operator-agreement-in-use":   {"DELETE", "dataprocessingagreements", "Cluster"},
		"serviceowner-operator-managed-objects": {
			"CREATE UPDATE DELETE", "configmaps endpoints limitranges persistentvolumeclaims resourcequotas resourcequotas/status secrets serviceaccounts services, " +
				"controllerrevisions horizontalpodautoscalers endpointslices httproutes ingresses networkpolicies poddisruptionbudgets roles rolebindings, *", "Namespaced",
		},
		"serviceowner-operator-tenant-namespaces": {"CREATE UPDATE DELETE", "namespaces namespaces/status namespaces/finalize", "Cluster"},
		"serviceowner-operator-workloads": {
			"CREATE UPDATE, CREATE UPDATE DELETE", "pods pods/resize serviceaccounts/token, " +
				"replicationcontrollers deployments replicasets statefulsets daemonsets jobs cronjobs", "Namespaced",
		},
		"serviceowner-operator-pod-identity": {"CREATE UPDATE", "pods", "Namespaced"},
		"serviceowner-operator-pod-access": {
			"CONNECT, UPDATE", "pods/exec pods/attach pods/portforward pods/proxy services/proxy, pods/ephemeralcontainers", "Namespaced",
		},
		"serviceowner-operator-regions":        {"CREATE UPDATE", "*", "Namespaced"},
		"serviceowner-operator-platform-kinds": {"CREATE UPDATE DELETE", "serviceowners dataprocessingagreements", "Cluster"},
		"serviceowner-operator-reported-status": {
			"UPDATE", "apps/status consentresources/status dataprocessingagreements/status serviceowners/status, apps consentresources serviceowners", "*",
		},
		"serviceowner-operator-images": {"CREATE UPDATE", "apps, pods", "Namespaced"},
		"serviceowner-operator-reach":  {"CREATE UPDATE DELETE", "*, namespaces, serviceowners dataprocessingagreements", "Namespaced, Cluster"},
	}
	objects, err := readObjects(policyFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	bound := map[string]bool{}
	for _, object := range objects {
		if object.GetKind() == "ValidatingAdmissionPolicyBinding" {
			actions, _, _ := unstructured.NestedStringSlice(object.Object, "spec", "validationActions")
			name, _, _ := unstructured.NestedString(object.Object, "spec", "policyName")
			bound[name] = slices.Equal(actions, []string{"Deny"})
		}
	}
	got := map[string]judged{}
	for _, object := range objects {
		if object.GetKind() != "ValidatingAdmissionPolicy" {
			continue
		}
		if !bound[object.GetName()] {
			t.Errorf("no binding makes %s deny anything", object.GetName())
		}
		if policy := value(object, "spec.failurePolicy"); policy != "Fail" {
			t.Errorf("%s has failurePolicy %v, not Fail", object.GetName(), policy)
		}
		// What several rules say alike is said once.
		said := func(field string) string {
			var all []string
			for _, rule := range value(object, "spec.matchConstraints.resourceRules").([]any) {
				all = append(all, strings.Trim(fmt.Sprint(rule.(obj)[field]), "[]"))
			}
			return strings.Join(slices.Compact(all), ", ")
		}
		got[object.GetName()] = judged{said("operations"), said("resources"), said("scope")}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(judged{})); diff != "" {
		t.Errorf("what the policies judge (-want +got):\n%s", diff)
	}
}
