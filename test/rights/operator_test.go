// SPDX-License-Identifier: BSD-3-Clause

package rights

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

// held is one thing that somebody may do: a resource, with its group and the names it is limited to, or a path.
type held struct{ what, verbs string }

// right is what the operator may do, and why.
type right struct {
	what, verbs, why string
}

// Verbs that come together.
const (
	keeps   = "create delete get list update watch" // a child: made, put right, looked for past the cache, pruned
	watches = "list watch"                          // read from the cache alone
)

// Why children are kept.
const (
	ofApps   = "a child of Apps"
	ofOwners = "a child of ServiceOwners"
	ofBoth   = "a child of Apps and of ServiceOwners"
	ofAzure  = "what data is kept in, declared to Azure Service Operator"
)

// operatorRights is all that the operator may do in every namespace. A line more is a right more: say why, and look
// whether config/admission/operator-reach.yaml bounds what is written.
var operatorRights = []right{
	{"apiextensions.k8s.io/customresourcedefinitions", watches, "tells that a kind the cluster may not know has come; metadata alone"},
	{"apps/controllerrevisions", keeps, ofApps + ": the record of what was admitted"},
	{"apps/deployments", keeps, ofApps},
	{"authorization.azure.com/roleassignments", keeps, ofAzure},
	{"autoscaling/horizontalpodautoscalers", keeps, ofApps},
	{"cilium.io/ciliumnetworkpolicies", keeps, ofBoth + ", where Cilium enforces isolation"},
	{"configmaps", keeps, ofApps + "; what Apps name is watched by metadata and read; receipts of deletions"},
	{"events.k8s.io/events", "create patch", "tells people what happened"},
	{"gateway.networking.k8s.io/httproutes", keeps, ofApps + ", where the gateway is of that kind"},
	{"keyvault.azure.com/vaults", keeps, ofAzure},
	{"kustomize.toolkit.fluxcd.io/kustomizations", keeps, ofOwners + ", with GitOps by Flux; it deploys as the namespace's deployer"},
	{"limitranges", keeps, ofOwners},
	{"managedidentity.azure.com/federatedidentitycredentials", keeps, ofAzure},
	{"managedidentity.azure.com/userassignedidentities", keeps, ofAzure},
	{"namespaces", keeps, ofOwners + "; deleted under deletionPolicy Delete alone"},
	{"networking.k8s.io/ingresses", keeps, ofApps + ", where the gateway is of that kind"},
	{"networking.k8s.io/networkpolicies", keeps, ofBoth},
	{"nodes", watches, "in which region pods run; metadata alone"},
	{"persistentvolumeclaims", keeps, "what data is kept in, with storage on volumes"},
	{"persistentvolumes", watches, "in which region data lies"},
	{"pods", watches, "where they run, and which keys they read; only those with the operator's label"},
	{"policy/poddisruptionbudgets", keeps, ofApps},
	{"rbac.authorization.k8s.io/clusterroles [serviceowner-admin serviceowner-deployer serviceowner-viewer]", "bind", "groups of service owners get these three roles and no others"},
	{"rbac.authorization.k8s.io/rolebindings", keeps, ofOwners},
	{"resourcequotas", keeps, ofOwners},
	{"resources.azure.com/resourcegroups", keeps, ofAzure},
	{"secrets", "create delete get list watch", "keys of Apps' clients, which are never changed; what Apps name is watched by metadata and read, for its digest"},
	{"serviceaccounts", keeps, ofBoth},
	{"services", keeps, ofApps},
	{"source.toolkit.fluxcd.io/gitrepositories", keeps, ofOwners + ", with GitOps by Flux"},
	{"source.toolkit.fluxcd.io/ocirepositories", keeps, ofOwners + ", with GitOps by Flux"},
	{"storage.azure.com/storageaccounts", keeps, ofAzure},
	{"storage.azure.com/storageaccountsblobservices", keeps, ofAzure},
	{"storage.azure.com/storageaccountsblobservicescontainers", keeps, ofAzure},
	{"storage.azure.com/storageaccountsmanagementpolicies", keeps, ofAzure},
	{"storage.k8s.io/storageclasses", watches, "whether the configured class keeps data as it must"},
	{"tenancy.altinn.cloud/apps", "list patch watch", "what is declared; a patch adds and removes finalizers"},
	{"tenancy.altinn.cloud/apps/finalizers", "update", "children of Apps block their deletion, which some clusters ask this right for"},
	{"tenancy.altinn.cloud/apps/status", "patch update", "what became of it; a patch for the controllers of registration and credentials"},
	{"tenancy.altinn.cloud/consentresources", "list patch watch", "what is declared; a patch adds and removes finalizers"},
	{"tenancy.altinn.cloud/consentresources/status", "patch update", "what became of it; a patch for the controller of registration"},
	{"tenancy.altinn.cloud/dataprocessingagreements", watches, "what is declared"},
	{"tenancy.altinn.cloud/dataprocessingagreements/status", "update", "what it covers"},
	{"tenancy.altinn.cloud/serviceowners", "list patch watch", "what is declared; a patch adds and removes finalizers"},
	{"tenancy.altinn.cloud/serviceowners/status", "update", "what became of it"},
	{"authentication.k8s.io/tokenreviews", "create", "who reads metrics"},
	{"authorization.k8s.io/subjectaccessreviews", "create", "whether that one may"},
}

