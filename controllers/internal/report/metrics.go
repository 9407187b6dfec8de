// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// conflictRetry is how long a pass that lost a race waits for the event that tells it so, before it
// looks again anyway.
const conflictRetry = time.Second

// terminalRetry is how often a pass that only a person can help looks whether one has. Objects that
// are not ours send no events, so that nothing else would tell when one of them has gone away.
const terminalRetry = 30 * time.Second

var driftRepaired = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "serviceowner_operator_drift_repaired_total",
	Help: "Children that somebody else had changed or deleted and that were put right, by kind.",
}, []string{"kind"})

var findings = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "serviceowner_operator_findings_total",
	Help: "What was found wrong with resources and had not been before, by kind of resource and reason.",
}, []string{"kind", "reason"})

func init() { metrics.Registry.MustRegister(driftRepaired, findings) }
