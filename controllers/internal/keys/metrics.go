// SPDX-License-Identifier: BSD-3-Clause

package keys

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var readyKeys = prometheus.NewGauge(prometheus.GaugeOpts{
	Name: "serviceowner_operator_keys_ready",
	Help: "RSA keys that are made and not yet given to a client. 0 for long means that keys are used faster than they can be made.",
})

var madeKeys = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "serviceowner_operator_keys_made_total",
	Help: "RSA keys made since the operator started.",
})

func init() { metrics.Registry.MustRegister(readyKeys, madeKeys) }
