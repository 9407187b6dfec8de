// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

var directions = []isolation.Direction{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}

// builder holds what all parts of a proof are built with.
type builder struct {
	scope     string
	tenants   []*tenant                   // by namespace
	outside   []*corev1.Namespace         // those of no tenant, by name
	workloads map[isolation.Key]*workload // all that runs, or may, in tenants' namespaces
	declared  map[connection]bool         // what the caller's spec names
	welcome   map[connection]bool         // what the callee's spec names
	opened    map[opener]*openedBy        // what is open and not declared, by what opens it
	policies  map[isolation.Key]*policy   // by namespace and name
	others    []OtherPolicy               // those that cannot be evaluated
	proof     *Proof
}

// tenant is one service owner's namespace, with what is in it.
type tenant struct {
	code, namespace string
	object          *corev1.Namespace
	owner           *v1alpha1.ServiceOwner // nil when there is no such ServiceOwner
	apps            []*v1alpha1.App
	policies        []*policy
	workloads       []*workload
	inventory       map[string]bool // names of the policies that the operator's resources list, by kind
}

// policy is a NetworkPolicy of a tenant's namespace.
type policy struct {
	object   *networkingv1.NetworkPolicy
	compiled *isolation.Policy // nil when it cannot be read
	// stray is why the operator does not keep it; empty when it does.
	stray string
}

// connection is a call between workloads, by names that specs know.
type connection struct{ from, to isolation.Key }

// Build makes the proof from what was read at an instant, for all service owners or for one with its neighbours.
func Build(resources Resources, scope string, at time.Time) Proof {
	b := &builder{
		scope: scope, workloads: map[isolation.Key]*workload{}, policies: map[isolation.Key]*policy{},
		declared: map[connection]bool{}, welcome: map[connection]bool{}, opened: map[opener]*openedBy{},
		proof: &Proof{
			APIVersion: APIVersion, Kind: Kind, CheckedAt: at.UTC().Truncate(time.Second), ServiceOwner: scope,
			Findings: []Finding{}, NotEvaluated: []NotEvaluated{}, ServiceOwners: []Owner{}, Connections: []Connection{}, Points: []Point{},
		},
	}
	b.sortOut(&resources)
	b.findWorkloads(&resources)
	b.declare()
	b.judgeNamespaces()
	b.judgePeers(resources.Others)
	b.judgeConnections(b.world())
	b.tellOpened()
	b.tellOthers()
	b.tellOwners()
	b.finish()
	return *b.proof
}

// in says whether a tenant is one that was asked for.
func (b *builder) in(code string) bool { return b.scope == "" || b.scope == code }

// sortOut puts namespaces, policies and Apps where they belong.
func (b *builder) sortOut(resources *Resources) {
	tenants := map[string]*tenant{}
	for i := range resources.Namespaces {
		namespace := &resources.Namespaces[i]
		if code := v1alpha1.OwnerOfNamespace(namespace.Name); code != "" {
			tenants[namespace.Name] = &tenant{code: code, namespace: namespace.Name, object: namespace}
			b.tenants = append(b.tenants, tenants[namespace.Name])
		} else {
			b.outside = append(b.outside, namespace)
		}
	}
	slices.SortFunc(b.tenants, func(a, b *tenant) int { return cmp.Compare(a.namespace, b.namespace) })
	slices.SortFunc(b.outside, func(a, b *corev1.Namespace) int { return cmp.Compare(a.Name, b.Name) })
	for i := range resources.ServiceOwners {
		if t := tenants[v1alpha1.NamespacePrefix+resources.ServiceOwners[i].Name]; t != nil {
			t.owner = &resources.ServiceOwners[i]
		}
	}
	for i := range resources.Apps {
		app := &resources.Apps[i]
		if t := tenants[app.Namespace]; t != nil {
			t.apps = append(t.apps, app)
		} else if b.scope == "" {
			b.notEvaluated("App "+app.Namespace+"/"+app.Name, "it lies in no service owner's namespace, so nothing of it was looked at")
		}
	}
	for i := range resources.Policies {
		if t := tenants[resources.Policies[i].Namespace]; t != nil {
			t.policies = append(t.policies, &policy{object: &resources.Policies[i]})
		}
	}
	for _, t := range b.tenants {
		slices.SortFunc(t.apps, func(a, b *v1alpha1.App) int { return cmp.Compare(a.Name, b.Name) })
		slices.SortFunc(t.policies, func(a, b *policy) int { return cmp.Compare(a.object.Name, b.object.Name) })
		b.readPolicies(t)
	}
}

