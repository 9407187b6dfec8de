// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Outcomes of an attempt, as metrics name them.
const (
	outcomeOK           = "ok"
	outcomeNotFound     = "not_found"
	outcomeConflict     = "conflict"
	outcomeRefused      = "refused"
	outcomeDeferred     = "deferred"     // answered, and to be asked again later
	outcomeThrottled    = "throttled"    // 429
	outcomeUnauthorized = "unauthorized" // 401: the token was not accepted
	outcomeFailed       = "failed"       // 5xx, a broken connection, an answer of the wrong kind
	outcomeTimeout      = "timeout"
	outcomeUnreachable  = "unreachable" // nothing was sent
	outcomeCanceled     = "canceled"    // by us
	outcomeHeld         = "held"        // not made: the system is left alone
)

var calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Name:    "serviceowner_operator_external_call_duration_seconds",
	Help:    "Attempts to call systems outside the cluster, waiting for the budget included, by system, operation and outcome.",
	Buckets: []float64{0.02, 0.1, 0.5, 1, 2, 5, 10, 30},
}, []string{"system", "operation", "outcome"})

var breakerOpen = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "serviceowner_operator_external_breaker_open",
	Help: "1 while a system outside the cluster is left alone because it failed again and again.",
}, []string{"system"})

func init() { metrics.Registry.MustRegister(calls, breakerOpen) }

func observe(system, operation string, took time.Duration, err error) {
	calls.WithLabelValues(system, operation, outcomeOf(err)).Observe(took.Seconds())
}

func outcomeOf(err error) string {
	if later, ok := errors.AsType[*TryLater](err); ok {
		return later.outcome
	}
	switch {
	case err == nil:
		return outcomeOK
	case IsNotFound(err):
		return outcomeNotFound
	case IsConflict(err):
		return outcomeConflict
	}
	return outcomeRefused
}
