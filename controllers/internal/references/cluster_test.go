// SPDX-License-Identifier: BSD-3-Clause

package references

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const tenant = "so-skd"

// cluster is a fake API server, with a list of what was read of it.
type cluster struct {
	server  client.WithWatch
	digests *Digests
	// sieves hear of what changes, by kind.
	sieves map[string]*sieve
	// reads are the live reads, as "Secret keys".
	reads []string
	// woken are the places whose readers were woken.
	woken []string
	// failing are the answers to reads that fail, as "Secret keys".
	failing map[string]error
	// during is done while an object is read, after the server has answered.
	during func()
}

// newCluster has digests that have seen the first list.
func newCluster(t *testing.T, existing ...client.Object) *cluster {
	t.Helper()
	c := newUnheard(t, existing...)
	for _, sieve := range c.sieves {
		c.relist(t, sieve)
	}
	return c
}

// newUnheard has digests that hear of no change.
func newUnheard(t *testing.T, existing ...client.Object) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := &cluster{server: fake.NewClientBuilder().WithScheme(scheme).WithObjects(existing...).Build(), failing: map[string]error{}}
	live := interceptor.NewClient(c.server, interceptor.Funcs{
		Get: func(ctx context.Context, server client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			kind := kindOf(obj)
			c.reads = append(c.reads, kind+" "+key.Name)
			if err := c.failing[kind+" "+key.Name]; err != nil {
				return err
			}
			err := server.Get(ctx, key, obj, opts...)
			if c.during != nil {
				c.during()
			}
			return err
		},
	})
	c.digests, c.sieves = New(live), map[string]*sieve{}
	for _, kind := range []string{kindSecret, kindConfigMap} {
		c.sieves[kind] = &sieve{digests: c.digests, kind: kind, listed: make(chan struct{}), ctx: t.Context(),
			concerned: func(_ context.Context, namespace string, changed Ref) []reconcile.Request {
				c.woken = append(c.woken, changed.Kind+" "+namespace+"/"+changed.Name)
				return nil
			}}
	}
	return c
}

func kindOf(obj client.Object) string {
	if _, isSecret := obj.(*corev1.Secret); isSecret {
		return kindSecret
	}
	return kindConfigMap
}

// relist is what a Reflector does at first, and after a break in its watch.
func (c *cluster) relist(t *testing.T, to *sieve) {
	t.Helper()
	var list client.ObjectList = &corev1.ConfigMapList{}
	if to.kind == kindSecret {
		list = &corev1.SecretList{}
	}
	if err := c.server.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		t.Fatal(err)
	}
	var listed []any
	for _, item := range items {
		stripped, err := to.Transformer()(item)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, stripped)
	}
	if err := to.Replace(listed, ""); err != nil {
		t.Fatal(err)
	}
}

// digest is that of references that must all be there.
func (c *cluster) digest(t *testing.T, refs ...Ref) string {
	t.Helper()
	digest, missing, err := c.digests.Of(t.Context(), tenant, refs)
	if err != nil || len(missing) > 0 {
		t.Fatalf("missing %v, %v", missing, err)
	}
	return digest
}

// store updates an object as a user would.
func (c *cluster) store(t *testing.T, obj client.Object) {
	t.Helper()
	stored, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		t.Fatalf("%T has no metadata", obj)
	}
	if err := c.server.Get(t.Context(), client.ObjectKeyFromObject(obj), stored); err != nil {
		t.Fatal(err)
	}
	obj.SetResourceVersion(stored.GetResourceVersion())
	if err := errors.Join(c.server.Update(t.Context(), obj), c.sieves[kindOf(obj)].Update(obj)); err != nil {
		t.Fatal(err)
	}
}

// create makes an object as a user would.
func (c *cluster) create(t *testing.T, obj client.Object) {
	t.Helper()
	obj.SetResourceVersion("")
	if err := errors.Join(c.server.Create(t.Context(), obj), c.sieves[kindOf(obj)].Add(obj)); err != nil {
		t.Fatal(err)
	}
}

// remove deletes an object as a user would.
func (c *cluster) remove(t *testing.T, obj client.Object) {
	t.Helper()
	if err := errors.Join(c.server.Delete(t.Context(), obj), c.sieves[kindOf(obj)].Delete(obj)); err != nil {
		t.Fatal(err)
	}
}

func metaOf(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: tenant, UID: "uid-1"}
}

func aSecret(data map[string][]byte) *corev1.Secret {
	meta := metaOf("keys")
	meta.UID = "uid-2"
	return &corev1.Secret{ObjectMeta: meta, Data: data}
}

func aConfig(data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metaOf("settings"), Data: data}
}
