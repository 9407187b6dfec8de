// SPDX-License-Identifier: BSD-3-Clause

package rights

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// tenant is the namespace that config/tenant/base stands for, and neighbour another service owner's.
const tenant, neighbour = "so-tenant", "so-neighbour"

// The three roles, as the groups that have them here.
const (
	admins    = "admins"
	deployers = "deployers"
	viewers   = "viewers"
	// robot is the ServiceAccount that GitOps deploys as; it is a deployer by the baseline itself.
	robot = "system:serviceaccount:" + tenant + ":deployer"
)

// request is something that somebody asks the API server in a namespace, as "VERB GROUP/RESOURCE/SUBRESOURCE NAME".
type request struct {
	does string
	may  string // the groups that may; nobody when empty
	in   string // the namespace when it is not the tenant's own; - for none
}

const everybody = admins + " " + deployers + " " + viewers

// requests are what the roles are for, and what they must never let.
var requests = map[string]request{
	"look at Apps":                      {does: "list tenancy.altinn.cloud/apps", may: everybody},
	"look at consents":                  {does: "get tenancy.altinn.cloud/consentresources", may: everybody},
	"deploy an App":                     {does: "create tenancy.altinn.cloud/apps", may: admins + " " + deployers},
	"change an App":                     {does: "patch tenancy.altinn.cloud/apps", may: admins + " " + deployers},
	"remove an App":                     {does: "delete tenancy.altinn.cloud/apps", may: admins + " " + deployers},
	"declare a consent":                 {does: "create tenancy.altinn.cloud/consentresources", may: admins + " " + deployers},
	"write what an App reads":           {does: "update configmaps", may: admins + " " + deployers},
	"write a Secret that an App reads":  {does: "create secrets", may: admins + " " + deployers},
	"replace such a Secret":             {does: "update secrets", may: admins + " " + deployers},
	"read an App's log":                 {does: "get pods/log", may: everybody},
	"look at pods":                      {does: "watch pods", may: everybody},
	"throw away a pod that hangs":       {does: "delete pods", may: admins},
	"look at events":                    {does: "list events.k8s.io/events", may: admins + " " + viewers},
	"look at quota":                     {does: "get resourcequotas", may: admins + " " + viewers},
	"look at isolation":                 {does: "get networking.k8s.io/networkpolicies", may: admins + " " + viewers},
	"look at who has which role":        {does: "list rbac.authorization.k8s.io/rolebindings", may: admins},
	"look at what data is kept in":      {does: "get storage.azure.com/storageaccounts", may: everybody},
	"look at volumes that data lies on": {does: "get persistentvolumeclaims", may: everybody},

	"read a Secret":                      {does: "get secrets"},
	"read all Secrets":                   {does: "list secrets"},
	"hear of Secrets":                    {does: "watch secrets"},
	"delete all Secrets in one request":  {does: "deletecollection secrets"},
	"run a pod past an App":              {does: "create pods"},
	"change a pod":                       {does: "patch pods"},
	"run a Deployment past an App":       {does: "create apps/deployments"},
	"change the Deployment of an App":    {does: "patch apps/deployments"},
	"scale past an App":                  {does: "update apps/deployments/scale"},
	"run a Job past an App":              {does: "create batch/jobs"},
	"run a CronJob past an App":          {does: "create batch/cronjobs"},
	"run a DaemonSet past an App":        {does: "create apps/daemonsets"},
	"run a StatefulSet past an App":      {does: "create apps/statefulsets"},
	"enter a pod":                        {does: "create pods/exec"},
	"enter a pod by the older way":       {does: "get pods/exec"},
	"attach to a pod":                    {does: "create pods/attach"},
	"reach a pod past isolation":         {does: "create pods/portforward"},
	"reach a pod through the API server": {does: "get pods/proxy"},
	"reach a Service through it":         {does: "get services/proxy"},
	"put a container into a pod":         {does: "patch pods/ephemeralcontainers"},
	"resize a pod":                       {does: "patch pods/resize"},
	"raise the quota":                    {does: "update resourcequotas"},
	"take the quota away":                {does: "delete resourcequotas"},
	"change limits":                      {does: "update limitranges"},
	"open the network":                   {does: "create networking.k8s.io/networkpolicies"},
	"change isolation":                   {does: "patch networking.k8s.io/networkpolicies"},
	"take isolation away":                {does: "delete networking.k8s.io/networkpolicies"},
	"open the network by Cilium":         {does: "create cilium.io/ciliumnetworkpolicies"},
	"publish a host":                     {does: "create networking.k8s.io/ingresses"},
	"publish a route":                    {does: "create gateway.networking.k8s.io/httproutes"},
	"make a Service":                     {does: "create services"},
	"point a Service elsewhere":          {does: "update discovery.k8s.io/endpointslices"},
	"write endpoints":                    {does: "update endpoints"},
	"make a role":                        {does: "create rbac.authorization.k8s.io/roles"},
	"give a role":                        {does: "create rbac.authorization.k8s.io/rolebindings"},
	"change who has a role":              {does: "patch rbac.authorization.k8s.io/rolebindings"},
	"take a role away":                   {does: "delete rbac.authorization.k8s.io/rolebindings"},
	"give a role it has not":             {does: "bind rbac.authorization.k8s.io/clusterroles cluster-admin", in: "-"},
	"give a role it has":                 {does: "bind rbac.authorization.k8s.io/clusterroles serviceowner-admin", in: "-"},
	"give more than it has":              {does: "escalate rbac.authorization.k8s.io/roles"},
	"make an account":                    {does: "create serviceaccounts"},
	"get a token of an App's account":    {does: "create serviceaccounts/token"},
	"act as another user":                {does: "impersonate users", in: "-"},
	"act as a group":                     {does: "impersonate groups", in: "-"},
	"act as an App's account":            {does: "impersonate serviceaccounts"},
	"relabel its namespace":              {does: "patch namespaces " + tenant, in: "-"},
	"delete its namespace":               {does: "delete namespaces " + tenant, in: "-"},
	"make a namespace":                   {does: "create namespaces", in: "-"},
	"change the ServiceOwner":            {does: "update tenancy.altinn.cloud/serviceowners", in: "-"},
	"make an agreement":                  {does: "create tenancy.altinn.cloud/dataprocessingagreements", in: "-"},
	"change an agreement":                {does: "patch tenancy.altinn.cloud/dataprocessingagreements", in: "-"},
	"mark an App Ready":                  {does: "patch tenancy.altinn.cloud/apps/status"},
	"mark a consent Ready":               {does: "update tenancy.altinn.cloud/consentresources/status"},
	"mark an agreement as in force":      {does: "update tenancy.altinn.cloud/dataprocessingagreements/status", in: "-"},
	"change what was admitted":           {does: "update apps/controllerrevisions"},
	"change what data is kept in":        {does: "patch storage.azure.com/storageaccounts"},
	"delete a container of data":         {does: "delete storage.azure.com/storageaccountsblobservicescontainers"},
	"give a right in Azure":              {does: "create authorization.azure.com/roleassignments"},
	"have an identity trust another":     {does: "create managedidentity.azure.com/federatedidentitycredentials"},
	"make a volume":                      {does: "create persistentvolumeclaims"},
	"delete a volume":                    {does: "delete persistentvolumeclaims"},
	"forge an event":                     {does: "create events"},
	"see a neighbour's Apps":             {does: "list tenancy.altinn.cloud/apps", in: neighbour},
	"deploy at a neighbour's":            {does: "create tenancy.altinn.cloud/apps", in: neighbour},
	"read a neighbour's configuration":   {does: "get configmaps", in: neighbour},
	"write a neighbour's Secret":         {does: "create secrets", in: neighbour},
	"read a neighbour's log":             {does: "get pods/log", in: neighbour},
	"read the operator's configuration":  {does: "get configmaps", in: systemNamespace},
	"read the operator's Secrets":        {does: "get secrets", in: systemNamespace},
	"read Secrets of the cluster":        {does: "list secrets", in: "kube-system"},
	"read all Apps of the cluster":       {does: "list tenancy.altinn.cloud/apps", in: "-"},
	"look at nodes":                      {does: "list nodes", in: "-"},
	"change a CRD":                       {does: "update apiextensions.k8s.io/customresourcedefinitions", in: "-"},
	"take a policy away":                 {does: "delete admissionregistration.k8s.io/validatingadmissionpolicies", in: "-"},
	"have a certificate signed":          {does: "create certificates.k8s.io/certificatesigningrequests", in: "-"},
	"read the operator's metrics":        {does: "get nonresource:/metrics", in: "-"},
}

