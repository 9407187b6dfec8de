// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

const tenant = "so-skd"

// cluster is a fake API server and a list of the writes that were tried.
type cluster struct {
	// server is what is there; what a test does with it is not listed.
	server client.WithWatch
	// client is what an engine gets.
	client client.Client
	// calls are the writes, as "create ConfigMap a"; "record App income" is one of status.
	calls []string
	// events takes the events.
	events chan string
	// fault is what goes wrong with a write: it is called before and after each, with its number.
	fault func(moment string, write int) error
	// failing are the answers to calls that fail.
	failing map[string]error

	t    *testing.T
	made int
}

func newCluster(t *testing.T, existing ...client.Object) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		server: fake.NewClientBuilder().WithScheme(scheme).WithObjects(existing...).
			WithStatusSubresource(&v1alpha1.App{}, &v1alpha1.ServiceOwner{}).Build(),
		events: make(chan string, 1000), failing: map[string]error{}, t: t,
	}
	c.client = interceptor.NewClient(c.server, interceptor.Funcs{
		Create: func(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
			c.made++
			obj.SetUID(types.UID(fmt.Sprintf("made-%d", c.made)))
			return c.write("create", obj, func() error { return server.Create(ctx, obj, opts...) })
		},
		Update: func(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.UpdateOption) error {
			return c.write("update", obj, func() error { return server.Update(ctx, obj, opts...) })
		},
		Patch: func(ctx context.Context, server client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
			return c.write("patch", obj, func() error { return server.Patch(ctx, obj, patch, opts...) })
		},
		Delete: func(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
			return c.write("delete", obj, func() error { return errors.Join(server.Delete(ctx, obj, opts...), c.empty(ctx, obj)) })
		},
		SubResourceUpdate: func(ctx context.Context, server client.Client, name string, obj client.Object, opts ...client.SubResourceUpdateOption) error {
			return c.write("record", obj, func() error { return server.SubResource(name).Update(ctx, obj, opts...) })
		},
	})
	return c
}

// write lists a write and lets it through, unless something goes wrong before or after.
func (c *cluster) write(verb string, obj client.Object, do func() error) error {
	gvk, err := apiutil.GVKForObject(obj, c.server.Scheme())
	if err != nil {
		c.t.Fatal(err)
	}
	call := fmt.Sprintf("%s %s %s", verb, gvk.Kind, obj.GetName())
	c.calls = append(c.calls, call)
	number := len(c.calls)
	if err := c.failing[call]; err != nil {
		return err
	}
	if c.fault != nil {
		if err := c.fault("before", number); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if c.fault != nil {
		return c.fault("after", number)
	}
	return nil
}

// empty does what the namespace controller does when a namespace is deleted.
func (c *cluster) empty(ctx context.Context, deleted client.Object) error {
	if _, isNamespace := deleted.(*corev1.Namespace); !isNamespace {
		return nil
	}
	return c.server.DeleteAllOf(ctx, &corev1.ConfigMap{}, client.InNamespace(deleted.GetName()))
}

// heard are the events so far.
func (c *cluster) heard() []string {
	var heard []string
	for len(c.events) > 0 {
		heard = append(heard, <-c.events)
	}
	return heard
}

// configs are the names of the ConfigMaps that are there.
func (c *cluster) configs() []string {
	c.t.Helper()
	var list corev1.ConfigMapList
	if err := c.server.List(c.t.Context(), &list); err != nil {
		c.t.Fatal(err)
	}
	var names []string
	for _, config := range list.Items {
		names = append(names, config.Name)
	}
	return names
}

// object reads the resource itself; it is nil when it is gone.
func object[O report.Object](c *cluster, empty O) (found O) {
	c.t.Helper()
	err := c.server.Get(c.t.Context(), client.ObjectKeyFromObject(empty), empty)
	if client.IgnoreNotFound(err) != nil {
		c.t.Fatal(err)
	}
	if apierrors.IsNotFound(err) {
		return found
	}
	return empty
}

func anApp() *v1alpha1.App {
	return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: tenant, UID: "app-1", Generation: 1}}
}

func aServiceOwner() *v1alpha1.ServiceOwner {
	return &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: "skd", UID: "owner-1", Generation: 1}}
}

