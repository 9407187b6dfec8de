// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var rotated = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "serviceowner_operator_keys_dropped_total",
	Help: "Keys of Apps' clients that gave way to newer ones, and that no pod read any longer when they were dropped.",
})

var repaired = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "serviceowner_operator_credentials_repaired_total",
	Help: "Clients, key sets and scopes at Digdir that had been changed by somebody else, put right, by part.",
}, []string{"part"})

var leftBehind = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "serviceowner_operator_credentials_left_behind_total",
	Help: "Apps that are gone while clients or scopes of theirs stay at Digdir, because they could not be deactivated.",
})

func init() { metrics.Registry.MustRegister(rotated, repaired, leftBehind) }

// alarming are the events that tell of something that should not have been so.
var alarming = []string{v1alpha1.EventCredentialsRepaired, v1alpha1.EventLeftBehind}

// publishNews makes events of what is news.
func (r *Reconciler) publishNews(app *v1alpha1.App, pass *pass) {
	for _, news := range pass.news {
		if news.reason == v1alpha1.EventCredentialsRepaired {
			repaired.WithLabelValues(news.part).Inc()
		}
		r.act(app, news.reason, news.reason+": "+news.part+news.of, news.message)
	}
}

// act tells what was done. Events of one reason and one action are shown as the first of them and a count, so
// what differs by more than when it was has an action of its own.
func (r *Reconciler) act(app *v1alpha1.App, reason, action, message string) {
	kind := corev1.EventTypeNormal
	if slices.Contains(alarming, reason) {
		kind = corev1.EventTypeWarning
	}
	r.Events.Eventf(app, nil, kind, reason, action, "%s", message)
}
