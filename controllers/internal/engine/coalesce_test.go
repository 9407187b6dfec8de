// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// aQueue is a queue with a clock that stands still.
func aQueue(t *testing.T) (workqueue.TypedRateLimitingInterface[reconcile.Request], *clocktesting.FakeClock) {
	t.Helper()
	clock := clocktesting.NewFakeClock(noon)
	queue := workqueue.NewTypedRateLimitingQueueWithConfig(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request](),
		workqueue.TypedRateLimitingQueueConfig[reconcile.Request]{Clock: clock})
	t.Cleanup(queue.ShutDown)
	return queue, clock
}

func TestCoalescedWakesOnceForManyEvents(t *testing.T) {
	queue, clock := aQueue(t)
	var asked int
	concerned := func(_ context.Context, obj client.Object) []reconcile.Request {
		asked++
		return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: obj.GetNamespace()}}}
	}
	coalesced := Coalesced(concerned, 2*time.Second)
	app := func(namespace string, n int) client.Object {
		return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("app-%d", n)}}
	}
	for n := range 100 {
		coalesced.Create(t.Context(), event.CreateEvent{Object: app("so-skd", n)}, queue)
		coalesced.Update(t.Context(), event.UpdateEvent{ObjectOld: app("so-nav", n), ObjectNew: app("so-skd", n)}, queue)
		coalesced.Delete(t.Context(), event.DeleteEvent{Object: app("so-brg", n)}, queue)
	}
	if queue.Len() != 0 || asked != 300 {
		t.Fatalf("%d wait at once; asked %d times", queue.Len(), asked)
	}
	takenIn(queue, clock)
	var woken []string
	for stepUntil(queue, clock, 2, 2*time.Second); queue.Len() > 0; {
		request, _ := queue.Get()
		woken = append(woken, request.Name)
	}
	slices.Sort(woken)
	if diff := cmp.Diff([]string{"so-brg", "so-skd"}, woken); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
}

// takenIn waits until the queue has taken in all that it was given, which it does in a routine of its
// own, in the order given: what was given last comes out first.
func takenIn(queue workqueue.TypedRateLimitingInterface[reconcile.Request], clock *clocktesting.FakeClock) {
	queue.AddAfter(reconcile.Request{}, 1)
	stepUntil(queue, clock, 1, 1)
	last, _ := queue.Get()
	queue.Done(last)
}

// stepUntil moves the clock until so many are ready.
func stepUntil(queue workqueue.TypedRateLimitingInterface[reconcile.Request], clock *clocktesting.FakeClock, ready int, step time.Duration) {
	for queue.Len() < ready {
		clock.Step(step)
		runtime.Gosched()
	}
}