// aDeletedServiceOwner is one that somebody deleted, with the finalizers that still hold it.
func aDeletedServiceOwner(policy v1alpha1.DeletionPolicy, finalizers ...string) *v1alpha1.ServiceOwner {
	owner := aServiceOwner()
	owner.Finalizers, owner.DeletionTimestamp = finalizers, &metav1.Time{Time: noon}
	owner.Spec.DeletionPolicy = policy
	return owner
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// configs returns ConfigMaps as children, each written as name or name=value.
func configs(specs ...string) []apply.Child {
	var children []apply.Child
	for _, spec := range specs {
		name, value, _ := strings.Cut(spec, "=")
		children = append(children, apply.Child{Object: &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: tenant, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
			Data:       map[string]string{"value": value},
		}})
	}
	return children
}

// inNamespace returns the tenant's namespace and ConfigMaps in it.
func inNamespace(specs ...string) []apply.Child {
	namespace := apply.Child{Object: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant}}}
	return append([]apply.Child{namespace}, configs(specs...)...)
}

// tinyKind is a kind whose facts, verdict and children are as a test says.
type tinyKind[O report.Object] struct {
	// unknown is why the facts are not known.
	unknown error
	verdict decide.Verdict
	// children is what is rendered; nil fails the test.
	children func() ([]apply.Child, error)
	// described is how the children were, as the kind was told last.
	described []observe.Health
	// facts are those it was told of its children with.
	facts string
	// action is what was rendered for.
	action decide.Action
}

func (k *tinyKind[O]) Gather(context.Context, client.Reader, O) (string, error) {
	return "facts", k.unknown
}

func (k *tinyKind[O]) Decide(_ O, facts string) decide.Verdict {
	if facts != "facts" {
		panic("decided without facts")
	}
	return k.verdict
}

func (k *tinyKind[O]) Render(_ O, _ string, action decide.Action) ([]apply.Child, error) {
	k.action = action
	return k.children()
}

func (k *tinyKind[O]) Describe(_ O, facts string, children []observe.Health) {
	k.facts, k.described = facts, children
}

// admitting is a kind that admits everything and wants these children.
func admitting[O report.Object](children func() []apply.Child) *tinyKind[O] {
	return &tinyKind[O]{
		verdict:  decide.Verdict{Action: decide.ActionAdmit},
		children: func() ([]apply.Child, error) { return children(), nil },
	}
}

var (
	_ Kind[*v1alpha1.App, string]          = (*tinyKind[*v1alpha1.App])(nil)
	_ Kind[*v1alpha1.ServiceOwner, string] = (*tinyKind[*v1alpha1.ServiceOwner])(nil)
)

// newEngine returns an engine that remembers nothing, as after a restart.
func newEngine[O report.Object](c *cluster, kind *tinyKind[O]) *Engine[O, string] {
	return &Engine[O, string]{
		Kind: kind, Cluster: c.client, Scheme: c.server.Scheme(),
		Applier:  &apply.Applier{Client: c.client, Live: c.server},
		Reporter: &report.Reporter{Client: c.client, Events: &events.FakeRecorder{Events: c.events}, Clock: clocktesting.NewFakeClock(noon)},
		Parts:    []report.Part{{Condition: v1alpha1.ConditionAvailable}},
		Retains: func(obj O) bool {
			owner, isOwner := any(obj).(*v1alpha1.ServiceOwner)
			return isOwner && owner.Spec.DeletionPolicy == v1alpha1.DeletionRetain
		},
	}
}

// pass runs one pass over the resource as it is on the server.
func pass[O report.Object](c *cluster, kind *tinyKind[O], empty O) (reconcile.Result, error) {
	c.t.Helper()
	obj := object(c, empty)
	if any(obj) == any(*new(O)) {
		return reconcile.Result{}, nil // AsReconciler ends here when the resource is gone
	}
	return newEngine(c, kind).Reconcile(c.t.Context(), obj)
}

// passes runs a pass that must go through.
func passes[O report.Object](c *cluster, kind *tinyKind[O], empty O) {
	c.t.Helper()
	if _, err := pass(c, kind, empty); err != nil {
		c.t.Fatalf("the pass before: %v", err)
	}
	c.calls = nil
	c.heard()
}

// readyOf is the status and the reason of Ready.
func readyOf(obj report.Object) string {
	for _, condition := range obj.GetStatus().Conditions {
		if condition.Type == v1alpha1.ConditionReady {
			return fmt.Sprintf("%s %s", condition.Status, condition.Reason)
		}
	}
	return ""
}

// recorded are the names of the children on record.
func recorded(obj report.Object) []string {
	var names []string
	for _, ref := range obj.GetStatus().Children {
		names = append(names, ref.Name)
	}
	return names
}
