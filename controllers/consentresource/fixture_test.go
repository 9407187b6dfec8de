// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"os"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// now is the instant at which these tests decide.
var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// scheme knows what the operator knows.
var scheme = controllers.NewScheme()

// sample reads one of config/samples as the API server would store it.
func sample[O any](t testing.TB, file string) *O {
	t.Helper()
	content, err := os.ReadFile("../../config/samples/" + file)
	if err != nil {
		t.Fatal(err)
	}
	object := new(O)
	if err := apiserver.Defaulted(content, object); err != nil {
		t.Fatal(err)
	}
	return object
}

// agreementWith is an agreement with a service owner: the sample, without an end and without days of
// review, so that nothing of it changes by itself.
func agreementWith(t testing.TB, code string) *v1alpha1.DataProcessingAgreement {
	t.Helper()
	agreement := sample[v1alpha1.DataProcessingAgreement](t, "dataprocessingagreement-skd.yaml")
	agreement.Name, agreement.Spec.ServiceOwner = code+"-2026", v1alpha1.OrgCode(code)
	agreement.Spec.Validity.Until = nil
	agreement.Spec.Audits = nil
	for n := range agreement.Spec.SubProcessors {
		agreement.Spec.SubProcessors[n].Transfer.ReviewBy = ""
	}
	return agreement
}

// ownerOf is the service owner of a code: the sample.
func ownerOf(t testing.TB, code string) *v1alpha1.ServiceOwner {
	t.Helper()
	owner := sample[v1alpha1.ServiceOwner](t, "serviceowner-skd.yaml")
	owner.Name = code
	return owner
}

// consentOf is a ConsentResource of a service owner: the sample, which the sample of an agreement covers.
func consentOf(t testing.TB, code, name string) *v1alpha1.ConsentResource {
	t.Helper()
	consent := sample[v1alpha1.ConsentResource](t, "consentresource-income.yaml")
	consent.Namespace, consent.Name = v1alpha1.NamespacePrefix+code, name
	return consent
}

// sourceOf is the App that the sample's data is fetched from, which exposes the sample's scope.
func sourceOf(t testing.TB, code string) *v1alpha1.App {
	t.Helper()
	source := sample[v1alpha1.App](t, "app-income.yaml")
	source.Namespace = v1alpha1.NamespacePrefix + code
	return source
}

// newOperator is the configuration the operator is deployed with, which names a registry. Scopes are taken for
// registered: Apps are given them elsewhere.
func newOperator(t testing.TB) *configuration.Operator {
	t.Helper()
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	operator.SelfService = nil
	return operator
}

// withoutRegistry is that of an operator which registers nothing: what is registered, and how, has tests of
// its own.
func withoutRegistry(t testing.TB) *configuration.Operator {
	t.Helper()
	operator := newOperator(t)
	operator.Registry, operator.Maskinporten, operator.SelfService = nil, nil, nil
	return operator
}

// usual are the facts of the sample, covered by the sample's agreement, with the sample's App.
func usual(t testing.TB) *consentresource.Facts {
	t.Helper()
	return &consentresource.Facts{Consent: consentOf(t, "skd", "income"), Source: sourceOf(t, "skd"), Now: now, Holding: gate.Holding{
		Code: "skd", Owner: ownerOf(t, "skd"), Operator: newOperator(t),
		Agreements: []v1alpha1.DataProcessingAgreement{*agreementWith(t, "skd")},
	}}
}

// at is an instant as the API has it.
func at(instant time.Time) *metav1.Time { return &metav1.Time{Time: instant} }
