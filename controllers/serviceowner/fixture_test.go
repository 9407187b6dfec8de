// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
	"github.com/altinn/serviceowner-operator/test/apiserver"
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
		Spec:       v1alpha1.ServiceOwnerSpec{OrganizationNumber: ourNumber, Region: "norwayeast"},
	}
}

// usual are the facts of an owner whose namespace does not exist yet, and with which an agreement is in
// force.
func usual(t testing.TB, operator *configuration.Operator) serviceowner.Facts {
	t.Helper()
	owner := skd()
	return serviceowner.Facts{Owner: owner, Now: now, Holding: gate.Holding{
		Code: owner.Name, Owner: owner, Operator: operator,
		Agreements: []v1alpha1.DataProcessingAgreement{*agreementWith(t, owner.Name)},
	}}
}

// The samples, read once: the schemas, which have their defaults, take long to read.
var (
	sampleAgreement = sync.OnceValues(func() (*v1alpha1.DataProcessingAgreement, error) {
		return sample("dataprocessingagreement-skd.yaml", &v1alpha1.DataProcessingAgreement{})
	})
	sampleOwner = sync.OnceValues(func() (*v1alpha1.ServiceOwner, error) {
		return sample("serviceowner-skd.yaml", &v1alpha1.ServiceOwner{})
	})
)

// sample reads one of config/samples as an API server stores it.
func sample[O any](file string, into O) (O, error) {
	content, err := os.ReadFile("../../config/samples/" + file)
	if err != nil {
		return into, err
	}
	return into, apiserver.Defaulted(content, into)
}

// agreementWith is an agreement with a service owner: the sample, without an end and without days of
// review, so that nothing of it changes by itself.
func agreementWith(t testing.TB, code string) *v1alpha1.DataProcessingAgreement {
	t.Helper()
	sample, err := sampleAgreement()
	if err != nil {
		t.Fatal(err)
	}
	agreement := sample.DeepCopy()
	agreement.Name, agreement.Spec.ServiceOwner = code+"-2026", v1alpha1.OrgCode(code)
	agreement.Spec.Validity.Until = nil
	agreement.Spec.Audits = nil
	for n := range agreement.Spec.SubProcessors {
		agreement.Spec.SubProcessors[n].Transfer.ReviewBy = ""
	}
	return agreement
}

// newOperator is the configuration the operator is deployed with.
func newOperator(t testing.TB) *configuration.Operator {
	t.Helper()
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return operator
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

// plainBaseline is the one built in, built once.
var plainBaseline = sync.OnceValues(func() (serviceowner.Baseline, error) { return serviceowner.NewBaseline("") })

// newKind is the kind with the configuration the operator is deployed with and the baseline built in.
func newKind(t testing.TB, watch clock.PassiveClock) *serviceowner.Kind {
	t.Helper()
	baseline, err := plainBaseline()
	if err != nil {
		t.Fatal(err)
	}
	return &serviceowner.Kind{Baseline: baseline, Operator: newOperator(t), Clock: watch}
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
