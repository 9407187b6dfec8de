// SPDX-License-Identifier: BSD-3-Clause

package references

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

const tenant = "so-skd"

// cluster is a fake API server, with a list of what was read of it in full.
type cluster struct {
	server  client.WithWatch
	digests *Digests
	// reads are the live reads, as "Secret keys".
	reads []string
	// failing are the answers to reads that fail, as "metadata Secret keys" or "Secret keys".
	failing map[string]error
}

func newCluster(t *testing.T, existing ...client.Object) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c := &cluster{server: fake.NewClientBuilder().WithScheme(scheme).WithObjects(existing...).Build(), failing: map[string]error{}}
	metadata := interceptor.NewClient(c.server, interceptor.Funcs{
		Get: func(ctx context.Context, server client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			partial, ok := obj.(*metav1.PartialObjectMetadata)
			if !ok {
				t.Errorf("a %T was read from the cache of metadata", obj)
				return nil
			}
			if err := c.failing["metadata "+partial.Kind+" "+key.Name]; err != nil {
				return err
			}
			return server.Get(ctx, key, obj, opts...)
		},
	})
	live := interceptor.NewClient(c.server, interceptor.Funcs{
		Get: func(ctx context.Context, server client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			kind := "ConfigMap"
			if _, isSecret := obj.(*corev1.Secret); isSecret {
				kind = "Secret"
			}
			c.reads = append(c.reads, kind+" "+key.Name)
			if err := c.failing[kind+" "+key.Name]; err != nil {
				return err
			}
			return server.Get(ctx, key, obj, opts...)
		},
	})
	c.digests = New(metadata, live)
	return c
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
	if err := c.server.Update(t.Context(), obj); err != nil {
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
