// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestTheFixtureSpreadsAppsOverOwnersWithValidNumbers(t *testing.T) {
	made, err := newFixture("../..", 3, 7)
	if err != nil {
		t.Fatal(err)
	}
	if len(made.owners) != 3 || len(made.apps) != 7 || made.apps[4].Namespace != "so-bench001" {
		t.Errorf("%d owners, %d Apps, the fifth in %s", len(made.owners), len(made.apps), made.apps[4].Namespace)
	}
	numbers := map[v1alpha1.OrganizationNumber]bool{}
	for i, owner := range made.owners {
		numbers[owner.Spec.OrganizationNumber] = true
		if agreement := made.agreements[i]; agreement.Name != owner.Name || string(agreement.Spec.ServiceOwner) != owner.Name {
			t.Errorf("agreement %s is %s's", agreement.Name, agreement.Spec.ServiceOwner)
		}
	}
	if len(numbers) != 3 {
		t.Errorf("the owners have %d different numbers", len(numbers))
	}
	// Digdir's own number is the next one from just below it, so the check digit is the register's.
	if got := nextOrganization(991825820); got != 991825827 {
		t.Errorf("after 991825820 comes %d", got)
	}
}

func TestACounterIsSummedByKey(t *testing.T) {
	text := `# HELP other_total x
other_total{verb="POST"} 9
apiserver_request_total{code="201",resource="apps",subresource="",verb="POST"} 300
apiserver_request_total{code="200",resource="apps",subresource="status",verb="PUT"} 1e+03
apiserver_request_total{code="409",resource="apps",subresource="status",verb="PUT",dry_run="a\"} b"} 2
`
	got, err := parseCounter(strings.NewReader(text), "apiserver_request_total", func(labels map[string]string) string {
		if labels["subresource"] == "" {
			return ""
		}
		return labels["verb"] + " " + labels["resource"]
	})
	if err != nil || !maps.Equal(got, tally{"PUT apps": 1002}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestRequestsAreToldApart(t *testing.T) {
	added := tally{"POST 201": 10, "PUT 200": 4, "PUT 409": 1, "GET 200": 7}.minus(tally{"GET 200": 5, "POST 201": 2})
	if added.writes() != 13 || added.reads() != 2 || added.refused() != 1 {
		t.Errorf("%d writes, %d reads, %d refused of %v", added.writes(), added.reads(), added.refused(), added)
	}
}

func TestTheRatioIsOfMeansAndSpansAllPairings(t *testing.T) {
	pairs := []*pair{
		{Operator: &operatorRun{Settled: 10}, Raw: &rawRun{Wall: 5}},
		{Operator: &operatorRun{Settled: 20}, Raw: &rawRun{Wall: 10}},
	}
	got := ratio(pairs, func(p *pair) float64 { return p.Raw.Wall }, func(p *pair) float64 { return p.Operator.Settled })
	if got != (spread{Mean: 0.5, Min: 0.25, Max: 1}) || got.String() != "0.50 (0.25–1.00)" {
		t.Errorf("got %v", got)
	}
}

func TestWhatTheServerPutInIsNotWrittenAgain(t *testing.T) {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "u", ResourceVersion: "1", Labels: map[string]string{"k": "v"}},
		Spec:       corev1.ServiceSpec{ClusterIP: "10.0.0.1", ClusterIPs: []string{"10.0.0.1"}, Selector: map[string]string{"k": "v"}},
		Status:     corev1.ServiceStatus{Conditions: []metav1.Condition{{Type: "x"}}},
	}
	unserved(service)
	if service.UID != "" || service.ResourceVersion != "" || service.Spec.ClusterIP != "" || service.Status.Conditions != nil {
		t.Errorf("left: %v", service)
	}
	if service.Labels["k"] != "v" || service.Spec.Selector["k"] != "v" {
		t.Errorf("lost: %v", service)
	}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{
		Annotations: map[string]string{"deployment.kubernetes.io/revision": "1", "ours": "2"},
	}}
	if got := unserved(deployment).GetAnnotations(); !maps.Equal(got, map[string]string{"ours": "2"}) {
		t.Errorf("annotations: %v", got)
	}
}

func TestAnAppIsWholeWhenItsInventoryHasBeenSeen(t *testing.T) {
	r := &recorder{apps: map[client.ObjectKey]*sight{}}
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "so-a", Name: "x", Generation: 1, ResourceVersion: "5"}}
	app.Status.ObservedGeneration = 1
	app.Status.Children = []v1alpha1.Child{{Kind: "Service", Name: "x"}}
	first := time.Now()
	r.see("App", app, first)
	if r.missing(bare, 1) == nil {
		t.Error("whole without its Service")
	}
	child := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "so-a", Name: "x"}}
	r.see("Service", child, first) // nobody's
	if r.missing(bare, 1) == nil {
		t.Error("whole with somebody else's Service")
	}
	child.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(app, v1alpha1.GroupVersion.WithKind("App"))}
	r.see("Service", child, first.Add(time.Second))
	r.see("Service", child, first.Add(time.Minute)) // shown again by a new watch
	r.see("App", app, first.Add(time.Minute))
	if err := r.missing(bare, 1); err != nil {
		t.Error(err)
	}
	if r.missing(full, 1) == nil {
		t.Error("whole before it is Ready, where it can be")
	}
	seen := r.apps[client.ObjectKeyFromObject(app)]
	if got := later(seen.last, seen.complete()); !got.Equal(first.Add(time.Second)) {
		t.Errorf("settled %v after the first event", got.Sub(first))
	}
}

func TestWorkEndsWithItsFirstError(t *testing.T) {
	var calls atomic.Int32
	broken := errors.New("broken")
	err := inParallel(t.Context(), 2, 1000, func(_ context.Context, i int) error {
		calls.Add(1)
		if i == 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || calls.Load() == 1000 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	if err := inParallel(t.Context(), 2, 10, func(context.Context, int) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestUsersHaveNames(t *testing.T) {
	for user, want := range map[string]string{
		"system:serviceaccount:serviceowner-system:operator":      "operator",
		"system:serviceaccount:kube-system:deployment-controller": "controller manager",
		"system:serviceaccount:so-bench000:operator":              "serviceaccount:so-bench000:operator",
		"admin":                 "plain client",
		"system:kube-scheduler": "kube-scheduler",
	} {
		if got := nameOf(user); got != want {
			t.Errorf("%s is called %s", user, got)
		}
	}
}

func TestOwnUseIsNoDisturbance(t *testing.T) {
	start := time.Now()
	before := usage{at: start, operator: 1, plane: 10, harness: 2, machine: 100}
	after := usage{at: start.Add(time.Second), operator: 1.5, plane: 10.25, harness: 2.25, machine: 101}
	if got := spent(before, after); got.Disturbance != 0 || got.All != 1 || got.Operator != 0.5 {
		t.Errorf("got %+v", got)
	}
	if memoryOf(os.Getpid()).Now <= 0 {
		t.Skip("no /proc on this system")
	}
	if cpuSeconds(os.Getpid()) < 0 {
		t.Error("time runs backwards")
	}
}
