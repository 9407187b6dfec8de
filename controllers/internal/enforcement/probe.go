// SPDX-License-Identifier: BSD-3-Clause

package enforcement

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// patience is how long what was shown last holds while nothing is: a pod that moves to another node must not be news
// to every App, there and back.
const patience = 10 * time.Minute

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Probe tells what the pods of a namespace show. A nil one tells that nobody looks.
type Probe struct {
	// Namespace is where they run.
	Namespace string
	// Pods are read from here, and from nowhere else: it need hold no others.
	Pods cache.Cache
	// Clock says how long nothing is shown.
	Clock clock.WithDelayedExecution

	mu    sync.Mutex
	known State // what was shown last; NotProbed when nothing ever was
	// lost is since when nothing is shown, and expiry what wakes at the end of patience; zero while something is.
	lost   time.Time
	expiry clock.Timer
}

// State is what holds now.
func (p *Probe) State() State {
	if p == nil {
		return NotProbed
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.holds()
}

func (p *Probe) holds() State {
	if p.known == NotProbed || !p.lost.IsZero() && p.Clock.Since(p.lost) >= patience {
		return Unknown
	}
	return p.known
}

// Source wakes all when what holds changes. Its start is over when what is shown by then is known.
func (p *Probe) Source(all func(context.Context) []reconcile.Request) source.Source {
	looks := func(ctx context.Context, queue queue) {
		var pods corev1.PodList
		if err := p.Pods.List(ctx, &pods, client.InNamespace(p.Namespace), client.UnsafeDisableDeepCopy); err != nil {
			log.FromContext(ctx).Error(err, "looking at the pods of the probe")
			return
		}
		wake := func() {
			for _, request := range all(ctx) {
				queue.Add(request)
			}
		}
		if p.learn(Judge(pods.Items), wake) {
			wake()
		}
	}
	return source.Kind(p.Pods, &corev1.Pod{}, handler.TypedFuncs[*corev1.Pod, reconcile.Request]{
		CreateFunc: func(ctx context.Context, _ event.TypedCreateEvent[*corev1.Pod], queue queue) { looks(ctx, queue) },
		UpdateFunc: func(ctx context.Context, _ event.TypedUpdateEvent[*corev1.Pod], queue queue) { looks(ctx, queue) },
		DeleteFunc: func(ctx context.Context, _ event.TypedDeleteEvent[*corev1.Pod], queue queue) { looks(ctx, queue) },
	})
}

// learn takes in what is shown now, and says whether what holds has changed by it. What changes by time going by is
// told by expired.
func (p *Probe) learn(shown State, expired func()) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.holds()
	switch {
	case shown != Unknown:
		p.known, p.lost = shown, time.Time{}
		if p.expiry != nil {
			p.expiry.Stop()
			p.expiry = nil
		}
	case p.known != NotProbed && p.lost.IsZero():
		p.lost = p.Clock.Now()
		p.expiry = p.Clock.AfterFunc(patience, expired)
	}
	return p.holds() != before
}
