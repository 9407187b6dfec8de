// SPDX-License-Identifier: BSD-3-Clause

package enforcement

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod is one of the probe's, changed.
func pod(role string, changes ...func(*corev1.Pod)) corev1.Pod {
	made := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: role, Namespace: "probe", Labels: map[string]string{Label: role}}}
	for _, change := range changes {
		change(&made)
	}
	return made
}

func isReady(status corev1.ConditionStatus) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: status}}
	}
}

func ended(code int32) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{ExitCode: code}
}

// runs says of the container how it ended last and is now; the code of neither when nil.
func runs(container string, now, last *corev1.ContainerStateTerminated) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: container, State: corev1.ContainerState{Terminated: now}, LastTerminationState: corev1.ContainerState{Terminated: last},
		})
	}
}

func deleted(pod *corev1.Pod) { now := metav1.Now(); pod.DeletionTimestamp = &now }

func TestJudge(t *testing.T) {
	leaks, answers := runs(Caller, nil, ended(Leaks)), isReady(corev1.ConditionTrue)
	for name, tc := range map[string]struct {
		pods []corev1.Pod
		want State
	}{
		"no pods show nothing":                                  {want: Unknown},
		"a caller that is Ready shows that it is enforced":      {[]corev1.Pod{pod("listener"), pod(Caller, answers)}, Enforced},
		"a caller that is not Ready yet shows nothing":          {[]corev1.Pod{pod(Caller, isReady(corev1.ConditionFalse))}, Unknown},
		"a caller of which nothing is said shows nothing":       {[]corev1.Pod{pod(Caller)}, Unknown},
		"a caller whose node is lost shows nothing":             {[]corev1.Pod{pod(Caller, isReady(corev1.ConditionUnknown))}, Unknown},
		"a caller that got through shows that it is not":        {[]corev1.Pod{pod(Caller, runs(Caller, ended(Leaks), nil))}, NotEnforced},
		"so does one that starts again since it got through":    {[]corev1.Pod{pod(Caller, isReady(corev1.ConditionFalse), leaks)}, NotEnforced},
		"one that got through once and is Ready now shows that": {[]corev1.Pod{pod(Caller, answers, leaks)}, Enforced},
		"a caller that failed shows nothing":                    {[]corev1.Pod{pod(Caller, runs(Caller, ended(1), ended(137)))}, Unknown},
		"another container of its shows nothing":                {[]corev1.Pod{pod(Caller, runs("proxy", ended(Leaks), nil))}, Unknown},
		"a caller that is on its way out shows nothing":         {[]corev1.Pod{pod(Caller, answers, deleted), pod(Caller, leaks, deleted)}, Unknown},
		"a listener that is Ready shows nothing":                {[]corev1.Pod{pod("listener", answers)}, Unknown},
		"another pod that is Ready shows nothing":               {[]corev1.Pod{pod("", answers)}, Unknown},
		"of several callers one that got through is enough":     {[]corev1.Pod{pod(Caller, answers), pod(Caller, leaks), pod(Caller)}, NotEnforced},
		"of several callers one may show nothing":               {[]corev1.Pod{pod(Caller), pod(Caller, answers)}, Enforced},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Judge(tc.pods); got != tc.want {
				t.Errorf("judged %d, not %d", got, tc.want)
			}
		})
	}
}
