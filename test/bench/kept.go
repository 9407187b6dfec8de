// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// foreignSize is what a Secret of others holds, in bytes.
	foreignSize = 10_000
	// foreignNamespaces is in how many namespaces, beside those of service owners, others have Secrets.
	foreignNamespaces = 10
	// same is by how much memory that stays the same may differ.
	same = 0.01
	// steadyTries is how often memory that does not stay the same is waited for.
	steadyTries = 4
)

// keptRun is what it costs to keep clients and keys that nothing is to be done about.
type keptRun struct {
	// Idle are the operator's requests to the API server while nothing happened, IdleCalls its calls to the outside.
	Idle      tally
	IdleCalls int
	// Foreign is how many Secrets of others came, Before and After the operator's memory without and with them.
	// Woken are the operator's requests to the API server meanwhile.
	Foreign       int
	Before, After memory
	Woken         tally
	// Resync is a look at all clients.
	Resync *look
	// Looks is how often a client was looked at in it.
	Looks int
}

// keep measures what it costs to keep what stands.
func (p *provision) keep(ctx context.Context) (*keptRun, error) {
	run := &keptRun{Foreign: p.s.Foreign}
	if err := p.idleness(ctx, run); err != nil {
		return nil, err
	}
	if p.s.Foreign > 0 {
		if err := p.foreignSecrets(ctx, run); err != nil {
			return nil, err
		}
	}
	fmt.Println(run.line())
	return run, p.resync(ctx, run)
}

func (p *provision) idleness(ctx context.Context, run *keptRun) error {
	before, err := p.operatorRequests(ctx)
	if err != nil {
		return err
	}
	p.outside.Sandbox.ClearRequests()
	if err := sleep(ctx, p.s.Idle); err != nil {
		return err
	}
	calls, others := clientCallsOf(p.outside.Sandbox.Counts())
	run.IdleCalls = calls.reads() + calls.writes() + others
	after, err := p.operatorRequests(ctx)
	run.Idle = after.minus(before)
	return err
}

// foreignSecrets measures the memory before and after others have made Secrets.
func (p *provision) foreignSecrets(ctx context.Context, run *keptRun) error {
	var err error
	if err := p.awaitKeys(ctx); err != nil { // what has been taken comes again, and each takes memory
		return err
	}
	fmt.Printf("  creating %d Secrets of others\n", p.s.Foreign)
	if run.Before, err = p.steady(ctx); err != nil {
		return err
	}
	before, err := p.operatorRequests(ctx)
	if err != nil {
		return err
	}
	for i := range foreignNamespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: otherNamespace(i)}}
		if err := p.client.Create(ctx, namespace); err != nil {
			return fmt.Errorf("creating namespace %s: %w", namespace.Name, err)
		}
	}
	err = inParallel(ctx, p.s.Workers, p.s.Foreign, func(ctx context.Context, i int) error {
		secret := foreignSecret(i, p.s.Owners)
		if err := p.client.Create(ctx, secret); err != nil {
			return fmt.Errorf("creating Secret %s/%s: %w", secret.Namespace, secret.Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if run.After, err = p.steady(ctx); err != nil {
		return err
	}
	after, err := p.operatorRequests(ctx)
	run.Woken = after.minus(before)
	return err
}

func otherNamespace(i int) string { return fmt.Sprintf("bench-foreign-%d", i) }

// foreignSecret is a Secret that has nothing to do with the operator: every other one lies beside Apps.
func foreignSecret(i, owners int) *corev1.Secret {
	namespace := namespaceOf(i / 2 % owners)
	if i%2 == 1 {
		namespace = otherNamespace(i / 2 % foreignNamespaces)
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("foreign-%04d", i)},
		Data:       map[string][]byte{"content": bytes.Repeat([]byte("x"), foreignSize)},
	}
}

// steady waits until what the operator has in use stays the same, a few times at the most.
func (p *provision) steady(ctx context.Context) (memory, error) {
	now, err := p.inUse(ctx)
	for range steadyTries {
		before := now
		if err := errors.Join(err, sleep(ctx, p.s.Steady)); err != nil {
			return now, err
		}
		if now, err = p.inUse(ctx); err != nil || math.Abs(now.Live-before.Live) <= same*before.Live {
			break
		}
	}
	return now, err
}

// inUse is the operator's memory, with what is in use of it.
func (st *stage) inUse(ctx context.Context) (memory, error) {
	now := memoryOf(st.operator.PID())
	live, err := scrape(ctx, http.DefaultClient, "http://"+st.operator.Metrics+"/metrics", "go_gc_heap_live_bytes",
		func(map[string]string) string { return "live" })
	if err == nil && live["live"] == 0 {
		err = errors.New("the operator does not tell how much memory it has in use")
	}
	now.Live = float64(live["live"]) / (1 << 20)
	return now, err
}

// resync starts an operator that looks at what stands as soon as may be, and waits until it has.
func (p *provision) resync(ctx context.Context, run *keptRun) error {
	often := p.digdir
	often.perSecond, often.resync, often.ready = p.s.Calls, soonest, fewReady // nobody takes a key
	config := filepath.Join(filepath.Dir(p.outside.Config), "resync.yaml")
	if err := rewrite(p.outside.Config, config, often.called); err != nil {
		return err
	}
	fmt.Println("  starting another operator")
	p.operator.Stop()
	p.outside.Sandbox.ClearRequests()
	p.operator.Config = config
	if err := p.operator.Start(ctx, p.admin); err != nil {
		return err
	}
	before, seen := p.usage(), &look{}
	err := p.until(ctx, func(context.Context) error {
		clients, first, last := keySetsRead(p.outside.Sandbox.Requests())
		seen.Wall = last.Sub(first).Seconds()
		if clients < p.s.Credentials {
			return fmt.Errorf("%d of %d clients have been looked at", clients, p.s.Credentials)
		}
		return nil
	})
	if err != nil {
		return err
	}
	seen.Spent = spent(before, p.usage())
	seen.Calls, seen.Tokens = clientCallsOf(p.outside.Sandbox.Counts())
	run.Looks = seen.Calls[http.MethodGet+" clients/{id}/jwks"]
	seen.Memory = memoryOf(p.operator.PID())
	if seen.Requests, err = p.operatorRequests(ctx); err != nil { // all that this process has made
		return err
	}
	run.Resync = seen
	fmt.Println(strings.Replace(seen.line("a resync of all clients"), "the registry", "self-service", 1))
	return nil
}

// share is how much of the memory in use without the Secrets of others there is with them.
func (r *keptRun) share() float64 { return r.After.Live / r.Before.Live }

// each is a count for each of what was looked at.
func each(count, of int) float64 { return float64(count) / float64(max(of, 1)) }
