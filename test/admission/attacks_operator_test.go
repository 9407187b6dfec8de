// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/hack/local"
)

// at is an object in another namespace.
func at(namespace string, object *unstructured.Unstructured) *unstructured.Unstructured {
	object = object.DeepCopy()
	object.SetNamespace(namespace)
	return object
}

// Whoever has the operator's token has its rights, which RBAC gives in all namespaces, but not its reach.
func TestAttackWithTheOperatorsToken(t *testing.T) {
	for _, name := range []string{"serviceowner-system", "receipts"} {
		standing(t, "namespaces", namespace(name))
	}
	receipt := set("metadata.labels", obj{"tenancy.altinn.cloud/receipt": "deletion"})
	standing(t, "configmaps", at("kube-system", object("v1", "ConfigMap", "coredns")))
	standing(t, "configmaps", at("receipts", object("v1", "ConfigMap", "receipt", receipt)))
	lease := object("coordination.k8s.io/v1", "Lease", "kube-scheduler", set("spec.holderIdentity", "mine"))
	event := object("events.k8s.io/v1", "Event", "told", set("eventTime", "2026-01-01T00:00:00.000000Z"), set("action", "Told"), set("reason", "Told"), set("note", "x"),
		set("type", "Normal"), set("reportingController", "tenancy.altinn.cloud/x"), set("reportingInstance", "x"),
		set("regarding", obj{"apiVersion": "tenancy.altinn.cloud/v1alpha1", "kind": "ServiceOwner", "name": "skd"}))
	inNamespace := func(name string) *unstructured.Unstructured {
		of := at(name, event)
		of.Object["regarding"].(obj)["namespace"] = name
		return of
	}
	bind := object("rbac.authorization.k8s.io/v1", "RoleBinding", "mine", set("roleRef", obj{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "serviceowner-admin"}))
	const says, declares = "the operator does not write ", "the operator does not declare "
	app, owner, agreement := apps.made(t, set("metadata.name", "stolen")), serviceOwners.made(t, set("metadata.name", "stolen")), agreements.made(t, set("metadata.name", "stolen-2026"))
	for sentence, tc := range map[string]struct {
		try  attempt
		says string
	}{
		"it makes pods in the system's namespace":     {creates("deployments", at("kube-system", runner("apps/v1", "Deployment"))), says + "deployments in kube-system"},
		"it makes pods where it is installed itself":  {creates("deployments", at("serviceowner-system", runner("apps/v1", "Deployment"))), says + "deployments in serviceowner-system"},
		"it gives rights elsewhere":                   {creates("rolebindings", at("kube-system", bind)), says + "rolebindings in kube-system"},
		"it takes the scheduler's lease":              {creates("leases", at("kube-system", lease)), says + "leases in kube-system"},
		"it changes how names are looked up":          {changes("configmaps", at("kube-system", object("v1", "ConfigMap", "coredns")), set("data", obj{"Corefile": "."})), says + "configmaps in kube-system"},
		"it calls that a receipt":                     {changes("configmaps", at("kube-system", object("v1", "ConfigMap", "coredns")), receipt), says + "configmaps in kube-system"},
		"it deletes it":                               {deletes("configmaps", at("kube-system", object("v1", "ConfigMap", "coredns"))), says + "configmaps in kube-system"},
		"it makes a namespace of another kind":        {creates("namespaces", namespace("mine")), says + "namespaces in mine"},
		"it deletes the system's namespace":           {deletes("namespaces", namespace("elsewhere")), says + "namespaces in elsewhere"},
		"it deletes a namespace near a service owner": {deletes("namespaces", namespace("so-social-services")), says + "namespaces in so-social-services"},
		"it puts a Secret elsewhere":                  {creates("secrets", at("elsewhere", object("v1", "Secret", "x"))), says + "secrets in elsewhere"},
		"it speaks of another's namespace":            {creates("events", inNamespace("kube-system")), says + "events in kube-system"},
		"it writes a network policy in default":       {creates("networkpolicies", at("default", object("networking.k8s.io/v1", "NetworkPolicy", "x", set("spec.podSelector", obj{})))), says + "networkpolicies in default"},
		"it lets a group into a service owner's":      {changes("serviceowners", owner, set("spec.access", list{obj{"role": "Admin", "group": "everybody"}})), declares + "ServiceOwner stolen"},
		"it makes a service owner":                    {creates("serviceowners", serviceOwners.sampled(t, "mine")), declares + "ServiceOwner mine"},
		"it ends a service owner":                     {deletes("serviceowners", owner), declares + "ServiceOwner stolen"},
		"it makes an agreement":                       {creates("dataprocessingagreements", agreements.sampled(t, "mine")), declares + "DataProcessingAgreement mine"},
		"it widens an agreement":                      {changes("dataprocessingagreements", agreement, add("spec.dataCategories", "Health")), declares + "DataProcessingAgreement stolen-2026"},
		"it gives an App another image":               {changes("apps", app, set("spec.image", "r.no/mine:1")), declares + "App stolen"},
		"it ends an App":                              {deletes("apps", app), declares + "App stolen"},
		"it keeps an App until it is done":            {try: changes("apps", app, set("metadata.finalizers", list{"tenancy.altinn.cloud/credentials"}))},
		"it keeps a service owner until it is done":   {try: changes("serviceowners", owner, set("metadata.finalizers", list{"tenancy.altinn.cloud/inventory"}))},
		"it says how an agreement stands":             {try: changes("dataprocessingagreements", agreement, inUse(obj{"apps": obj{"count": 1}}), "status")},
		"it opens a service owner's namespace to the node": {changes("namespaces", namespace("so-skd"), set("metadata.labels", obj{"pod-security.kubernetes.io/enforce": "privileged"})),
			"the operator does not open namespace so-skd to pods that reach the node"},
		"it takes Pod Security from a new one":    {creates("namespaces", namespace("so-ssb", remove("metadata.labels"))), "pod-security.kubernetes.io/enforce is not there"},
		"it works in a service owner's namespace": {try: creates("deployments", runner("apps/v1", "Deployment"))},
		"it makes a service owner's namespace":    {try: creates("namespaces", namespace("so-ssb"))},
		"it deletes a service owner's namespace":  {try: deletes("namespaces", namespace("so-skd"))},
		"it leads":                                {try: creates("leases", at("serviceowner-system", lease))},
		"it tells of what has no namespace":       {try: creates("events", at("default", event))},
		"it tells of an App":                      {try: creates("events", inNamespace("so-skd"))},
		"it tells that it leads":                  {try: creates("events", inNamespace("serviceowner-system"))},
		"it keeps a receipt where it is told to":  {try: creates("configmaps", at("elsewhere", object("v1", "ConfigMap", "x", receipt)))},
		"it completes a receipt":                  {try: changes("configmaps", at("receipts", object("v1", "ConfigMap", "receipt")), set("data", obj{"receipt.yaml": "x"}))},
		"it leads elsewhere":                      {creates("leases", at("elsewhere", lease)), says + "leases in elsewhere"},
	} {
		t.Run(sentence, func(t *testing.T) {
			expect(t, tc.try(t.Context(), operator), tc.says)
			if tc.says != "" { // only the operator is bound by it
				for _, who := range []actor{rescuer, administrator} {
					expect(t, tc.try(t.Context(), who), "")
				}
			}
		})
	}
}

// The policy names the account that an installation has; the chart puts another namespace in.
func TestTheOperatorsAccountIsTheOneInstalled(t *testing.T) {
	objects, err := local.Build(moduleRoot + "/config/default")
	if err != nil {
		t.Fatal(err)
	}
	var accounts []string
	for _, object := range objects {
		if object.GetKind() == "ServiceAccount" {
			accounts = append(accounts, "system:serviceaccount:"+object.GetNamespace()+":"+object.GetName())
		}
	}
	if len(accounts) != 1 || accounts[0] != operator.user {
		t.Errorf("config/default installs %v, and the policies are tried as %s", accounts, operator.user)
	}
}
