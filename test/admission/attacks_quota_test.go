// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A pod counts for the quota until it is gone: on its way out it makes no room, however long it takes. No controller
// runs here, so that the API server's own counting is seen.
func TestAttackOnTheQuotaByPodsOnTheirWayOut(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	standing(t, "namespaces", namespace("so-metered"))
	inQuota := func(name string, changes ...change) error {
		made := at("so-metered", pod(name, changes...))
		_, err := replicaSets.client().Resource(resourceOf(made, "pods")).Namespace("so-metered").Create(ctx, made, metav1.CreateOptions{})
		return err
	}
	quota := standing(t, "resourcequotas", at("so-metered", object("v1", "ResourceQuota", "tenant", set("spec.hard", obj{"pods": "5"}))))
	counted, err := changed(quota, set("status", obj{"hard": obj{"pods": "5"}, "used": obj{"pods": "0"}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Resource(resourceOf(quota, "resourcequotas")).Namespace("so-metered").UpdateStatus(ctx, counted, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}

	const says = "exceeded quota: tenant, requested: pods=1, used: pods=5, limited: pods=5"
	t.Run("of twenty pods made at once five are let in", func(t *testing.T) {
		answers := make([]error, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				answers[i] = inQuota(fmt.Sprintf("pod-%d", i), set("metadata.finalizers", list{"example.no/held"}))
			})
		}
		all.Wait()
		let := 0
		for _, err := range answers {
			if err == nil {
				let++
			} else if !strings.Contains(err.Error(), "exceeded quota: tenant") {
				t.Errorf("refused for another reason: %v", err)
			}
		}
		if let != 5 {
			t.Errorf("%d were let in", let)
		}
	})
	t.Run("pods on their way out make no room", func(t *testing.T) {
		pods := cluster.Resource(resourceOf(pod("x"), "pods")).Namespace("so-metered")
		if err := pods.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
			t.Fatal(err)
		}
		left, err := pods.List(ctx, metav1.ListOptions{})
		if err != nil || len(left.Items) != 5 {
			t.Fatalf("%d pods are on their way out, %v", len(left.Items), err)
		}
		expect(t, inQuota("next"), says)
	})
	t.Run("nor does a pod that says it has ended", func(t *testing.T) {
		expect(t, inQuota("ended", set("status.phase", "Succeeded")), says)
	})
}
