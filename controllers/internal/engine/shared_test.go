// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// shared is a child whose engine adds owners to it.
func shared() []apply.Child {
	children := configs("a")
	children[0].Shared = true
	return children
}

func TestReconcileDeletesByItselfWhatNobodyCollects(t *testing.T) {
	c := newCluster(t, anApp())
	passes(c, admitting[*v1alpha1.App](shared), anApp())
	if diff := cmp.Diff([]string{v1alpha1.FinalizerInventory}, object(c, anApp()).Finalizers); diff != "" {
		t.Fatalf("finalizers (-want +got):\n%s", diff)
	}
	if err := c.server.Delete(t.Context(), object(c, anApp())); err != nil {
		t.Fatal(err)
	}
	c.calls = nil
	if _, err := pass(c, admitting[*v1alpha1.App](shared), anApp()); err != nil {
		t.Fatal(err)
	}
	if left := c.configs(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if app := object(c, anApp()); app != nil {
		t.Errorf("the App waits for what its engine has still to do: %v", app.Finalizers)
	}
}

func TestReconcileLeavesToKubernetesWhatItCollects(t *testing.T) {
	c := newCluster(t, anApp())
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a") }), anApp())
	if finalizers := object(c, anApp()).Finalizers; len(finalizers) > 0 {
		t.Errorf("finalizers: %v", finalizers)
	}
}

func TestReconcileHoldsNoAppForItsChildrenThatOthersStillHold(t *testing.T) {
	app := anApp()
	app.Finalizers = []string{v1alpha1.FinalizerRegistration}
	c := newCluster(t, app)
	passes(c, admitting[*v1alpha1.App](shared), anApp())
	if err := c.server.Delete(t.Context(), object(c, anApp())); err != nil {
		t.Fatal(err)
	}
	if _, err := pass(c, admitting[*v1alpha1.App](shared), anApp()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{v1alpha1.FinalizerRegistration}, object(c, anApp()).Finalizers); diff != "" || len(c.configs()) > 0 {
		t.Errorf("left: %v, finalizers (-want +got):\n%s", c.configs(), diff)
	}
}
