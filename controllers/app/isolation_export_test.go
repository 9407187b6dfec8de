// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// NewsOfStrangers and NewsOfBaselines are which news of NetworkPolicies wakes Apps, at once and later.
func NewsOfStrangers() predicate.Predicate { return policyNews(strangers) }

// NewsOfBaselines is described with NewsOfStrangers.
func NewsOfBaselines() predicate.Predicate { return policyNews(baselines) }

// Selected are the Apps that a NetworkPolicy wakes.
func Selected(ctx context.Context, cluster client.Reader, policy client.Object) []reconcile.Request {
	return watches{cluster: cluster}.selected(ctx, policy)
}
