// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"reflect"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// The samples are taken in exactly as they stand, and nobody takes a new object for a finished one.
func TestSamplesAreTakenInAsTheyStand(t *testing.T) {
	for _, r := range allResources {
		t.Run(r.sample, func(t *testing.T) {
			sample, err := r.object()
			if err != nil {
				t.Fatal(err)
			}
			made := r.made(t)
			if err := r.readable(made); err != nil {
				t.Error(err)
			}
			if path, ok := holds(made.Object["spec"], sample.Object["spec"], "spec"); !ok {
				t.Errorf("%s was changed from %v to %v", path, value(sample, path), value(made, path))
			}
			observed, found, err := unstructured.NestedInt64(made.Object, "status", "observedGeneration")
			if err != nil || !found || observed != -1 {
				t.Errorf("a new object must have status.observedGeneration -1, has %v (found %v, %v)", observed, found, err)
			}
		})
	}
}

// holds says whether all that the sample gives stands unchanged in what was made, or else where not.
func holds(made, sample any, path string) (string, bool) {
	fields, isObject := sample.(map[string]any)
	if !isObject {
		entries, isList := sample.([]any)
		others, _ := made.([]any)
		if !isList || len(entries) != len(others) {
			return path, reflect.DeepEqual(made, sample)
		}
		for i := range entries {
			if at, ok := holds(others[i], entries[i], path+"["+string(rune('0'+i))+"]"); !ok {
				return at, false
			}
		}
		return path, true
	}
	others, _ := made.(map[string]any)
	for name := range fields {
		if at, ok := holds(others[name], fields[name], path+"."+name); !ok {
			return at, false
		}
	}
	return path, true
}

// What a user leaves out is filled in as documented.
func TestDefaults(t *testing.T) {
	for _, test := range []struct {
		resource resource
		leaveOut []change
		filled   map[string]any
	}{
		{serviceOwners, []change{remove("spec.region"), remove("spec.quota"), remove("spec.storage"), remove("spec.gitops.path"),
			remove("spec.gitops.interval"), remove("spec.deletionPolicy"), remove("spec.access")}, map[string]any{
			"spec.region": "norwayeast", "spec.quota.profile": "Small", "spec.storage.redundancy": "ZRS",
			"spec.storage.keyManagement": "Platform", "spec.storage.softDeleteDays": int64(30), "spec.gitops.path": "./",
			"spec.gitops.interval": "5m", "spec.deletionPolicy": "Retain", "spec.access": nil, "spec.adoptNamespace": nil,
			"spec.regionException": nil, "spec.suspend": nil,
		}},
		{agreements, []change{remove("spec.state")}, map[string]any{"spec.state": "Active"}},
		{apps, []change{remove("spec.replicas"), remove("spec.resources"), remove("spec.access"), remove("spec.storage"),
			set("spec.authorization", obj{})}, map[string]any{
			"spec.port": int64(5005), "spec.health.path": "/health", "spec.ingress.enabled": true, "spec.ingress.host": nil,
			"spec.ingress.path": nil, "spec.replicas.min": int64(2), "spec.replicas.max": int64(6),
			"spec.replicas.cpuPercent": int64(75), "spec.resources.requests.cpu": "50m",
			"spec.resources.requests.memory": "256Mi", "spec.resources.limits.memory": "512Mi", "spec.resources.limits.cpu": nil,
			"spec.authorization.minimumAuthenticationLevel": int64(3), "spec.authorization.delegable": true,
			"spec.authorization.visible": true, "spec.access": nil, "spec.suspend": nil,
		}},
		{apps, []change{set("spec.replicas", obj{"max": 9}), remove("spec.authorization")}, map[string]any{
			"spec.replicas.min": int64(2), "spec.replicas.cpuPercent": int64(75), "spec.authorization": nil,
		}},
		{consentResources, []change{remove("spec.state"), remove("spec.deletionPolicy"), remove("spec.oneTime"),
			remove("spec.minimumAuthenticationLevel")}, map[string]any{
			"spec.state": "Draft", "spec.deletionPolicy": "Withdraw", "spec.oneTime": false,
			"spec.minimumAuthenticationLevel": int64(3), "spec.identifier": nil,
		}},
	} {
		t.Run(test.resource.kind, func(t *testing.T) {
			made := test.resource.made(t, test.leaveOut...)
			for path, want := range test.filled {
				if got := value(made, path); got != want {
					t.Errorf("%s must be filled with %v, is %v", path, want, got)
				}
			}
		})
	}
}

// kubectl finds the kinds by short name and category, and the samples by field.
func TestNamesKubectlKnows(t *testing.T) {
	lists, err := apis.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	short := map[string][]string{"serviceowners": {"so"}, "dataprocessingagreements": {"dpa"}, "consentresources": {"consent"}}
	for _, r := range allResources {
		index := slices.IndexFunc(lists.APIResources, func(api metav1.APIResource) bool { return api.Name == r.plural })
		if index < 0 {
			t.Fatalf("the API server does not serve %s", r.plural)
		}
		api := lists.APIResources[index]
		if !slices.Equal(api.ShortNames, short[r.plural]) {
			t.Errorf("%s must have the short names %v, has %v", r.kind, short[r.plural], api.ShortNames)
		}
		if !slices.Equal(api.Categories, []string{"altinn"}) {
			t.Errorf("%s must be in the category altinn, is in %v", r.kind, api.Categories)
		}
		if api.Namespaced != (r.namespace != "") {
			t.Errorf("%s is namespaced: %v", r.kind, api.Namespaced)
		}
	}
}

func TestFieldSelectors(t *testing.T) {
	for _, test := range []struct {
		resource      resource
		matches, lets string
	}{
		{serviceOwners, "spec.region=norwayeast", "spec.region=norwaywest"},
		{serviceOwners, "spec.organizationNumber=974761076", "spec.organizationNumber=889640782"},
		{agreements, "spec.serviceOwner=skd", "spec.serviceOwner=nav"},
		{agreements, "spec.state=Active", "spec.state!=Active"},
		{apps, "spec.processing.purpose=income-information", "spec.processing.purpose=tax-reporting"},
		{consentResources, "spec.state=Published", "spec.state=Draft"},
		{consentResources, "spec.dataSource.app=income", "spec.dataSource.app=tax-return"},
	} {
		t.Run(test.resource.kind+" "+test.matches, func(t *testing.T) {
			test.resource.made(t)
			for selector, want := range map[string]int{test.matches: 1, test.lets: 0} {
				found, err := test.resource.in(test.resource.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: selector})
				if err != nil {
					t.Fatal(err)
				}
				if len(found.Items) != want {
					t.Errorf("%s must find %d, found %d", selector, want, len(found.Items))
				}
			}
		})
	}
}
