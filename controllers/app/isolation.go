// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// indexPolicy, of NetworkPolicies, is the name of the only App whose pods one can select; empty where it can
// select others'. So an App's pass reads its own and the few that are for all, however many Apps there are.
const indexPolicy = "isolates"

func indexPolicies(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &networkingv1.NetworkPolicy{}, indexPolicy, func(obj client.Object) []string {
		if policy, ok := obj.(*networkingv1.NetworkPolicy); ok {
			return []string{soleApp(policy)}
		}
		return nil
	})
}

// soleApp is the only App whose pods a policy can select by its matchLabels.
func soleApp(policy *networkingv1.NetworkPolicy) string {
	return policy.Spec.PodSelector.MatchLabels[v1alpha1.LabelName]
}

// isolation reads the NetworkPolicies that can select the App's pods, whoever made them, sorted by name; those that
// its service owner's baseline has; and what the probe shows.
func (k *Kind) isolation(ctx context.Context, cluster client.Reader, facts *Facts) error {
	facts.Enforcement = k.Probe.State()
	if k.Baseline != nil {
		facts.Baseline = k.Baseline(codeOf(facts.App))
	}
	for _, app := range []string{facts.App.Name, ""} {
		var policies networkingv1.NetworkPolicyList
		err := cluster.List(ctx, &policies, client.InNamespace(facts.App.Namespace), client.MatchingFields{indexPolicy: app}, client.UnsafeDisableDeepCopy)
		if err != nil {
			return fmt.Errorf("reading the NetworkPolicies of %s: %w", facts.App.Namespace, err)
		}
		facts.Policies = append(facts.Policies, policies.Items...)
	}
	slices.SortFunc(facts.Policies, func(a, b networkingv1.NetworkPolicy) int { return cmp.Compare(a.Name, b.Name) })
	if k.OthersNames == nil {
		return nil
	}
	others, err := k.OthersNames(ctx, facts.App.Namespace)
	if err != nil {
		return fmt.Errorf("reading others' CiliumNetworkPolicies of %s: %w", facts.App.Namespace, err)
	}
	slices.Sort(others)
	facts.OthersNames = others
	return nil
}

// ofPolicies wakes the Apps whose pods a policy can select, by what it is and what it was.
func (w watches) ofPolicies() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(w.selected)
}

// repaired is how long a policy of the baseline has to be put right before Apps are told of it.
const repaired = 2 * time.Second

// ofBaseline does the same some time later: its service owner's controller hears of it too, and mostly has put right
// by then what was wrong.
func (w watches) ofBaseline() handler.EventHandler {
	return engine.Coalesced(w.selected, repaired)
}

func (w watches) selected(ctx context.Context, obj client.Object) []reconcile.Request {
	policy, ok := obj.(*networkingv1.NetworkPolicy)
	if !ok {
		return nil
	}
	if name := soleApp(policy); name != "" {
		return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: policy.Namespace, Name: name}}}
	}
	compiled, unreadable := isolation.Compile(policy)
	var apps v1alpha1.AppList
	if err := w.cluster.List(ctx, &apps, client.InNamespace(policy.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "looking up whom a NetworkPolicy isolates")
		return nil
	}
	var requests []reconcile.Request
	for i := range apps.Items {
		if app := &apps.Items[i]; unreadable != nil || compiled.MaySelect(workload(app)) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(app)})
		}
	}
	return requests
}

// policyNews lets through what changes of policies in service owners' namespaces, but for Apps' own: an App hears of
// its own as of all its children. of says which of the others. Those that were there at the start wake nobody: all
// Apps are looked at then.
func policyNews(of func(client.Object) bool) predicate.Predicate {
	concerns := func(obj client.Object) bool {
		return v1alpha1.OwnerOfNamespace(obj.GetNamespace()) != "" && !itsOwn(obj) && of(obj)
	}
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList && concerns(e.Object) },
		DeleteFunc: func(e event.DeleteEvent) bool { return concerns(e.Object) },
		UpdateFunc: func(e event.UpdateEvent) bool {
			if !concerns(e.ObjectOld) && !concerns(e.ObjectNew) {
				return false
			}
			old, isPolicy := e.ObjectOld.(*networkingv1.NetworkPolicy)
			policy, stillIs := e.ObjectNew.(*networkingv1.NetworkPolicy)
			return isPolicy && stillIs && (madeFor(old) != madeFor(policy) || !equality.Semantic.DeepEqual(old.Spec, policy.Spec))
		},
	}
}

// itsOwn says whether a policy is an App's, and can select no other's pods: whoever makes one may name any owner.
func itsOwn(obj client.Object) bool {
	policy, is := obj.(*networkingv1.NetworkPolicy)
	return is && madeFor(policy) != "" && soleApp(policy) == madeFor(policy)
}

// baselines are policies that carry our label, strangers all others.
func baselines(obj client.Object) bool {
	return obj.GetLabels()[v1alpha1.LabelManagedBy] == v1alpha1.ManagedBy
}

func strangers(obj client.Object) bool { return !baselines(obj) }
