// SPDX-License-Identifier: BSD-3-Clause

package rotation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// everyDefault is how long a player waits between two rounds.
	everyDefault = 100 * time.Millisecond
	// callTimeout bounds a call; one that takes longer has failed.
	callTimeout = 10 * time.Second
	// againAfter is how soon what could not be read is read again.
	againAfter = 100 * time.Millisecond
)

// Options say whom to play.
type Options struct {
	// Cluster reads pods, and the Secrets they read.
	Cluster client.WithWatch
	// API is an address that a scope is put behind: what is there, a token with the scope opens.
	API string
	// Namespaces are those whose pods are played; none means all.
	Namespaces []string
	// Every is how long a pod waits between two rounds of a grant and a call; 100 ms when zero.
	Every time.Duration
	// HTTP makes the calls. Nil is a client that keeps enough connections for hundreds of pods.
	HTTP *http.Client
}

// Players play pods until they are stopped.
type Players struct {
	options Options
	counter *counter
	cancel  context.CancelFunc
	playing sync.WaitGroup
	pods    map[types.UID]context.CancelFunc
}

// Start plays all pods that are there, and those that come. ctx bounds the whole play; Stop ends it earlier.
func Start(ctx context.Context, options Options) (*Players, error) {
	if options.Every == 0 {
		options.Every = everyDefault
	}
	if options.HTTP == nil {
		options.HTTP = &http.Client{Timeout: callTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Players{options: options, counter: newCounter(), cancel: cancel, pods: map[types.UID]context.CancelFunc{}}
	watcher, err := p.look(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	p.playing.Go(func() { p.follow(ctx, watcher) })
	return p, nil
}

// Tally is what was done so far.
func (p *Players) Tally() Tally { return p.counter.tally() }

// Stop ends the play, lets every call come to its end, and gives the sum.
func (p *Players) Stop() Tally {
	p.cancel()
	p.playing.Wait()
	return p.Tally()
}

// look plays the pods that stand, ends those that are gone, and watches from there.
func (p *Players) look(ctx context.Context) (watch.Interface, error) {
	var pods corev1.PodList
	if err := p.options.Cluster.List(ctx, &pods); err != nil {
		return nil, fmt.Errorf("reading pods: %w", err)
	}
	there := map[types.UID]bool{}
	for i := range pods.Items {
		there[pods.Items[i].UID] = true
		p.see(ctx, &pods.Items[i])
	}
	for uid, end := range p.pods {
		if !there[uid] {
			end()
			delete(p.pods, uid)
		}
	}
	since := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: pods.ResourceVersion}}
	watcher, err := p.options.Cluster.Watch(ctx, &corev1.PodList{}, since)
	if err != nil {
		return nil, fmt.Errorf("watching pods: %w", err)
	}
	return watcher, nil
}

// follow hears of pods until ctx ends. A watch that breaks off is begun anew.
func (p *Players) follow(ctx context.Context, watcher watch.Interface) {
	for ctx.Err() == nil {
		p.hear(ctx, watcher)
		watcher.Stop()
		for ctx.Err() == nil {
			again, err := p.look(ctx)
			if err == nil {
				watcher = again
				break
			}
			pause(ctx, againAfter)
		}
	}
	watcher.Stop()
}

func (p *Players) hear(ctx context.Context, watcher watch.Interface) {
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-watcher.ResultChan():
			pod, ok := event.Object.(*corev1.Pod)
			if !open || !ok {
				return
			}
			if end := p.pods[pod.UID]; event.Type == watch.Deleted && end != nil {
				end()
				delete(p.pods, pod.UID)
			} else if event.Type != watch.Deleted {
				p.see(ctx, pod)
			}
		}
	}
}

// see begins to play a pod once it is placed on a node: from then on a kubelet reads what the pod is to read.
func (p *Players) see(ctx context.Context, pod *corev1.Pod) {
	elsewhere := len(p.options.Namespaces) > 0 && !slices.Contains(p.options.Namespaces, pod.Namespace)
	if elsewhere || p.pods[pod.UID] != nil || pod.Spec.NodeName == "" || pod.DeletionTimestamp != nil || !hasKey(pod) {
		return
	}
	alive, end := context.WithCancel(ctx)
	p.pods[pod.UID] = end
	one := &player{Options: p.options, counter: p.counter, pod: pod.DeepCopy()}
	p.playing.Go(func() {
		defer end()
		one.play(alive)
	})
}

// player plays one pod.
type player struct {
	Options
	counter *counter
	pod     *corev1.Pod
}

// play reads the pod's Secrets, and uses them until the pod is gone.
func (p *player) play(alive context.Context) {
	read, ok := p.start(alive)
	if !ok {
		return
	}
	p.counter.started(read.kid())
	for round := 0; alive.Err() == nil; round++ {
		p.round(alive, read, round)
		pause(alive, p.Every)
	}
}

// start reads what the pod reads, again and again where it is not there, as a kubelet does.
func (p *player) start(alive context.Context) (*identity, bool) {
	failed := false
	for alive.Err() == nil {
		read, err := p.read(alive)
		if err == nil {
			return read, true
		}
		if alive.Err() == nil && !failed {
			failed = true
			p.failed(func(t *Tally) { t.Unread++ }, err)
		}
		pause(alive, againAfter)
	}
	return nil, false
}

// round is a grant and a call. A call that is under way when the pod goes is let come to its end.
func (p *player) round(alive context.Context, read *identity, round int) {
	ctx := context.WithoutCancel(alive)
	token, err := p.grant(ctx, read, round)
	if err != nil {
		p.failed(func(t *Tally) { t.FailedTokens++ }, err)
		return
	}
	p.counter.add(func(t *Tally) { t.Tokens++ })
	if err := p.call(ctx, read.scopes[round%len(read.scopes)], token); err != nil {
		p.failed(func(t *Tally) { t.FailedCalls++ }, err)
		return
	}
	p.counter.add(func(t *Tally) { t.Calls++ })
}

// failed counts a failure, as one of the pod if it is still there.
func (p *player) failed(count func(*Tally), why error) {
	var pod corev1.Pod
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	err := p.Cluster.Get(ctx, client.ObjectKeyFromObject(p.pod), &pod)
	if gone := client.IgnoreNotFound(err) == nil && (err != nil || pod.UID != p.pod.UID); gone {
		count = func(t *Tally) { t.Late++ }
	}
	word := cause("something else")
	if told, ok := errors.AsType[cause](why); ok {
		word = told
	}
	p.counter.add(func(t *Tally) { count(t); t.Causes[string(word)]++ })
}

func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}
