// SPDX-License-Identifier: BSD-3-Clause

package references

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

const (
	kindSecret    = "Secret"
	kindConfigMap = "ConfigMap"
)

// Concerned are the requests to make when an object of a kind changes.
type Concerned func(ctx context.Context, namespace string, changed Ref) []reconcile.Request

// Sources are what wakes a controller when a Secret or ConfigMap changes. They hear of the metadata of
// all that there are, in every namespace, and keep nothing of it: client-go's Reflector lists, watches
// and starts over, and its store is a sieve.
func (d *Digests) Sources(cluster metadata.Interface, concerned Concerned) []source.Source {
	resources := map[string]string{kindSecret: "secrets", kindConfigMap: "configmaps"}
	var sources []source.Source
	for _, kind := range []string{kindSecret, kindConfigMap} {
		sources = append(sources, &sieve{
			digests: d, kind: kind, concerned: concerned, listed: make(chan struct{}),
			cluster: cluster, resource: corev1.SchemeGroupVersion.WithResource(resources[kind]),
		})
	}
	return sources
}

// sieve is the source of one kind, and the store of its Reflector.
type sieve struct {
	digests   *Digests
	kind      string
	cluster   metadata.Interface
	resource  schema.GroupVersionResource
	concerned Concerned

	ctx   context.Context
	queue workqueue.TypedRateLimitingInterface[reconcile.Request]
	// listed is closed when all objects were seen for the first time.
	listed chan struct{}
}

var (
	_ source.SyncingSource         = &sieve{}
	_ toolscache.TransformingStore = &sieve{}
)

// Start implements source.Source.
func (s *sieve) Start(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	s.ctx, s.queue = ctx, queue
	expected := &metav1.PartialObjectMetadata{}
	expected.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(s.kind))
	listWatch := toolscache.ToListWatcherWithWatchListSemantics(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return s.cluster.Resource(s.resource).List(ctx, options)
		},
		WatchFuncWithContext: s.cluster.Resource(s.resource).Watch,
	}, s.cluster)
	go toolscache.NewNamedReflector("references to "+s.kind, listWatch, expected, s, 0).RunWithContext(ctx)
	return nil
}

// WaitForSync implements source.SyncingSource.
func (s *sieve) WaitForSync(ctx context.Context) error {
	select {
	case <-s.listed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("listing the metadata of each %s: %w", s.kind, ctx.Err())
	}
}

// Transformer implements cache.TransformingStore: of what is listed, only the version waits for the rest.
func (s *sieve) Transformer() toolscache.TransformFunc {
	return func(listed any) (any, error) {
		obj, err := meta.Accessor(listed)
		if err != nil {
			return nil, err
		}
		return &metav1.ObjectMeta{Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: obj.GetUID(), ResourceVersion: obj.GetResourceVersion()}, nil
	}
}

// Add implements cache.ReflectorStore.
func (s *sieve) Add(created any) error { return s.changed(created, versionOf) }

// Update implements cache.ReflectorStore.
func (s *sieve) Update(updated any) error { return s.changed(updated, versionOf) }

// Delete implements cache.ReflectorStore.
func (s *sieve) Delete(deleted any) error { return s.changed(deleted, gone) }

// Resync implements cache.ReflectorStore.
func (s *sieve) Resync() error { return nil }

func gone(metav1.Object) version { return version{} }

// changed forgets what the object held before it came to the version that stands now, and wakes who reads it.
func (s *sieve) changed(obj any, stands func(metav1.Object) version) error {
	changed, err := meta.Accessor(obj)
	if err != nil {
		return err
	}
	at := place{s.kind, changed.GetNamespace(), changed.GetName()}
	s.digests.forget(at, stands(changed))
	s.wake(at)
	return nil
}

func (s *sieve) wake(at place) {
	for _, request := range s.concerned(s.ctx, at.namespace, Ref{Kind: at.kind, Name: at.name}) {
		s.queue.Add(request)
	}
}

// Replace implements cache.ReflectorStore: after a break in the watch, what is known of another version is
// forgotten, and who reads what may have changed is woken. Before the first list nothing is remembered.
func (s *sieve) Replace(list []any, _ string) error {
	stand := make(map[place]version, len(list))
	for _, obj := range list {
		listed, err := meta.Accessor(obj)
		if err != nil {
			return err
		}
		stand[place{s.kind, listed.GetNamespace(), listed.GetName()}] = versionOf(listed)
	}
	for _, at := range s.digests.reconsider(s.kind, stand) {
		s.wake(at)
	}
	select {
	case <-s.listed:
	default:
		close(s.listed)
	}
	return nil
}
