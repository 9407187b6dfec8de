// SPDX-License-Identifier: BSD-3-Clause

package controllers

import (
	"fmt"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	runtimecluster "sigs.k8s.io/controller-runtime/pkg/cluster"

	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/enforcement"
)

// ProbeLeaks is the exit code by which a caller of the probe says that it got through to what is closed.
const ProbeLeaks = enforcement.Leaks

// isolation gives Apps what they judge NetworkPolicies by: the baseline's, and the probe where the configuration names
// one. Its pods are in a cache of their own: the operator's other pods are kept without what these show.
func (c cluster) isolation(kind *app.Kind) error {
	kind.Baseline = c.baseline.NetworkPolicies
	probe := c.operator.Isolation.Probe
	if probe == nil {
		return nil
	}
	pods, err := runtimecluster.New(c.mgr.GetConfig(), func(options *runtimecluster.Options) {
		options.Scheme, options.HTTPClient = c.mgr.GetScheme(), c.mgr.GetHTTPClient()
		options.Cache.DefaultNamespaces = map[string]cache.Config{probe.Namespace: {}}
		options.Cache.DefaultTransform = withoutManagedFields
	})
	if err != nil {
		return fmt.Errorf("looking at the probe: %w", err)
	}
	kind.Probe = &enforcement.Probe{Namespace: probe.Namespace, Pods: pods.GetCache(), Clock: clock.RealClock{}}
	return c.mgr.Add(pods)
}