func TestWhatGroupsOfAServiceOwnerMayDo(t *testing.T) {
	layOut(t)
	for group, user := range map[string]string{admins: "somebody", deployers: "somebody", viewers: "somebody", robot: robot} {
		asks := as(t, user, group)
		role := group
		if group == robot {
			role = deployers
		}
		for name, r := range requests {
			t.Run(role+" as "+user+": "+name, func(t *testing.T) {
				review, err := asks.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(), &authorizationv1.SelfSubjectAccessReview{Spec: r.spec(t)}, metav1.CreateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if may := slices.Contains(strings.Fields(r.may), role); review.Status.Allowed != may {
					t.Errorf("%s: allowed is %v, and should be %v", r.does, review.Status.Allowed, may)
				}
			})
		}
	}
}

// spec is the request as the API server is asked about it.
func (r request) spec(t *testing.T) authorizationv1.SelfSubjectAccessReviewSpec {
	t.Helper()
	fields := strings.Fields(r.does)
	if len(fields) < 2 || len(fields) > 3 {
		t.Fatalf("%q is no request", r.does)
	}
	if path, ok := strings.CutPrefix(fields[1], "nonresource:"); ok {
		return authorizationv1.SelfSubjectAccessReviewSpec{NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: fields[0], Path: path}}
	}
	asked := &authorizationv1.ResourceAttributes{Verb: fields[0], Namespace: tenant}
	if len(fields) == 3 {
		asked.Name = fields[2]
	}
	switch {
	case r.in == "-":
		asked.Namespace = ""
	case r.in != "":
		asked.Namespace = r.in
	}
	parts := strings.Split(fields[1], "/")
	if grouped := strings.Contains(parts[0], ".") || slices.Contains([]string{"apps", "batch"}, parts[0]); grouped {
		asked.Group, parts = parts[0], parts[1:]
	}
	asked.Resource = parts[0]
	if len(parts) > 1 {
		asked.Subresource = parts[1]
	}
	return authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: asked}
}

