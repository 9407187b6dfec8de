// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/rotation"
)

const (
	// behind is how late a change is known where tokens are given, while keys are rotated.
	behind = 500 * time.Millisecond
	// perPod is how often each pod asks for a token and calls with it: with two pods an App does so each second.
	perPod = 2 * time.Second
)

// rotatedRun are the figures of Apps whose keys are rotated again and again while their pods use them.
type rotatedRun struct {
	Apps int
	// Rotations are how long each took, in seconds: from just before the first App was asked for it until the
	// last was seen to have one key again, another one.
	Rotations []float64
	// Played is what the pods did meanwhile.
	Played rotation.Tally
	// Calls are those to self-service meanwhile.
	Calls tally
	// Secrets and Keys are how many there are in the end: one for each App.
	Secrets, Keys int
	Spent         cost
}

// measureRotated rotates the keys of Apps on a whole control plane, whose pods ask for tokens all the while.
func (s settings) measureRotated(ctx context.Context) (_ *rotatedRun, err error) {
	made, err := newProvidedFixture(s.root, s.Owners, s.Rotated)
	if err != nil {
		return nil, err
	}
	as := digdir{perSecond: s.ClientCalls, resync: late, bits: weak, ready: fewReady, propagation: behind}
	outside, err := s.startDigdir(ctx, made, as)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, outside.Stop()) }()
	s.config = outside.Config
	st, err := s.open(ctx, full, "rotated", "", made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	seen, err := st.record(ctx, full)
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	p := &provision{stage: st, s: s, outside: outside, seen: seen, digdir: as}
	fmt.Printf("  creating %d Apps with a client each\n", s.Rotated)
	if err := p.createApps(ctx, s.Workers, seen); err != nil {
		return nil, err
	}
	if err := p.until(ctx, func(context.Context) error { return seen.missing(full, s.Rotated) }); err != nil {
		return nil, err
	}
	run, err := p.timeRotations(ctx)
	if err == nil {
		fmt.Println(run.line())
	}
	return run, err
}

// timeRotations plays the pods and rotates.
func (p *provision) timeRotations(ctx context.Context) (*rotatedRun, error) {
	players, err := rotation.Start(ctx, rotation.Options{Cluster: p.client, API: p.outside.BaseURL + "/protected/", Every: perPod})
	if err != nil {
		return nil, err
	}
	defer players.Stop() // once more changes nothing
	if err := p.until(ctx, func(context.Context) error { return playing(players, p.s.Rotated) }); err != nil {
		return nil, err
	}
	p.outside.Sandbox.ClearRequests()
	run := &rotatedRun{Apps: p.s.Rotated}
	before := p.usage()
	for round := range p.s.Rotations {
		took, err := p.rotate(ctx, round+1)
		if err != nil {
			return nil, fmt.Errorf("rotation %d: %w; the pods: %v", round+1, err, players.Tally())
		}
		run.Rotations = append(run.Rotations, took)
		fmt.Printf("  rotation %d: all Apps after %.1f s; %d failures\n", round+1, took, players.Tally().Failed())
	}
	if err := sleep(ctx, perPod+behind); err != nil { // a key that was dropped too soon is missed by now
		return nil, err
	}
	run.Spent = spent(before, p.usage())
	run.Played = players.Stop()
	run.Calls, _ = clientCallsOf(p.outside.Sandbox.Counts())
	for _, registered := range p.outside.Sandbox.Clients() {
		run.Keys += len(registered.Keys)
	}
	run.Secrets, err = p.secrets(ctx)
	return run, err
}

// playing returns nil when there is a token for each App.
func playing(players *rotation.Players, apps int) error {
	if tally := players.Tally(); tally.Tokens < apps || tally.Keys < apps {
		return fmt.Errorf("the pods of %d of %d Apps are played: %v", tally.Keys, apps, tally)
	}
	return nil
}

// rotate asks for another key for each App, and waits until it is the only one.
func (p *provision) rotate(ctx context.Context, round int) (float64, error) {
	before := p.seen.secretsInUse()
	start := time.Now()
	err := inParallel(ctx, p.s.Workers, len(p.made.apps), func(ctx context.Context, i int) error {
		app := p.made.apps[i]
		patch := client.RawPatch("application/merge-patch+json", []byte(
			`{"metadata":{"annotations":{`+strconv.Quote(v1alpha1.AnnotationRotateKeys)+`:"`+strconv.Itoa(round)+`"}}}`))
		target := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: app.Name}}
		if err := p.client.Patch(ctx, target, patch); err != nil {
			return fmt.Errorf("asking for another key of App %s/%s: %w", app.Namespace, app.Name, err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if err := p.until(ctx, func(context.Context) error { return p.seen.unrotated(before) }); err != nil {
		return 0, err
	}
	return time.Since(start).Seconds(), nil
}

// secrets is how many Secrets with keys there are.
func (p *provision) secrets(ctx context.Context) (int, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	err := p.client.List(ctx, list, client.HasLabels{v1alpha1.LabelClient})
	return len(list.Items), err
}

// secretsInUse are the names of the Secrets that Apps were last seen to use.
func (r *recorder) secretsInUse() map[client.ObjectKey]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	used := map[client.ObjectKey]string{}
	for key, seen := range r.apps {
		if seen.app != nil && len(seen.app.Status.Credentials) > 0 {
			used[key] = seen.app.Status.Credentials[0].Secret
		}
	}
	return used
}

// unrotated returns nil when all Apps have one key each, and another one than before.
func (r *recorder) unrotated(before map[client.ObjectKey]string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	left, example := 0, ""
	for key, secret := range before {
		app := r.of(key).app
		if !hasClient(app) || app.Status.Credentials[0].Secret == secret || len(app.Status.Credentials[0].Keys) != 1 {
			left++
			example = fmt.Sprintf("%s: %+v", key, app.Status.Credentials)
		}
	}
	if r.lost == nil && left > 0 {
		return fmt.Errorf("%d of %d Apps are not done; one of them: %s", left, len(before), example)
	}
	return r.lost
}
