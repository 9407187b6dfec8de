// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestOwnNews(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.App)
		want   bool
	}{
		"a status we wrote is none":        {change: func(app *v1alpha1.App) { app.Status.URL, app.ResourceVersion = "https://a", "8" }},
		"a label is none":                  {change: func(app *v1alpha1.App) { app.Labels = map[string]string{"a": "b"} }},
		"a finalizer we added is none":     {change: func(app *v1alpha1.App) { app.Finalizers = []string{v1alpha1.FinalizerInventory} }},
		"a spec is one, by its generation": {change: func(app *v1alpha1.App) { app.Generation = 2 }, want: true},
		"a deletion is one, since it raises the generation": {want: true, change: func(app *v1alpha1.App) {
			app.Generation, app.DeletionTimestamp = 2, &metav1.Time{Time: noon}
		}},
		"an annotation is one": {change: func(app *v1alpha1.App) { app.Annotations = map[string]string{"a": "b"} }, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := anApp(), anApp()
			tc.change(after)
			if got := OwnNews().Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after}); got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
		})
	}
	if !OwnNews().Create(event.CreateEvent{Object: anApp()}) || !OwnNews().Delete(event.DeleteEvent{Object: anApp()}) {
		t.Error("a new or a gone resource is no news")
	}
}

func TestControllerOptionsRetryFasterThanTheyGiveUp(t *testing.T) {
	options := ControllerOptions(7)
	if options.MaxConcurrentReconciles != 7 {
		t.Errorf("%d at once", options.MaxConcurrentReconciles)
	}
	var request reconcile.Request
	var waits []time.Duration
	for range 20 {
		waits = append(waits, options.RateLimiter.When(request))
	}
	if waits[0] != 50*time.Millisecond || waits[1] != 100*time.Millisecond || waits[19] != time.Minute {
		t.Errorf("waits: %v", waits)
	}
}

// brokenMapper is a mapper that cannot ask the API server.
type brokenMapper struct{ meta.RESTMapper }

func (brokenMapper) RESTMapping(schema.GroupKind, ...string) (*meta.RESTMapping, error) {
	return nil, errors.New("no answer")
}

func TestOptionalServed(t *testing.T) {
	route := schema.GroupVersionKind{Group: "gateway.networking.k8s.io", Version: "v1", Kind: "HTTPRoute"}
	knowing := meta.NewDefaultRESTMapper(nil)
	knowing.Add(route, meta.RESTScopeNamespace)
	for name, tc := range map[string]struct {
		mapper meta.RESTMapper
		want   bool
		failed bool
	}{
		"a kind the cluster serves":                  {mapper: knowing, want: true},
		"a kind the cluster does not serve":          {mapper: meta.NewDefaultRESTMapper(nil)},
		"a cluster that does not answer is not a no": {mapper: brokenMapper{}, failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			optional := &Optional{Kind: route, Mapper: tc.mapper}
			got, err := optional.served()
			if got != tc.want || (err != nil) != tc.failed {
				t.Errorf("want %v, got %v, %v", tc.want, got, err)
			}
			if optional.Known() {
				t.Error("it is known before it is watched")
			}
		})
	}
}
