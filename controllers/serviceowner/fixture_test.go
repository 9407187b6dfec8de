// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// now is the instant at which these tests decide.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// The organisation number of skd, and that of another public body.
const (
	ourNumber   = "974761076"
	otherNumber = "889640782"
)

// skd is a service owner that asks for nothing but the usual.
func skd() *v1alpha1.ServiceOwner {
	return &v1alpha1.ServiceOwner{
		ObjectMeta: metav1.ObjectMeta{Name: "skd"},
		Spec:       v1alpha1.ServiceOwnerSpec{OrganizationNumber: ourNumber},
	}
}

// namespace is so-skd as the operator made it: for the code skd and the body of a number.
func namespace(number string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "so-skd", Annotations: map[string]string{
		v1alpha1.AnnotationOwner: "ServiceOwner/skd", v1alpha1.AnnotationOrganizationNumber: number,
	}}}
}

// foreignNamespace is so-skd as somebody else made it.
func foreignNamespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "so-skd"}}
}

// until is an instant some hours from now.
func until(hours int) *metav1.Time {
	return &metav1.Time{Time: now.Add(time.Duration(hours) * time.Hour)}
}

// newKind is the kind with the quotas the operator is deployed with and the baseline built in.
func newKind(t testing.TB, watch clock.PassiveClock) *serviceowner.Kind {
	t.Helper()
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return &serviceowner.Kind{Baseline: newBaseline(t, ""), Quotas: operator.QuotaProfiles, Clock: watch}
}

// atNow is a clock that stands.
func atNow() clock.PassiveClock { return testingclock.NewFakePassiveClock(now) }

// newBaseline builds a baseline that must be right.
func newBaseline(t testing.TB, overlay string) serviceowner.Baseline {
	t.Helper()
	baseline, err := serviceowner.NewBaseline(overlay)
	if err != nil {
		t.Fatal(err)
	}
	return baseline
}

// scheme knows what the operator knows.
var scheme = controllers.NewScheme()
