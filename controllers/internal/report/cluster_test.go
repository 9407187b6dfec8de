// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// noon is when tests start.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// cluster is a fake API server that holds one App, a clock, and what is reported of the App.
type cluster struct {
	server   client.WithWatch
	reporter *Reporter
	clock    *clocktesting.FakeClock
	// events takes the events.
	events chan string
	// writes counts the writes of status that were tried.
	writes int
	// failing is the answer to writes; nil lets them through.
	failing error

	t *testing.T
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	app := &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd", Generation: 1},
		Status:     v1alpha1.AppStatus{Status: v1alpha1.Status{ObservedGeneration: -1}},
	}
	c := &cluster{clock: clocktesting.NewFakeClock(noon), events: make(chan string, 100), t: t}
	c.server = fake.NewClientBuilder().WithScheme(scheme).WithObjects(app).WithStatusSubresource(app).Build()
	c.reporter = &Reporter{
		Client: interceptor.NewClient(c.server, interceptor.Funcs{SubResourceUpdate: c.update}),
		Events: &events.FakeRecorder{Events: c.events}, Clock: c.clock,
	}
	return c
}

func (c *cluster) update(ctx context.Context, server client.Client, subResource string, obj client.Object, opts ...client.SubResourceUpdateOption) error {
	c.writes++
	if subResource != "status" {
		return errors.New("a write of " + subResource)
	}
	if c.failing != nil {
		return c.failing
	}
	return server.SubResource(subResource).Update(ctx, obj, opts...)
}

// app is the App as the API server holds it.
func (c *cluster) app() *v1alpha1.App {
	c.t.Helper()
	var app v1alpha1.App
	if err := c.server.Get(c.t.Context(), client.ObjectKey{Namespace: "so-skd", Name: "income"}, &app); err != nil {
		c.t.Fatal(err)
	}
	return &app
}

// publish publishes an outcome as the engine does.
func (c *cluster) publish(outcome Outcome) (reconcile.Result, error) {
	c.t.Helper()
	app := c.app()
	outcome.Told = slices.Clone(app.Status.Problems)
	return c.reporter.Publish(c.t.Context(), app.DeepCopy(), app, onePart, outcome)
}

// heard are the events since it was last asked.
func (c *cluster) heard() []string {
	var heard []string
	for {
		select {
		case event := <-c.events:
			heard = append(heard, event)
		default:
			return heard
		}
	}
}
