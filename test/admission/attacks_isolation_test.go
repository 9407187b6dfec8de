// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var ours = set("metadata.labels", obj{"app.kubernetes.io/managed-by": "serviceowner-operator"})

// azure is an identity in a region.
func azure(apiVersion, kind, region string) *unstructured.Unstructured {
	made := object(apiVersion, kind, "skd", set("spec", obj{"owner": obj{"name": "skd"}}))
	if region != "" {
		made.Object["spec"].(obj)["location"] = region
	}
	return made
}

// What isolates a service owner is the operator's, under whatever label; so is what brings requests to an App.
func TestAttackOnWhatIsolatesAServiceOwner(t *testing.T) {
	quota := standing(t, "resourcequotas", object("v1", "ResourceQuota", "tenant", ours, set("spec.hard", obj{"pods": "50"})))
	standing(t, "networkpolicies", object("networking.k8s.io/v1", "NetworkPolicy", "default-deny", ours, set("spec", obj{"podSelector": obj{}, "policyTypes": list{"Ingress"}})))
	open := object("networking.k8s.io/v1", "NetworkPolicy", "open", set("spec", obj{"podSelector": obj{}, "ingress": list{obj{}}}))
	route := obj{"rules": list{obj{"host": "nav.apps.tt02.altinn.no", "http": obj{"paths": list{obj{
		"path": "/", "pathType": "Prefix", "backend": obj{"service": obj{"name": "x", "port": obj{"number": 80}}}}}}}}}
	roleRef := func(kind, name string) obj {
		return obj{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
	}
	grant := object("rbac.authorization.k8s.io/v1", "RoleBinding", "mine", set("roleRef", roleRef("ClusterRole", "cluster-admin")),
		set("subjects", list{obj{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": tenants}}))
	by := func(what string) string { return what + " cannot be written in so-skd by " }
	const kept = " in so-skd is kept by the operator"
	may := []actor{operator, engine, manager, rescuer, administrator}
	repel(t, map[string]attack{
		"the quota is raised":                       {try: changes("resourcequotas", quota, set("spec.hard.pods", "5000")), says: "ResourceQuota tenant" + kept, may: may},
		"the quota is raised by way of its status":  {try: changes("resourcequotas", quota, set("status.hard", obj{"pods": "5000"}), "status"), says: "ResourceQuota tenant" + kept, may: []actor{quotas, rescuer}},
		"what is used of it is counted down":        {try: changes("resourcequotas", quota, set("status", obj{"hard": obj{"pods": "50"}, "used": obj{"pods": "0"}}), "status"), says: "ResourceQuota tenant" + kept, may: []actor{quotas, rescuer}},
		"the quota is deleted":                      {try: deletes("resourcequotas", quota), says: "ResourceQuota tenant" + kept, may: may},
		"the network is opened":                     {try: deletes("networkpolicies", object("networking.k8s.io/v1", "NetworkPolicy", "default-deny")), says: "NetworkPolicy default-deny" + kept, may: may},
		"the network is opened by a policy beside":  {try: creates("networkpolicies", open), says: by("NetworkPolicy open"), may: may},
		"a right is given beside the operator's":    {try: creates("rolebindings", grant), says: by("RoleBinding mine")},
		"a role is made to give rights by":          {try: creates("roles", object("rbac.authorization.k8s.io/v1", "Role", "mine", set("rules", list{}))), says: by("Role mine")},
		"a Service takes an address outside":        {try: creates("services", object("v1", "Service", "mine", set("spec", obj{"ports": list{obj{"port": 80}}, "externalIPs": list{"192.0.2.1"}}))), says: by("Service mine"), may: may},
		"a Service leads to a host outside":         {try: creates("services", object("v1", "Service", "mine", set("spec", obj{"type": "ExternalName", "externalName": "data.example.no"}))), says: by("Service mine"), may: may},
		"an Ingress takes another owner's host":     {try: creates("ingresses", object("networking.k8s.io/v1", "Ingress", "mine", set("spec", route))), says: by("Ingress mine"), may: may},
		"requests to an App are led elsewhere":      {try: creates("endpointslices", slice()), says: by("EndpointSlice income-x"), may: may},
		"they are, by the older kind":               {try: creates("endpoints", object("v1", "Endpoints", "income")), says: by("Endpoints income"), may: may},
		"an account is made to hold rights":         {try: creates("serviceaccounts", object("v1", "ServiceAccount", "mine")), says: by("ServiceAccount mine"), may: may},
		"defaults of containers are changed":        {try: creates("limitranges", object("v1", "LimitRange", "mine", set("spec.limits", list{}))), says: by("LimitRange mine"), may: may},
		"a volume is claimed beside the operator":   {try: creates("persistentvolumeclaims", object("v1", "PersistentVolumeClaim", "mine", set("spec", obj{"accessModes": list{"ReadWriteOnce"}, "resources": obj{"requests": obj{"storage": "1Gi"}}}))), says: by("PersistentVolumeClaim mine"), may: may},
		"what may be emptied is held back":          {try: creates("poddisruptionbudgets", object("policy/v1", "PodDisruptionBudget", "mine", set("spec", obj{"maxUnavailable": 0, "selector": obj{}}))), says: by("PodDisruptionBudget mine"), may: may},
		"the number of pods is driven":              {try: creates("horizontalpodautoscalers", object("autoscaling/v2", "HorizontalPodAutoscaler", "mine", set("spec", obj{"maxReplicas": 500, "scaleTargetRef": obj{"kind": "Deployment", "name": "income", "apiVersion": "apps/v1"}}))), says: by("HorizontalPodAutoscaler mine"), may: may},
		"the record of what was admitted is forged": {try: creates("controllerrevisions", object("apps/v1", "ControllerRevision", "income-1", ours, set("revision", 1), set("data", obj{"image": "r.no/evil:1"}))), says: "ControllerRevision income-1" + kept, may: may},
		"a record is put beside it":                 {try: creates("controllerrevisions", object("apps/v1", "ControllerRevision", "income-2", set("revision", 2), set("data", obj{"image": "r.no/evil:1"}))), says: by("ControllerRevision income-2"), may: may},
		"a right in Azure is given":                 {try: creates("roleassignments", object("authorization.azure.com/v1api20220401", "RoleAssignment", "mine", set("spec", obj{"owner": obj{"group": "storage.azure.com", "kind": "StorageAccount", "name": "nav"}, "roleDefinitionReference": obj{"armId": "/subscriptions/1/providers/Microsoft.Authorization/roleDefinitions/2"}, "principalId": "0"}))), says: "RoleAssignment mine" + kept, may: may},
		"an identity in Azure is trusted for a pod": {try: creates("userassignedidentities", azure("managedidentity.azure.com/v1api20230131", "UserAssignedIdentity", "norwayeast")), says: "UserAssignedIdentity skd" + kept, may: may},
		"a token of an App's account is had by Secret": {
			try:  creates("secrets", object("v1", "Secret", "mine", set("type", "kubernetes.io/service-account-token"), set("metadata.annotations", obj{"kubernetes.io/service-account.name": "income"}))),
			says: "Secret mine cannot be of type kubernetes.io/service-account-token in so-skd", may: []actor{manager, rescuer},
		},
		"a key of an App's client is put in its place": {try: creates("secrets", object("v1", "Secret", "income-maskinporten", ours)), says: "Secret income-maskinporten" + kept, may: may},
		"an App's identity is said to be another's":    {try: creates("configmaps", object("v1", "ConfigMap", "income-identity")), says: "ConfigMap income-identity" + kept, may: may},
	})
}

func slice() *unstructured.Unstructured {
	return object("discovery.k8s.io/v1", "EndpointSlice", "income-x", set("metadata.labels", obj{"kubernetes.io/service-name": "income"}),
		set("addressType", "IPv4"), set("endpoints", list{obj{"addresses": list{"192.0.2.1"}}}), set("ports", list{}))
}

// The policies judge all but themselves: only RBAC keeps them from being taken away, and it lets nobody of a service
// owner's near them.
func TestAttackOnThePoliciesThemselves(t *testing.T) {
	for plural, kind := range map[string]string{
		"validatingadmissionpolicies": "ValidatingAdmissionPolicy", "validatingadmissionpolicybindings": "ValidatingAdmissionPolicyBinding",
	} {
		policy := object("admissionregistration.k8s.io/v1", kind, "serviceowner-operator-reach")
		policy.SetNamespace("")
		for name, who := range roles {
			if err := deletes(plural, policy)(t.Context(), who); !apierrors.IsForbidden(err) {
				t.Errorf("%s takes a %s away: %v", name, kind, err)
			}
			if err := changes(plural, policy, set("metadata.labels", obj{"x": "y"}))(t.Context(), who); !apierrors.IsForbidden(err) {
				t.Errorf("%s changes a %s: %v", name, kind, err)
			}
		}
	}
}

// What a service owner's people need, they have.
func TestServiceOwnersWriteWhatIsTheirs(t *testing.T) {
	app := object("tenancy.altinn.cloud/v1alpha1", "App", "another")
	sample, err := apps.object()
	if err != nil {
		t.Fatal(err)
	}
	app.Object["spec"] = sample.Object["spec"]
	for sentence, tc := range map[string]struct {
		try     attempt
		by      []string
		refused []string
	}{
		"they deploy an App": {
			try: creates("apps", app), by: []string{"an admin of the service owner", "a deployer of the service owner", "what deploys for the service owner"},
			refused: []string{"a viewer of the service owner"},
		},
		"they write a ConfigMap of their own": {
			try: creates("configmaps", object("v1", "ConfigMap", "settings")), by: []string{"an admin of the service owner", "a deployer of the service owner", "what deploys for the service owner"},
			refused: []string{"a viewer of the service owner"},
		},
		"they write a Secret of their own": {
			try: creates("secrets", object("v1", "Secret", "database", set("type", "Opaque"))), by: []string{"an admin of the service owner", "a deployer of the service owner", "what deploys for the service owner"},
			refused: []string{"a viewer of the service owner"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, name := range tc.by {
				expect(t, tc.try(t.Context(), roles[name]), "")
			}
			for _, name := range tc.refused {
				expect(t, tc.try(t.Context(), roles[name]), "is forbidden: User")
			}
		})
	}
}