// layOut makes the namespace of a service owner as config/tenant has it, with the three groups, and a neighbour's.
func layOut(t *testing.T) {
	t.Helper()
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	baseline, err := local.Build(filepath.Join(root, "config", "tenant", "base"))
	if err != nil {
		t.Fatal(err)
	}
	namespace(t, tenant)
	namespace(t, neighbour)
	groups := map[string]string{"serviceowner-admin": admins, "serviceowner-deployer": deployers, "serviceowner-viewer": viewers}
	for _, object := range baseline {
		if object.GetKind() != "RoleBinding" {
			continue
		}
		var binding rbacv1.RoleBinding
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &binding); err != nil {
			t.Fatal(err)
		}
		group, ok := groups[binding.RoleRef.Name]
		if !ok {
			t.Fatalf("config/tenant binds %s, which no group of a service owner has", binding.RoleRef.Name)
		}
		delete(groups, binding.RoleRef.Name)
		binding.Subjects = append(binding.Subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group})
		if _, err := clients.RbacV1().RoleBindings(tenant).Create(t.Context(), &binding, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(groups) > 0 {
		t.Fatalf("config/tenant does not bind the roles of %v", groups)
	}
}

// changing are the verbs of a tenant's roles that change something: the whole list, by resource. All else they may
// read, and nothing of it is a Secret.
var changing = map[string][]held{
	"serviceowner-admin": {
		{"configmaps", "create delete patch update"}, {"pods", "delete"}, {"secrets", "create delete patch update"},
		{"tenancy.altinn.cloud/apps", "create delete patch update"}, {"tenancy.altinn.cloud/consentresources", "create delete patch update"},
	},
	"serviceowner-deployer": {
		{"configmaps", "create delete patch update"}, {"secrets", "create delete patch update"},
		{"tenancy.altinn.cloud/apps", "create delete patch update"}, {"tenancy.altinn.cloud/consentresources", "create delete patch update"},
	},
	"serviceowner-viewer": nil,
}

func TestWhatTheRolesOfServiceOwnersChangeIsWrittenHere(t *testing.T) {
	seen := map[string][]held{}
	for _, role := range installed[rbacv1.ClusterRole](t, "ClusterRole") {
		if _, ours := changing[role.Name]; !ours {
			continue
		}
		seen[role.Name] = nil
		for _, has := range flat(role.Rules) {
			changes := slices.DeleteFunc(strings.Fields(has.verbs), func(verb string) bool { return slices.Contains([]string{"get", "list", "watch"}, verb) })
			if len(changes) > 0 {
				seen[role.Name] = append(seen[role.Name], held{has.what, strings.Join(changes, " ")})
			}
			if reads := len(changes) < len(strings.Fields(has.verbs)); reads && (has.what == "secrets" || strings.Contains(has.what, "*")) {
				t.Errorf("%s reads %s", role.Name, has.what)
			}
		}
	}
	if diff := cmp.Diff(changing, seen, cmp.AllowUnexported(held{})); diff != "" {
		t.Errorf("what the roles change (-written +has): take the right away, or write it here\n%s", diff)
	}
}