// systemRights is what the operator may do besides in its own namespace.
var systemRights = []right{
	{"coordination.k8s.io/leases", "create", "one replica works at a time"},
	{"coordination.k8s.io/leases [serviceowner-operator.tenancy.altinn.cloud]", "get update", "… and renews its lease, of this name alone"},
	{"events", "create patch", "… and tells since when"},
}

func TestTheOperatorMayDoWhatIsExplainedAndNothingElse(t *testing.T) {
	everywhere, inSystem := rightsOfTheOperator(t)
	for name, tc := range map[string]struct {
		explained []right
		has       []rbacv1.PolicyRule
	}{
		"in every namespace": {operatorRights, everywhere},
		"in its own":         {systemRights, inSystem},
	} {
		t.Run(name, func(t *testing.T) {
			var want []held
			for _, r := range tc.explained {
				if r.why == "" {
					t.Errorf("nothing says why it may %s %s", r.verbs, r.what)
				}
				want = append(want, held{r.what, r.verbs})
			}
			slices.SortFunc(want, byName)
			if diff := cmp.Diff(want, flat(tc.has), cmp.AllowUnexported(held{})); diff != "" {
				t.Errorf("what the operator may do (-explained +has): take the right away, or add a line that says why\n%s", diff)
			}
		})
	}
}

// never are rights by which whoever has them gets all others, or gets into pods and nodes. A table can be changed in
// a hurry; this list is not to be.
var never = []held{
	{"*", "escalate"}, {"*", "impersonate"}, {"*", "deletecollection"}, {"*", "approve"}, {"*", "sign"},
	{"secrets", "update"}, {"secrets", "patch"},
	{"pods", "create"}, {"pods", "update"}, {"pods", "patch"}, {"pods/exec", "*"}, {"pods/attach", "*"}, {"pods/portforward", "*"},
	{"pods/proxy", "*"}, {"pods/ephemeralcontainers", "*"}, {"pods/log", "*"}, {"services/proxy", "*"},
	{"nodes", "create"}, {"nodes", "update"}, {"nodes", "patch"}, {"nodes/proxy", "*"}, {"nodes/status", "*"},
	{"serviceaccounts/token", "*"}, {"certificatesigningrequests", "*"}, {"persistentvolumes", "create"}, {"persistentvolumes", "update"},
	{"clusterrolebindings", "*"}, {"roles", "*"}, {"clusterroles", "create"}, {"clusterroles", "update"}, {"clusterroles", "patch"},
	{"customresourcedefinitions", "create"}, {"customresourcedefinitions", "update"}, {"customresourcedefinitions", "delete"},
	{"validatingadmissionpolicies", "*"}, {"validatingadmissionpolicybindings", "*"}, {"mutatingwebhookconfigurations", "*"}, {"validatingwebhookconfigurations", "*"},
	{"serviceowners", "create"}, {"serviceowners", "update"}, {"serviceowners", "delete"},
	{"dataprocessingagreements", "create"}, {"dataprocessingagreements", "update"}, {"dataprocessingagreements", "patch"}, {"dataprocessingagreements", "delete"},
}

