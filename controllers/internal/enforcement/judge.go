// SPDX-License-Identifier: BSD-3-Clause

package enforcement

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Label says of a pod of the probe which it is: a Caller, or the listener.
const Label = v1alpha1.Group + "/probe"

// Caller is the value of Label on the pods that call, and the name of their container.
const Caller = "caller"

// Leaks is the exit code of a caller that got through to what is closed.
const Leaks = 3

// State is whether the network enforces NetworkPolicies.
type State int

// States.
const (
	// NotProbed: nobody looks.
	NotProbed State = iota
	// Unknown: nothing is shown.
	Unknown
	// Enforced: what is open passes, and what is closed does not.
	Enforced
	// NotEnforced: what is closed passes.
	NotEnforced
)

// Judge says what the probe's pods show. One caller that gets through is enough: networks differ from node to node.
func Judge(pods []corev1.Pod) State {
	state := Unknown
	for i := range pods {
		if pod := &pods[i]; pod.Labels[Label] == Caller && pod.DeletionTimestamp == nil {
			state = max(state, shown(pod))
		}
	}
	return state
}

func shown(pod *corev1.Pod) State {
	if ready(pod) {
		return Enforced
	}
	for i := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[i]
		if status.Name == Caller && (leaked(status.State) || leaked(status.LastTerminationState)) {
			return NotEnforced
		}
	}
	return Unknown
}

// ready goes by the pod's condition, which turns False when its node is lost; its containers' own do not.
func ready(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func leaked(state corev1.ContainerState) bool {
	return state.Terminated != nil && state.Terminated.ExitCode == Leaks
}
