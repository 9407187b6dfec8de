// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
)

// inhabited has two Apps of skd and one of nav, and counts how often it is asked for them.
type inhabited struct {
	client.Reader // what is not read panics

	asked  int
	broken error
}

func (i *inhabited) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	i.asked++
	apps, is := list.(*v1alpha1.AppList)
	if !is || i.broken != nil {
		return errors.Join(i.broken, fmt.Errorf("asked for %T", list))
	}
	options := (&client.ListOptions{}).ApplyOptions(opts)
	for _, key := range []client.ObjectKey{{Namespace: "so-skd", Name: "income"}, {Namespace: "so-skd", Name: "other"}, {Namespace: "so-nav", Name: "income"}} {
		if key.Namespace == options.Namespace {
			apps.Items = append(apps.Items, v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}})
		}
	}
	return nil
}

func TestWhomAPolicyWakes(t *testing.T) {
	expression := func(key string, operator metav1.LabelSelectorOperator, values ...string) networkingv1.NetworkPolicy {
		policy := strange("extra")
		policy.Spec.PodSelector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}
		return policy
	}
	both := []string{"so-skd/income", "so-skd/other"}
	for name, tc := range map[string]struct {
		policy networkingv1.NetworkPolicy
		woken  []string
		asked  int
	}{
		"one for all pods wakes all Apps of the namespace":                     {strange("extra"), both, 1},
		"one for an App's pods wakes that App, and nobody looks for others":    {strange("extra", v1alpha1.LabelName, "income"), []string{"so-skd/income"}, 0},
		"one for the pods of listed Apps wakes those":                          {expression(v1alpha1.LabelName, metav1.LabelSelectorOpIn, "other", "third"), []string{"so-skd/other"}, 1},
		"one for pods of a ReplicaSet wakes all, since it can be of any":       {expression("pod-template-hash", metav1.LabelSelectorOpExists), both, 1},
		"one for pods of the service owner wakes all":                          {strange("extra", v1alpha1.LabelServiceOwner, "skd"), both, 1},
		"one for pods that are no App's wakes nobody":                          {strange("extra", "job-name", "import"), nil, 1},
		"one that cannot be read wakes all: nobody knows what it lets through": {lettingOut(strange("extra"), "::ffff:10.0.0.0/104"), both, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := &inhabited{}
			var woken []string
			for _, request := range app.Selected(t.Context(), cluster, &tc.policy) {
				woken = append(woken, request.String())
			}
			if diff := cmp.Diff(tc.woken, woken); diff != "" || cluster.asked != tc.asked {
				t.Errorf("asked %d times, not %d; woken (-want +got):\n%s", cluster.asked, tc.asked, diff)
			}
		})
	}
}

func TestAPolicyWakesNobodyWhereAppsCannotBeRead(t *testing.T) {
	policy := strange("extra")
	if woken := app.Selected(t.Context(), &inhabited{broken: errors.New("no informer")}, &policy); len(woken) > 0 {
		t.Errorf("woken %v", woken)
	}
}

// ofApp says that a policy is an App's.
func ofApp(policy networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	policy.Labels = map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	policy.OwnerReferences = []metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "App", Name: policy.Name, UID: "1", Controller: ptr.To(true)}}
	return &policy
}

func TestWhichNewsOfPoliciesWakes(t *testing.T) {
	const nobody, atOnce, later = "nobody", "at once", "later"
	plain, opened := strange("extra"), lettingIn(strange("extra"))
	own := strange("extra", v1alpha1.LabelName, "extra")
	forged := ofApp(opened)
	forged.Labels = nil
	labelled := plain.DeepCopy()
	labelled.Labels = map[string]string{"team": "a"}
	elsewhere := lettingIn(strange("extra"))
	elsewhere.Namespace = "kube-system"
	closes, drifted := defaultDeny("so-skd"), defaultDeny("so-skd")
	*drifted = lettingIn(*drifted)
	robbed := defaultDeny("so-skd")
	robbed.Labels = nil
	created := func(obj client.Object) any { return event.CreateEvent{Object: obj} }
	deleted := func(obj client.Object) any { return event.DeleteEvent{Object: obj} }
	updated := func(from, to client.Object) any { return event.UpdateEvent{ObjectOld: from, ObjectNew: to} }
	for name, tc := range map[string]struct {
		event any
		woken []string
	}{
		"a stranger's that comes":                               {created(&plain), []string{atOnce}},
		"a stranger's that was there at the start":              {event.CreateEvent{Object: &plain, IsInInitialList: true}, []string{nobody}},
		"a stranger's that goes":                                {deleted(&plain), []string{atOnce}},
		"a stranger's that opens more":                          {updated(&plain, &opened), []string{atOnce}},
		"a stranger's that gets a label":                        {updated(&plain, labelled), []string{nobody}},
		"one outside service owners' namespaces":                {created(&elsewhere), []string{nobody}},
		"one that changes outside service owners' namespaces":   {updated(&elsewhere, &elsewhere), []string{nobody}},
		"an App's own that comes":                               {created(ofApp(own)), []string{nobody}},
		"an App's own that is opened":                           {updated(ofApp(own), ofApp(lettingIn(own))), []string{nobody}},
		"an App's own that goes":                                {deleted(ofApp(own)), []string{nobody}},
		"an App's own that is robbed of whose it is":            {updated(ofApp(own), &own), []string{atOnce}},
		"one that says it is an App's and selects all pods":     {created(forged), []string{atOnce}},
		"one that carries our label too":                        {created(ofApp(opened)), []string{later}},
		"an App's own that comes to select all pods":            {updated(ofApp(own), ofApp(plain)), []string{later}},
		"the baseline's that comes":                             {created(closes), []string{later}},
		"the baseline's that is opened":                         {updated(closes, drifted), []string{later}},
		"the baseline's that is opened and robbed of its label": {updated(closes, &networkingv1.NetworkPolicy{ObjectMeta: robbed.ObjectMeta, Spec: drifted.Spec}), []string{atOnce, later}},
		"the baseline's that goes":                              {deleted(closes), []string{later}},
		"the baseline's that was there at the start":            {event.CreateEvent{Object: closes, IsInInitialList: true}, []string{nobody}},
	} {
		t.Run(name, func(t *testing.T) {
			var woken []string
			if strangers := app.NewsOfStrangers(); letThrough(strangers.Create, strangers.Update, strangers.Delete, tc.event) {
				woken = append(woken, atOnce)
			}
			if baselines := app.NewsOfBaselines(); letThrough(baselines.Create, baselines.Update, baselines.Delete, tc.event) {
				woken = append(woken, later)
			}
			if len(woken) == 0 {
				woken = []string{nobody}
			}
			if !slices.Equal(tc.woken, woken) {
				t.Errorf("wakes %v, not %v", woken, tc.woken)
			}
		})
	}
}

// letThrough says whether an event is let through.
func letThrough(create func(event.CreateEvent) bool, update func(event.UpdateEvent) bool, remove func(event.DeleteEvent) bool, of any) bool {
	switch of := of.(type) {
	case event.CreateEvent:
		return create(of)
	case event.UpdateEvent:
		return update(of)
	case event.DeleteEvent:
		return remove(of)
	default:
		return false
	}
}
