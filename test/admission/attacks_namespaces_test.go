// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// namespace is one with labels, or none: a service owner's holds its pods to a level of Pod Security.
func namespace(name string, changes ...change) *unstructured.Unstructured {
	if tenantName.MatchString(name) {
		changes = append([]change{set("metadata.labels", obj{"pod-security.kubernetes.io/enforce": "baseline"})}, changes...)
	}
	made := object("v1", "Namespace", name, changes...)
	made.SetNamespace("")
	return made
}

// Whoever could write a service owner's namespace, by whatever way in, would take over what isolates it.
func TestAttackOnTheNamespaceOfAServiceOwner(t *testing.T) {
	const says = ": only the operator and the controllers of the cluster make, change and delete it"
	const ofSkd = "Namespace so-skd is that of service owner skd" + says
	may := []actor{operator, spaces, manager, rescuer, administrator}
	weak := set("metadata.labels", obj{"pod-security.kubernetes.io/enforce": "privileged"})
	owned := set("metadata.ownerReferences", list{obj{"apiVersion": "v1", "kind": "Namespace", "name": "x", "uid": "0"}})
	held := set("metadata.finalizers", list{"example.no/held"})
	annotated := set("metadata.annotations", obj{"tenancy.altinn.cloud/image-registries": ""})
	finished := set("spec.finalizers", list{})
	repel(t, map[string]attack{
		"its Pod Security level is lowered":                           {try: changes("namespaces", namespace("so-skd"), weak), says: ofSkd, may: may[1:]},
		"its labels are changed by way of its status":                 {try: changes("namespaces", namespace("so-skd"), weak, "status"), says: ofSkd, may: may},
		"it gets an owner that can take it along":                     {try: changes("namespaces", namespace("so-skd"), owned), says: ofSkd, may: may},
		"it gets an owner by way of its status":                       {try: changes("namespaces", namespace("so-skd"), owned, "status"), says: ofSkd, may: may},
		"it gets an owner by way of its finalizers":                   {try: changes("namespaces", namespace("so-skd"), owned, "finalize"), says: ofSkd, may: may},
		"it is held back from going":                                  {try: changes("namespaces", namespace("so-skd"), held), says: ofSkd, may: may},
		"its own finalizer is taken off, so that what it holds stays": {try: changes("namespaces", namespace("so-skd"), finished, "finalize"), says: ofSkd, may: may},
		"the list of registries is taken off":                         {try: changes("namespaces", namespace("so-skd"), annotated), says: ofSkd, may: may},
		"it is handed to another public body":                         {try: changes("namespaces", namespace("so-skd"), set("metadata.annotations", obj{"tenancy.altinn.cloud/organization-number": "889640782"})), says: ofSkd, may: may},
		"it is deleted, with all that is in it":                       {try: deletes("namespaces", namespace("so-skd")), says: ofSkd, may: may},
		"one is made before its service owner comes":                  {try: creates("namespaces", namespace("so-ssb")), says: "Namespace so-ssb is that of service owner ssb" + says, may: may},
		"one is made with the longest code there can be":              {try: creates("namespaces", namespace("so-a23456789012")), says: "service owner a23456789012" + says, may: may},
	})
}

// A name that the API server makes up may be one of a service owner's too: about seven of ten that begin with so-.
func TestAttackOnANamespaceByAGeneratedName(t *testing.T) {
	for who, want := range map[*actor]int{&stranger: 0, &tenantsOwn: 0, &spaces: 1} {
		taken := 0
		for range 30 {
			generated := namespace("", set("metadata", obj{"generateName": "so-"}))
			made, err := who.client().Resource(resourceOf(generated, "namespaces")).Create(t.Context(), generated, metav1.CreateOptions{DryRun: dryRun})
			if err == nil && tenantName.MatchString(made.GetName()) {
				taken = 1
			}
		}
		if taken != want {
			t.Errorf("%s: want %d, got %d", who.user, want, taken)
		}
	}
}

// What carries a service owner's marks is believed to be one's: network policies and the operator go by them.
func TestAttackByANamespaceThatLooksLikeAServiceOwners(t *testing.T) {
	standing(t, "namespaces", namespace("lookalike"))
	const says = "cannot carry "
	may := []actor{operator, manager, rescuer, administrator}
	region := set("metadata.labels", obj{"tenancy.altinn.cloud/region": "norwayeast"})
	repel(t, map[string]attack{
		"it is made with the operator's label": {
			try:  creates("namespaces", namespace("near", set("metadata.labels", obj{"app.kubernetes.io/managed-by": "serviceowner-operator"}))),
			says: "Namespace near cannot carry app.kubernetes.io/managed-by", may: []actor{rescuer, administrator, manager},
		},
		"it is made with a service owner's code": {
			try:  creates("namespaces", namespace("near", set("metadata.labels", obj{"tenancy.altinn.cloud/service-owner": "skd"}))),
			says: says + "tenancy.altinn.cloud/service-owner", may: []actor{rescuer, administrator, manager},
		},
		"it gets a label of the operator's later": {
			try: changes("namespaces", namespace("lookalike"), region), says: says + "tenancy.altinn.cloud/region", may: may[1:],
		},
		"it gets one by way of its status": {
			try: changes("namespaces", namespace("lookalike"), region, "status"), says: says + "tenancy.altinn.cloud/region", may: []actor{operator, manager, rescuer},
		},
		"it gets one by way of its finalizers": {
			try: changes("namespaces", namespace("lookalike"), region, "finalize"), says: says + "tenancy.altinn.cloud/region", may: []actor{operator, manager, rescuer},
		},
		"it lets itself read the operator's metrics": {
			try:  changes("namespaces", namespace("lookalike"), set("metadata.labels", obj{"tenancy.altinn.cloud/reads-metrics": "true"})),
			says: says + "tenancy.altinn.cloud/reads-metrics", may: []actor{platform, manager, rescuer, administrator},
		},
		"it says that it was made for a service owner": {
			try:  changes("namespaces", namespace("lookalike"), set("metadata.annotations", obj{"tenancy.altinn.cloud/owner": "ServiceOwner/skd"})),
			says: says + "tenancy.altinn.cloud/owner", may: may[1:],
		},
	})
	for sentence, try := range map[string]attempt{
		"a namespace of another kind is made":         creates("namespaces", namespace("payments", set("metadata.labels", obj{"app.kubernetes.io/managed-by": "Helm"}))),
		"one whose name is near a service owner's":    creates("namespaces", namespace("so-social-benefits")),
		"a namespace of another kind is labelled":     changes("namespaces", namespace("lookalike"), set("metadata.labels", obj{"team": "payments"})),
		"a namespace of another kind is deleted":      deletes("namespaces", namespace("lookalike")),
		"a namespace of another kind gets finalizers": changes("namespaces", namespace("lookalike"), set("metadata.finalizers", list{"example.no/held"})),
	} {
		t.Run(sentence, func(t *testing.T) { expect(t, try(context.WithoutCancel(t.Context()), stranger), "") })
	}
}
