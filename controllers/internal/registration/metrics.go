// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var repaired = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "serviceowner_operator_registration_repaired_total",
	Help: "What is registered in Altinn's Resource Registry and had been changed by somebody else, put right, by part.",
}, []string{"part"})

var leftBehind = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "serviceowner_operator_registration_left_behind_total",
	Help: "What stays registered in Altinn's Resource Registry although its resource is gone, because it could not be withdrawn.",
})

func init() { metrics.Registry.MustRegister(repaired, leftBehind) }