func TestNoRightOfTheOperatorLeadsToAllOthers(t *testing.T) {
	everywhere, inSystem := rightsOfTheOperator(t)
	if found := breaches(slices.Concat(everywhere, inSystem)); len(found) > 0 {
		t.Errorf("the operator must never have:\n%s", strings.Join(found, "\n"))
	}
	rule := func(resources, verbs string, names ...string) []rbacv1.PolicyRule {
		return []rbacv1.PolicyRule{{APIGroups: []string{"any"}, Resources: strings.Fields(resources), Verbs: strings.Fields(verbs), ResourceNames: names}}
	}
	for name, tc := range map[string]struct {
		rules []rbacv1.PolicyRule
		want  []string
	}{
		"all verbs":                     {rule("services", "*"), []string{"* services"}},
		"all resources":                 {rule("*", "get"), []string{"get *"}},
		"a subresource of pods":         {rule("pods pods/exec", "get"), []string{"get pods/exec"}},
		"one verb of several":           {rule("roles.x secrets", "get update"), []string{"update secrets"}},
		"a role by any name":            {rule("clusterroles", "bind"), []string{"bind clusterroles, of any name"}},
		"a role by one name more":       {rule("clusterroles", "bind", "serviceowner-admin", "cluster-admin"), []string{"bind cluster-admin"}},
		"the three roles":               {rule("clusterroles", "bind", "serviceowner-admin", "serviceowner-deployer", "serviceowner-viewer"), nil},
		"a path that is not a metric's": {[]rbacv1.PolicyRule{{NonResourceURLs: []string{"/debug"}, Verbs: []string{"get"}}}, []string{"get /debug"}},
	} {
		t.Run("it is seen: "+name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, breaches(tc.rules)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// breaches are what rules give that nobody is to have.
func breaches(rules []rbacv1.PolicyRule) (found []string) {
	tenantRoles := []string{"serviceowner-admin", "serviceowner-deployer", "serviceowner-viewer"}
	for _, rule := range rules {
		for _, verb := range rule.Verbs {
			for _, path := range rule.NonResourceURLs {
				found = append(found, verb+" "+path)
			}
			for _, resource := range rule.Resources {
				if verb == "*" || resource == "*" || slices.ContainsFunc(never, func(n held) bool { return matches(n.what, resource) && matches(n.verbs, verb) }) {
					found = append(found, verb+" "+resource)
				}
			}
			if verb == "bind" && len(rule.ResourceNames) == 0 {
				found = append(found, "bind clusterroles, of any name")
			}
			for _, name := range rule.ResourceNames {
				if verb == "bind" && !slices.Contains(tenantRoles, name) {
					found = append(found, "bind "+name)
				}
			}
		}
	}
	return found
}

func matches(pattern, value string) bool { return pattern == "*" || pattern == value }

// rightsOfTheOperator are the rules of every role that config/default binds to the operator's ServiceAccount.
func rightsOfTheOperator(t *testing.T) (everywhere, inSystem []rbacv1.PolicyRule) {
	t.Helper()
	ours := func(subjects []rbacv1.Subject) bool {
		return slices.ContainsFunc(subjects, func(s rbacv1.Subject) bool {
			return s.Kind == rbacv1.ServiceAccountKind && s.Name == operatorAccount && s.Namespace == systemNamespace || s.Kind == rbacv1.GroupKind
		})
	}
	for _, binding := range installed[rbacv1.ClusterRoleBinding](t, "ClusterRoleBinding") {
		if ours(binding.Subjects) {
			everywhere = append(everywhere, rulesOf(t, binding.RoleRef, "")...)
		}
	}
	for _, binding := range installed[rbacv1.RoleBinding](t, "RoleBinding") {
		if ours(binding.Subjects) {
			inSystem = append(inSystem, rulesOf(t, binding.RoleRef, binding.Namespace)...)
		}
	}
	return everywhere, inSystem
}

func rulesOf(t *testing.T, ref rbacv1.RoleRef, namespace string) []rbacv1.PolicyRule {
	t.Helper()
	if ref.Kind == "Role" {
		for _, role := range installed[rbacv1.Role](t, "Role") {
			if role.Name == ref.Name && role.Namespace == namespace {
				return role.Rules
			}
		}
	}
	for _, role := range installed[rbacv1.ClusterRole](t, "ClusterRole") {
		if ref.Kind == "ClusterRole" && role.Name == ref.Name && role.AggregationRule == nil {
			return role.Rules
		}
	}
	t.Fatalf("config/default binds %s %s and has no such role", ref.Kind, ref.Name)
	return nil
}

// flat gives each resource of rules once, with all verbs.
func flat(rules []rbacv1.PolicyRule) []held {
	verbs := map[string][]string{}
	for _, rule := range rules {
		limits := ""
		if len(rule.ResourceNames) > 0 {
			limits = fmt.Sprint(" ", slices.Sorted(slices.Values(rule.ResourceNames)))
		}
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				what := strings.TrimPrefix(group+"/", "/") + resource + limits
				verbs[what] = append(verbs[what], rule.Verbs...)
			}
		}
		for _, path := range rule.NonResourceURLs {
			verbs[path] = append(verbs[path], rule.Verbs...)
		}
	}
	var all []held
	for what, some := range verbs {
		slices.Sort(some)
		all = append(all, held{what, strings.Join(slices.Compact(some), " ")})
	}
	slices.SortFunc(all, byName)
	return all
}

func byName(a, b held) int { return strings.Compare(a.what, b.what) }
