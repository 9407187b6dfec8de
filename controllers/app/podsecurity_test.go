// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// TestPodsPassRestricted asks Kubernetes' own judge about the pods of every golden, at the level and
// version that the tenant baseline enforces.
func TestPodsPassRestricted(t *testing.T) {
	judge, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, 36)}
	careless := corev1.PodSpec{Containers: []corev1.Container{{Name: "careless"}}}
	if policy.AggregateCheckResults(judge.EvaluatePod(level, &metav1.ObjectMeta{}, &careless)).Allowed {
		t.Fatal("the judge lets a pod without any security context pass")
	}
	for _, file := range goldenInputs(t) {
		t.Run(goldenName(file), func(t *testing.T) {
			subject, facts := readGolden(t, file)
			children, err := (&app.Kind{}).Render(subject, facts, decide.ActionAdmit)
			if err != nil {
				t.Fatal(err)
			}
			judged := 0
			for _, child := range children {
				deployment, ok := child.Object.(*appsv1.Deployment)
				if !ok {
					continue
				}
				judged++
				pods := deployment.Spec.Template
				if result := policy.AggregateCheckResults(judge.EvaluatePod(level, &pods.ObjectMeta, &pods.Spec)); !result.Allowed {
					t.Error(result.ForbiddenDetail())
				}
			}
			if judged != 1 {
				t.Errorf("%d pod templates were judged, want 1", judged)
			}
		})
	}
}