// readPolicies compiles a tenant's policies, and finds out which of them the operator keeps.
func (b *builder) readPolicies(t *tenant) {
	t.inventory = map[string]bool{}
	note := func(children []v1alpha1.Child) {
		for _, child := range children {
			group, _, _ := strings.Cut(child.APIVersion, "/")
			if child.Namespace == t.namespace {
				t.inventory[child.Kind+"."+group+" "+child.Name] = true
			}
		}
	}
	if t.owner != nil {
		note(t.owner.Status.Children)
	}
	for _, app := range t.apps {
		note(app.Status.Children)
	}
	for _, p := range t.policies {
		b.policies[isolation.Key{Namespace: t.namespace, Name: p.object.Name}] = p
		p.stray = strayed(p.object.Labels, t.inventory["NetworkPolicy."+networkingv1.GroupName+" "+p.object.Name], t.retained())
		compiled, err := isolation.Compile(p.object)
		if err != nil {
			if b.in(t.code) {
				b.notEvaluated("NetworkPolicy "+t.namespace+"/"+p.object.Name, "it cannot be read: "+cmp.Or(errors.Unwrap(err), err).Error())
			}
			continue
		}
		p.compiled = compiled
	}
}

// retained says that a namespace has outlived its ServiceOwner, as deletionPolicy: Retain has it. There is no
// inventory then, and nothing left that uses what is open.
func (t *tenant) retained() bool { return t.owner == nil && len(t.apps) == 0 }

// strayed says why the operator does not keep a policy.
func strayed(labels map[string]string, listed, retained bool) string {
	switch {
	case labels[v1alpha1.LabelManagedBy] != v1alpha1.ManagedBy:
		return "it does not carry the operator's label"
	case !listed && !retained:
		return "it carries the operator's label, but stands in the status.children of none of its resources"
	}
	return ""
}

// declare reads what the specs of Apps name.
func (b *builder) declare() {
	for _, t := range b.tenants {
		for _, app := range t.apps {
			own := isolation.Key{Namespace: app.Namespace, Name: app.Name}
			for _, peer := range app.Spec.Access.Outbound.Apps {
				b.declared[connection{own, peerKey(app, peer)}] = true
			}
			for _, peer := range app.Spec.Access.Inbound {
				b.welcome[connection{peerKey(app, peer), own}] = true
			}
		}
	}
}

// peerKey is the App that a spec names: one of the same owner unless it names another.
func peerKey(app *v1alpha1.App, peer v1alpha1.AppPeer) isolation.Key {
	namespace := app.Namespace
	if peer.ServiceOwner != "" {
		namespace = v1alpha1.NamespacePrefix + string(peer.ServiceOwner)
	}
	return isolation.Key{Namespace: namespace, Name: string(peer.App)}
}

// world is everything that policies see.
func (b *builder) world() *isolation.World {
	world := isolation.NewWorld()
	for _, t := range b.tenants {
		namespace := isolation.Namespace{Name: t.namespace, Labels: t.object.Labels}
		for _, w := range t.workloads {
			namespace.Workloads = append(namespace.Workloads, w.Workload)
		}
		namespace.Policies = t.compiled()
		world.Set(namespace)
	}
	return world
}

// compiled are the tenant's policies that could be read.
func (t *tenant) compiled() []*isolation.Policy {
	var all []*isolation.Policy
	for _, p := range t.policies {
		if p.compiled != nil {
			all = append(all, p.compiled)
		}
	}
	return all
}

func (b *builder) notEvaluated(what, why string) {
	b.proof.NotEvaluated = append(b.proof.NotEvaluated, NotEvaluated{What: what, Why: why})
}

// selectsAll says whether a policy is for all pods of its namespace.
func selectsAll(selector metav1.LabelSelector) bool {
	return len(selector.MatchLabels) == 0 && len(selector.MatchExpressions) == 0
}
