// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// tell makes events of what the pass did that is not the plain working of a new or changed spec.
func (r *Reporter) tell(obj Object, outcome Outcome) {
	for _, change := range outcome.Changes {
		if change.Drift {
			driftRepaired.WithLabelValues(change.Child.Kind).Inc()
			r.event(obj, corev1.EventTypeWarning, v1alpha1.EventDriftRepaired, nameOf(change)+" had been changed or deleted by somebody else and was put right")
		}
	}
	for _, ref := range outcome.Pruned {
		if ref.Kind == "ControllerRevision" {
			continue // a record gives way to the next: nothing that anybody had is gone
		}
		r.event(obj, corev1.EventTypeNormal, v1alpha1.EventChildPruned, fmt.Sprintf("%s %s is no longer wanted and was removed", ref.Kind, ref.Name))
	}
	for _, note := range outcome.Notes {
		r.event(obj, corev1.EventTypeNormal, note.Reason, note.Message)
	}
}

func nameOf(change apply.Change) string {
	return fmt.Sprintf("%s %s", change.Child.Kind, change.Child.Name)
}

// tellFindings counts what was found that the status did not list before, and makes an event of each
// warning among it; what has no reason to name is not told, it only stands in the status. It returns what of it keeps the resource from being Ready.
func (r *Reporter) tellFindings(obj Object, outcome Outcome) (refusals []decide.Finding) {
	for _, finding := range outcome.Verdict.Findings {
		if finding.Reason == "" || finding.Status == metav1.ConditionUnknown || slices.Contains(outcome.Told, finding.Problem()) {
			continue
		}
		findings.WithLabelValues(r.kindOf(obj), finding.Reason).Inc()
		if finding.Effect == decide.Warn {
			r.event(obj, corev1.EventTypeWarning, finding.Reason, finding.Message)
		} else {
			refusals = append(refusals, finding)
		}
	}
	return refusals
}

// tellReady makes an event when Ready gets another reason, or the same for something else, except for
// the plain way up.
func (r *Reporter) tellReady(before *v1alpha1.Status, obj Object, refusals []decide.Finding) {
	old := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionReady)
	ready := meta.FindStatusCondition(obj.GetStatus().Conditions, v1alpha1.ConditionReady)
	if old != nil && old.Reason == ready.Reason && len(refusals) == 0 || ready.Reason == v1alpha1.ReasonProgressing || ready.Status == metav1.ConditionUnknown {
		return
	}
	if ready.Status == metav1.ConditionTrue {
		if old != nil && old.Reason != v1alpha1.ReasonProgressing {
			r.event(obj, corev1.EventTypeNormal, ready.Reason, ready.Message)
		}
		return
	}
	r.event(obj, corev1.EventTypeWarning, ready.Reason, ready.Message)
}

// kindOf is the name of an object's kind.
func (r *Reporter) kindOf(obj Object) string {
	gvk, err := r.Client.GroupVersionKindFor(obj)
	if err != nil {
		return ""
	}
	return gvk.Kind
}

func (r *Reporter) event(obj Object, kind, reason, message string) {
	r.Events.Eventf(obj, nil, kind, reason, reason, "%s", cut(message, longestEvent))
}
