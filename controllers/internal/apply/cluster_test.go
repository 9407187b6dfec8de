// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"context"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// cluster is a fake API server, a cache of it that may be behind, and a list of what was asked.
type cluster struct {
	// server is what is there; what a test does with it is not listed.
	server client.WithWatch
	// applier is what is tested.
	applier *Applier
	// calls are all writes and all reads past the cache, as "create ConfigMap a".
	calls []string
	// unseen are objects the cache has not seen, as "ConfigMap a".
	unseen map[string]bool
	// stale are objects of which the cache still holds an earlier state.
	stale map[string]client.Object
	// failing are the answers to calls that fail.
	failing map[string]error
	// incoming is what a webhook does to each object on its way in.
	incoming func(client.Object)

	t    *testing.T
	made int
}

func knownKinds(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return scheme
}

func newCluster(t *testing.T, existing ...client.Object) *cluster {
	t.Helper()
	c := &cluster{
		server: fake.NewClientBuilder().WithScheme(knownKinds(t)).WithObjects(existing...).Build(),
		unseen: map[string]bool{}, stale: map[string]client.Object{}, failing: map[string]error{}, t: t,
	}
	c.applier = &Applier{
		Client: knowing{interceptor.NewClient(c.server, interceptor.Funcs{Get: c.get, Create: c.create, Update: c.update, Delete: c.delete}), knownKinds(t)},
		Live:   interceptor.NewClient(c.server, interceptor.Funcs{Get: c.live}),
	}
	return c
}

// knowing is a client that knows the kinds it was made with and learns no others, as a real one; the fake one
// takes up each that it meets.
type knowing struct {
	client.Client
	kinds *runtime.Scheme
}

// Scheme implements client.Client.
func (k knowing) Scheme() *runtime.Scheme { return k.kinds }

// nameOf returns how a test calls an object.
func (c *cluster) nameOf(obj client.Object) string {
	gvk, err := apiutil.GVKForObject(obj, c.server.Scheme())
	if err != nil {
		c.t.Fatal(err)
	}
	return gvk.Kind + " " + obj.GetName()
}

// call lists a call and returns the error it is to end with.
func (c *cluster) call(verb string, obj client.Object) error {
	name := verb + " " + c.nameOf(obj)
	c.calls = append(c.calls, name)
	return c.failing[name]
}

func (c *cluster) get(ctx context.Context, server client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	obj.SetName(key.Name)
	name := c.nameOf(obj)
	if err := c.failing["get "+name]; err != nil {
		return err
	}
	if c.unseen[name] {
		return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	}
	if earlier := c.stale[name]; earlier != nil {
		return server.Scheme().Convert(earlier, obj, nil)
	}
	return server.Get(ctx, key, obj, opts...)
}

func (c *cluster) live(ctx context.Context, server client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	obj.SetName(key.Name)
	if err := c.call("live", obj); err != nil {
		return err
	}
	return server.Get(ctx, key, obj, opts...)
}

func (c *cluster) create(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
	var options client.CreateOptions
	c.expectManager(options.ApplyOptions(opts).FieldManager)
	if err := c.call("create", obj); err != nil {
		return err
	}
	if c.incoming != nil {
		c.incoming(obj)
	}
	c.made++
	obj.SetUID(types.UID(fmt.Sprintf("made-%d", c.made)))
	return server.Create(ctx, obj)
}

func (c *cluster) update(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.UpdateOption) error {
	var options client.UpdateOptions
	c.expectManager(options.ApplyOptions(opts).FieldManager)
	if err := c.call("update", obj); err != nil {
		return err
	}
	if obj.GetResourceVersion() == "" {
		c.t.Errorf("update of %s names no version: a stale cache could undo a newer write", c.nameOf(obj))
	}
	if c.incoming != nil {
		c.incoming(obj)
	}
	return server.Update(ctx, obj)
}

// delete does what the fake client leaves out: it heeds the UID that a delete names.
func (c *cluster) delete(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
	if err := c.call("delete", obj); err != nil {
		return err
	}
	var options client.DeleteOptions
	options.ApplyOptions(opts)
	if options.Preconditions == nil || options.Preconditions.UID == nil {
		c.t.Fatalf("delete of %s names no UID", c.nameOf(obj))
	}
	there, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		c.t.Fatalf("%T has no metadata", obj)
	}
	if err := server.Get(ctx, client.ObjectKeyFromObject(obj), there); err != nil {
		return err
	}
	if there.GetUID() != *options.Preconditions.UID {
		return apierrors.NewConflict(schema.GroupResource{Resource: "objects"}, obj.GetName(), errors.New("the UID is another one"))
	}
	return server.Delete(ctx, obj)
}

func (c *cluster) expectManager(got string) {
	if got != FieldManager {
		c.t.Errorf("a write under the name %q instead of %q", got, FieldManager)
	}
}

// held returns an object as the API server holds it; nil when it is not there.
func held[T client.Object](c *cluster, empty T, namespace, name string) T {
	c.t.Helper()
	var none T
	err := c.server.Get(c.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, empty)
	if apierrors.IsNotFound(err) {
		return none
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return empty
}

// change stores an object as somebody changed it.
func (c *cluster) change(obj client.Object, how func()) {
	c.t.Helper()
	if err := c.server.Get(c.t.Context(), client.ObjectKeyFromObject(obj), obj); err != nil {
		c.t.Fatal(err)
	}
	how()
	if err := c.server.Update(c.t.Context(), obj); err != nil {
		c.t.Fatal(err)
	}
}

// remove deletes an object as somebody would.
func (c *cluster) remove(obj client.Object) {
	c.t.Helper()
	if err := c.server.Delete(c.t.Context(), obj); err != nil {
		c.t.Fatal(err)
	}
}

const tenant = "so-skd"

// anApp owns its children by ownerReference.
func anApp() *v1alpha1.App {
	return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: tenant, UID: "app-1"}}
}

// aServiceOwner owns its children by annotation.
func aServiceOwner() *v1alpha1.ServiceOwner {
	return &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: "skd", UID: "owner-1"}}
}

// aConfig is a ConfigMap in the tenant's namespace that holds one value.
func aConfig(name, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: tenant, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
		Data:       map[string]string{"key": value},
	}
}

// aForeignConfig is a ConfigMap of the same place that somebody else made.
func aForeignConfig(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: tenant, UID: "foreign"}, Data: map[string]string{"theirs": "1"}}
}

func aNamespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant, Labels: map[string]string{"ours": "1"}}}
}

// refTo is how an inventory names a ConfigMap of the tenant's namespace.
func refTo(name string) v1alpha1.Child {
	return v1alpha1.Child{APIVersion: "v1", Kind: "ConfigMap", Namespace: tenant, Name: name}
}

// theNamespace is how an inventory names the tenant's namespace.
var theNamespace = v1alpha1.Child{APIVersion: "v1", Kind: "Namespace", Name: tenant}

// childrenOf returns objects as plain children.
func childrenOf(objects ...client.Object) []Child {
	children := make([]Child, 0, len(objects))
	for _, obj := range objects {
		children = append(children, Child{Object: obj})
	}
	return children
}

// textOf is an error's text; empty for none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
