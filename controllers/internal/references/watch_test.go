// SPDX-License-Identifier: BSD-3-Clause

package references

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata/fake"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

func TestWhatIsNotThereIsReadOnceUntilItIs(t *testing.T) {
	c := newCluster(t)
	for i, step := range []struct {
		do      func()
		missing bool
		reads   []string
		woken   []string
	}{
		{missing: true, reads: []string{"Secret keys"}},
		{missing: true},
		{do: func() { c.create(t, aSecret(map[string][]byte{"a": []byte("1")})) }, reads: []string{"Secret keys"}, woken: []string{"Secret so-skd/keys"}},
		{},
		{do: func() { c.remove(t, aSecret(nil)) }, missing: true, reads: []string{"Secret keys"}, woken: []string{"Secret so-skd/keys"}},
		{missing: true},
	} {
		c.reads, c.woken = nil, nil
		if step.do != nil {
			step.do()
		}
		_, missing, err := c.digests.Of(t.Context(), tenant, []Ref{keys})
		if err != nil || (len(missing) > 0) != step.missing {
			t.Errorf("step %d: missing %v, %v", i+1, missing, err)
		}
		if diff := cmp.Diff(step.reads, c.reads); diff != "" {
			t.Errorf("step %d: live reads (-want +got):\n%s", i+1, diff)
		}
		if diff := cmp.Diff(step.woken, c.woken); diff != "" {
			t.Errorf("step %d: woken (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestBeforeTheFirstListNothingIsRemembered(t *testing.T) {
	c := newUnheard(t, aSecret(nil))
	c.digest(t, keys)
	c.digest(t, keys)
	if diff := cmp.Diff([]string{"Secret keys", "Secret keys"}, c.reads); diff != "" {
		t.Errorf("live reads (-want +got):\n%s", diff)
	}
	c.relist(t, c.sieves[kindSecret])
	if len(c.digests.known) != 0 || len(c.woken) != 0 {
		t.Errorf("remembered %v, woken %v", c.digests.known, c.woken)
	}
}

func TestAChangeWhileReadingIsNotMissed(t *testing.T) {
	c := newCluster(t, aSecret(map[string][]byte{"a": []byte("1")}))
	c.during = func() {
		c.during = nil
		c.store(t, aSecret(map[string][]byte{"a": []byte("2")}))
	}
	old := c.digest(t, keys)
	if now := c.digest(t, keys); now == old {
		t.Errorf("what was read before the change was remembered: %s", now)
	}
}

func TestTheNewsOfWhatWasReadIsNoChange(t *testing.T) {
	secret := aSecret(map[string][]byte{"a": []byte("1")})
	c := newCluster(t, secret)
	c.digest(t, keys)
	var stored corev1.Secret
	if err := c.server.Get(t.Context(), client.ObjectKeyFromObject(secret), &stored); err != nil {
		t.Fatal(err)
	}
	if err := c.sieves[kindSecret].Add(&stored); err != nil {
		t.Fatal(err)
	}
	c.reads = nil
	c.digest(t, keys)
	if len(c.reads) > 0 {
		t.Errorf("read again: %v", c.reads)
	}
	if diff := cmp.Diff([]string{"Secret so-skd/keys"}, c.woken); diff != "" {
		t.Errorf("another reader may not know it yet; woken (-want +got):\n%s", diff)
	}
}

func TestAfterABreakInTheWatch(t *testing.T) {
	edited := aSecret(map[string][]byte{"a": []byte("2")})
	for name, tc := range map[string]struct {
		meanwhile   func(c *cluster) error
		woken, read []string
	}{
		"what stands as it was read is not read again": {meanwhile: func(*cluster) error { return nil }},
		"what was edited is read again": {
			meanwhile: func(c *cluster) error { return c.server.Update(t.Context(), edited) },
			woken:     []string{"Secret so-skd/keys"}, read: []string{"Secret keys"},
		},
		"what was deleted is missed": {
			meanwhile: func(c *cluster) error { return c.server.Delete(t.Context(), aSecret(nil)) },
			woken:     []string{"Secret so-skd/keys"}, read: []string{"Secret keys"},
		},
		"what was missed is there": {
			meanwhile: func(c *cluster) error {
				return c.server.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: "later"}})
			},
			woken: []string{"Secret so-skd/later"}, read: []string{"Secret later"},
		},
		"what was never read may be what somebody failed to read": {
			meanwhile: func(c *cluster) error {
				return c.server.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: "unread"}})
			},
			woken: []string{"Secret so-skd/unread"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, aSecret(map[string][]byte{"a": []byte("1")}), aConfig(nil))
			refs := func() []Ref { return []Ref{keys, settings, {Kind: kindSecret, Name: "later"}} }
			if _, _, err := c.digests.Of(t.Context(), tenant, refs()); err != nil {
				t.Fatal(err)
			}
			c.reads = nil
			if err := tc.meanwhile(c); err != nil {
				t.Fatal(err)
			}
			c.relist(t, c.sieves[kindSecret])
			if _, _, err := c.digests.Of(t.Context(), tenant, refs()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.woken, c.woken); diff != "" {
				t.Errorf("woken (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.read, c.reads); diff != "" {
				t.Errorf("live reads (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDigestsDoNotGrowWithoutEnd(t *testing.T) {
	c := newCluster(t)
	for i := range remembered + 1 {
		c.digests.recall(place{kindSecret, tenant, fmt.Sprint(i)})
	}
	if kept := len(c.digests.known); kept > remembered {
		t.Errorf("%d are kept", kept)
	}
}

// TestSourcesWakeWhoReadsWhatChanges runs the Reflector itself, against client-go's fake of the metadata API.
func TestSourcesWakeWhoReadsWhatChanges(t *testing.T) {
	scheme := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	partial := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: "keys", ResourceVersion: "1"}}
	partial.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kindSecret))
	server := fake.NewSimpleMetadataClient(scheme, partial)
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	digests := newUnheard(t).digests
	sources := digests.Sources(server, func(_ context.Context, namespace string, changed Ref) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: namespace, Name: "reads-" + changed.Kind + "-" + changed.Name}}}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, each := range sources {
		if err := each.Start(ctx, queue); err != nil {
			t.Fatal(err)
		}
		if err := each.(source.SyncingSource).WaitForSync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(tenant).Delete(ctx, "keys", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	got, _ := queue.Get()
	if want := "so-skd/reads-Secret-keys"; got.String() != want {
		t.Errorf("woken: want %s, got %s", want, got)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := (&sieve{kind: kindSecret, listed: make(chan struct{})}).WaitForSync(stopped); err == nil {
		t.Error("a list that never came is no error")
	}
}
