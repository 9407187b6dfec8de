// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/hack/cluster"
	"github.com/altinn/serviceowner-operator/hack/local"
)

const (
	// admittedBlock is how many Apps are made before the policies are taken away, or put in force again: few, so that
	// what else happens on the machine meets both alike.
	admittedBlock = 25
	// warming is how many requests come before those that are timed, after each change.
	warming = 5
	// addedMost is how many milliseconds the policies may add to making an App, at p99.
	addedMost = 5
	deployers = "bench-deployers"
)

// admittedRun are the figures of what the policies add to making an App. Times are milliseconds of one request.
type admittedRun struct {
	// Apps is how many were made with the policies, and as many without.
	Apps int
	// Policies is how many there are.
	Policies      int
	Without, With delays
	// Judged is how many of the creates with policies the API server itself says that they held up for no longer than
	// so many seconds (le), as its histogram counts.
	Judged tally
	// Disturbance is how much of the machine others took, in percent.
	Disturbance float64
}

// delays are the middle of many times, and what only one of a hundred is above.
type delays struct{ P50, P99 float64 }

func (s *settings) admittedFlags() {
	flag.IntVar(&s.Admitted, "admitted", 500, "how many Apps are created with the admission policies, and as many without; 0 leaves it out")
}

func (s settings) checkAdmitted() error {
	if s.Admitted < 0 || s.Admitted > 5000 {
		return errors.New("-admitted must be at least 0 (up to 5000)")
	}
	return nil
}

func (s settings) admitted(ctx context.Context, result *result) (err error) {
	if s.Admitted == 0 {
		return nil
	}
	if result.Admitted, err = s.measureAdmitted(ctx); err != nil {
		return fmt.Errorf("what the policies add: %w", err)
	}
	return nil
}

// bound says whether the policies are in force.
type bound string

const (
	with    bound = "with"
	without bound = "without"
)

// turns is the order of blocks: one that no drift favours.
var turns = []bound{with, without, without, with}

// admission is a control plane whose policies come and go.
type admission struct {
	stage
	judged   tally
	deployer client.Client // who creates Apps, with a deployer's rights and bound by all policies
	bindings []*unstructured.Unstructured
	apps     []*v1alpha1.App
}

// measureAdmitted creates Apps on one bare control plane, in blocks with and without the policies by turns, one
// request after the other, as somebody with the rights of a service owner's deployer.
func (s settings) measureAdmitted(ctx context.Context) (_ *admittedRun, err error) {
	fmt.Println("admitted: starting a control plane")
	if err := cluster.Down(s.plane); err != nil {
		return nil, err
	}
	running, err := cluster.Up(ctx, cluster.Options{Dir: s.plane})
	if err != nil {
		return nil, err
	}
	a := &admission{stage: stage{cluster: running, plane: bare}, judged: tally{}}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.prepare(ctx, s); err != nil {
		return nil, err
	}
	if err := a.calm(ctx, s.Calm); err != nil {
		return nil, err
	}
	fmt.Printf("  creating %d Apps with %d policies, and %d without\n", s.Admitted, len(a.bindings), s.Admitted)
	took := map[bound][]time.Duration{}
	before := a.usage()
	for block := 0; len(a.apps) > 0; block++ {
		policies := turns[block%len(turns)]
		times, err := a.block(ctx, policies)
		if err != nil {
			return nil, err
		}
		took[policies] = append(took[policies], times...)
	}
	run := &admittedRun{
		Apps: len(took[with]), Policies: len(a.bindings), With: delaysOf(took[with]), Without: delaysOf(took[without]),
		Judged: a.judged, Disturbance: spent(before, a.usage()).Disturbance,
	}
	fmt.Println(run.line())
	return run, nil
}

// prepare installs what an installation has, and makes a service owner's namespace as the operator would, with a list
// of registries, so that the policy on images has something to judge.
func (a *admission) prepare(ctx context.Context, s settings) error {
	var err error
	if a.admin, err = a.cluster.Config(); err != nil {
		return err
	}
	a.admin.QPS = -1
	if a.client, err = client.NewWithWatch(a.admin, client.Options{Scheme: controllers.NewScheme()}); err != nil {
		return err
	}
	as := rest.CopyConfig(a.admin)
	as.Impersonate = rest.ImpersonationConfig{UserName: "bench", Groups: []string{deployers, "system:authenticated"}}
	if a.deployer, err = client.New(as, client.Options{Scheme: controllers.NewScheme()}); err != nil {
		return err
	}
	if err := local.Install(ctx, a.client, s.root); err != nil {
		return err
	}
	policies, err := local.Build(filepath.Join(s.root, "config", "admission"))
	if err != nil {
		return err
	}
	for _, object := range policies {
		if object.GetKind() == "ValidatingAdmissionPolicyBinding" {
			a.bindings = append(a.bindings, object)
		}
	}
	// The last that comes, and goes, is the one that is asked for.
	slices.SortStableFunc(a.bindings, func(x, y *unstructured.Unstructured) int { return rankOf(x) - rankOf(y) })
	// Two blocks of each at a time; so many that both get at least what was asked for.
	rounds := (s.Admitted + 2*admittedBlock - 1) / (2 * admittedBlock)
	made, err := newFixture(s.root, 1, rounds*4*admittedBlock)
	if err != nil {
		return err
	}
	a.apps = made.apps
	for _, app := range a.apps {
		app.Spec.Image = "registry.example.no/bench/" + app.Name + ":1"
	}
	return errors.Join(
		a.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: namespaceOf(0), Annotations: map[string]string{v1alpha1.AnnotationImageRegistries: "ghcr.io/altinn/,registry.example.no/bench/"},
		}}),
		a.client.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: deployers, Namespace: namespaceOf(0)},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "serviceowner-deployer"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: deployers}},
		}))
}

