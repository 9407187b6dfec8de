// SPDX-License-Identifier: BSD-3-Clause

package written_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/altinn/serviceowner-operator/controllers/internal/written"
)

// lagging is an API server behind a cache that shows nothing of what happens until told to.
type lagging struct {
	server client.WithWatch
	shown  map[client.ObjectKey]*corev1.ConfigMap
}

func (l *lagging) Get(_ context.Context, _ client.WithWatch, name client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	shown, ok := l.shown[name]
	if !ok {
		return apierrors.NewNotFound(corev1.Resource("configmaps"), name.Name)
	}
	shown.DeepCopyInto(obj.(*corev1.ConfigMap))
	return nil
}

// catchUp lets the cache show what the server holds now.
func (l *lagging) catchUp(t *testing.T, name client.ObjectKey) {
	t.Helper()
	var current corev1.ConfigMap
	if err := l.server.Get(t.Context(), name, &current); apierrors.IsNotFound(err) {
		delete(l.shown, name)
		return
	} else if err != nil {
		t.Fatal(err)
	}
	l.shown[name] = &current
}

var name = client.ObjectKey{Namespace: "so-skd", Name: "income-runtime"}

func config(value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}, Data: map[string]string{"a": value}}
}

func TestClientReadsItsOwnWrites(t *testing.T) {
	const absent = "absent"
	for sentence, tc := range map[string]struct {
		steps func(t *testing.T, c *written.Client, cache *lagging, clk *clocktesting.FakeClock)
		want  string
	}{
		"an object that was created is there before the cache shows it": {
			steps: func(t *testing.T, c *written.Client, _ *lagging, _ *clocktesting.FakeClock) {
				must(t, c.Create(t.Context(), config("1")))
			},
			want: "1",
		},
		"an object that was updated is read as it was written": {
			steps: func(t *testing.T, c *written.Client, cache *lagging, _ *clocktesting.FakeClock) {
				first := config("1")
				must(t, c.Create(t.Context(), first))
				cache.catchUp(t, name)
				first.Data["a"] = "2"
				must(t, c.Update(t.Context(), first))
			},
			want: "2",
		},
		"a newer object in the cache wins over what was written": {
			steps: func(t *testing.T, c *written.Client, cache *lagging, _ *clocktesting.FakeClock) {
				first := config("1")
				must(t, c.Create(t.Context(), first))
				first.Data["a"] = "somebody else's"
				must(t, cache.server.Update(t.Context(), first))
				cache.catchUp(t, name)
			},
			want: "somebody else's",
		},
		"what was written is believed for no longer than its time": {
			steps: func(t *testing.T, c *written.Client, _ *lagging, clk *clocktesting.FakeClock) {
				must(t, c.Create(t.Context(), config("1")))
				clk.Step(written.Trust + time.Millisecond)
			},
			want: absent,
		},
		"an object that is gone after an update is gone": {
			steps: func(t *testing.T, c *written.Client, cache *lagging, clk *clocktesting.FakeClock) {
				first := config("1")
				must(t, c.Create(t.Context(), first))
				cache.catchUp(t, name)
				clk.Step(written.Trust + time.Millisecond)
				must(t, c.Get(t.Context(), name, &corev1.ConfigMap{}))
				must(t, c.Update(t.Context(), first))
				delete(cache.shown, name)
			},
			want: absent,
		},
		"an object we deleted is what the cache says": {
			steps: func(t *testing.T, c *written.Client, _ *lagging, _ *clocktesting.FakeClock) {
				first := config("1")
				must(t, c.Create(t.Context(), first))
				must(t, c.Delete(t.Context(), first))
			},
			want: absent,
		},
		"a write that failed is not believed": {
			steps: func(t *testing.T, c *written.Client, cache *lagging, _ *clocktesting.FakeClock) {
				must(t, cache.server.Create(t.Context(), config("1")))
				cache.catchUp(t, name)
				stale := config("2")
				stale.ResourceVersion = "999"
				if err := c.Update(t.Context(), stale); !apierrors.IsConflict(err) {
					t.Fatalf("updating on a version that is not the server's: %v", err)
				}
			},
			want: "1",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			clk := clocktesting.NewFakeClock(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC))
			cache := &lagging{server: fake.NewClientBuilder().Build(), shown: map[client.ObjectKey]*corev1.ConfigMap{}}
			c := written.New(interceptor.NewClient(cache.server, interceptor.Funcs{Get: cache.Get}), clk)
			tc.steps(t, c, cache, clk)
			got := absent
			var found corev1.ConfigMap
			if err := c.Get(t.Context(), name, &found); err == nil {
				got = found.Data["a"]
			} else if !apierrors.IsNotFound(err) {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("read %q, want %q", got, tc.want)
			}
		})
	}
}

// vault is an object of a kind without a Go type.
func vault(kind, value string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"a": value}}}
	obj.SetAPIVersion("storage.example.no/v1")
	obj.SetKind(kind)
	obj.SetNamespace(name.Namespace)
	obj.SetName(name.Name)
	return obj
}

func TestClientTellsKindsWithoutAGoTypeApart(t *testing.T) {
	server := fake.NewClientBuilder().Build()
	unseen := interceptor.Funcs{Get: func(_ context.Context, _ client.WithWatch, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
		return apierrors.NewNotFound(corev1.Resource("anything"), key.Name)
	}}
	c := written.New(interceptor.NewClient(server, unseen), clocktesting.NewFakeClock(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)))
	must(t, c.Create(t.Context(), vault("Vault", "1")))
	must(t, c.Create(t.Context(), vault("Account", "2")))
	for kind, want := range map[string]string{"Vault": "1", "Account": "2"} {
		found := vault(kind, "")
		must(t, c.Get(t.Context(), name, found))
		if got, _, _ := unstructured.NestedString(found.Object, "spec", "a"); got != want || found.GetKind() != kind {
			t.Errorf("%s is read as %v", kind, found.Object)
		}
	}
	if err := c.Get(t.Context(), name, vault("Other", "")); !apierrors.IsNotFound(err) {
		t.Errorf("one that was never written: %v", err)
	}
	found := vault("Vault", "")
	must(t, c.Get(t.Context(), name, found))
	must(t, unstructured.SetNestedField(found.Object, "changed", "spec", "a"))
	again := vault("Vault", "")
	must(t, c.Get(t.Context(), name, again))
	if got, _, _ := unstructured.NestedString(again.Object, "spec", "a"); got != "1" {
		t.Errorf("what was read can be changed by who read it: %s", got)
	}
	must(t, c.Delete(t.Context(), vault("Vault", "")))
	if err := c.Get(t.Context(), name, vault("Vault", "")); !apierrors.IsNotFound(err) {
		t.Errorf("one that was deleted: %v", err)
	}
	must(t, c.Get(t.Context(), name, vault("Account", "")))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