// askedFor is the policy that is asked whether the policies are in force: it refuses Apps of one name.
const askedFor = "serviceowner-operator-namespace"

func rankOf(binding *unstructured.Unstructured) int {
	if binding.GetName() == askedFor {
		return 1
	}
	return 0
}

// block creates the next Apps, with or without policies.
func (a *admission) block(ctx context.Context, policies bound) ([]time.Duration, error) {
	if err := a.turn(ctx, policies); err != nil {
		return nil, err
	}
	for range warming {
		if err := a.deployer.Create(ctx, a.apps[0].DeepCopy(), client.DryRunAll); err != nil {
			return nil, fmt.Errorf("trying an App: %w", err)
		}
	}
	next := a.apps[:admittedBlock]
	a.apps = a.apps[admittedBlock:]
	took := make([]time.Duration, len(next))
	before, err := a.judgements(ctx)
	if err != nil {
		return nil, err
	}
	for i, app := range next {
		begun := time.Now()
		if err := a.deployer.Create(ctx, app); err != nil {
			return nil, fmt.Errorf("creating App %s: %w", app.Name, err)
		}
		took[i] = time.Since(begun)
	}
	after, err := a.judgements(ctx)
	if err != nil || policies == without {
		return took, err
	}
	for within, count := range after.minus(before) {
		a.judged[within] += count
	}
	return took, nil
}

// judgements counts the creates that policies were asked about, by the most that they took.
func (a *admission) judgements(ctx context.Context) (tally, error) {
	server, err := rest.HTTPClientFor(a.admin)
	if err != nil {
		return nil, err
	}
	const histogram = "apiserver_admission_controller_admission_duration_seconds_bucket"
	return scrape(ctx, server, a.admin.Host+"/metrics", histogram, func(labels map[string]string) string {
		if labels["name"] != "ValidatingAdmissionPolicy" || labels["operation"] != "CREATE" || labels["type"] != "validate" {
			return ""
		}
		return labels["le"]
	})
}

// within is the share of creates, in percent, that policies held up for at most addedMost milliseconds.
func (r *admittedRun) within() float64 {
	return 100 * float64(r.Judged[fmt.Sprint(float64(addedMost)/1000)]) / float64(max(1, r.Judged["+Inf"]))
}

// turn puts the policies in force, or takes them away, and returns when the API server goes by that.
func (a *admission) turn(ctx context.Context, policies bound) error {
	for _, binding := range a.bindings {
		err := client.IgnoreNotFound(a.client.Delete(ctx, binding.DeepCopy()))
		if policies == with {
			err = local.Apply(ctx, a.client, []*unstructured.Unstructured{binding.DeepCopy()})
		}
		if err != nil {
			return fmt.Errorf("turning %s: %w", binding.GetName(), err)
		}
	}
	bad := a.apps[0].DeepCopy()
	bad.Name = "deployer"
	return a.until(ctx, func(ctx context.Context) error {
		err := a.deployer.Create(ctx, bad.DeepCopy(), client.DryRunAll)
		if refused := err != nil && strings.Contains(err.Error(), askedFor); refused != (policies == with) {
			return errors.Join(fmt.Errorf("the API server does not go %s the policies yet", policies), err)
		}
		return nil
	})
}

// delaysOf sorts the times.
func delaysOf(took []time.Duration) delays {
	slices.Sort(took)
	at := func(hundredths int) float64 {
		return took[min(len(took)-1, len(took)*hundredths/100)].Seconds() * 1000
	}
	return delays{P50: at(50), P99: at(99)}
}

func (r *admittedRun) line() string {
	return fmt.Sprintf("  an App's create: p50 %.1f ms without the policies and %.1f ms with them, p99 %.1f and %.1f; others took %.0f %% of the machine",
		r.Without.P50, r.With.P50, r.Without.P99, r.With.P99, r.Disturbance)
}

// print tells what the policies add.
func (r *admittedRun) print(b *strings.Builder) {
	fmt.Fprintf(b, "\n## What %d admission policies add to an App's create, %d Apps each, one after the other\n\n| figure | without, ms | with, ms | added, ms | held to |\n|---|---|---|---|---|\n", r.Policies, r.Apps)
	fmt.Fprintf(b, "| p50 | %.1f | %.1f | %.1f | |\n", r.Without.P50, r.With.P50, r.With.P50-r.Without.P50)
	fmt.Fprintf(b, "| **p99** | %.1f | %.1f | **%.1f** | < %d |\n", r.Without.P99, r.With.P99, r.With.P99-r.Without.P99, addedMost)
	fmt.Fprintf(b, "| creates that policies held up for at most %d ms, by the API server's own clock, %% | | %.1f | | ≥ 99 |\n", addedMost, r.within())
	fmt.Fprintf(b, "| taken by others, %% of the machine | %.0f | | | |\n", r.Disturbance)
}
