// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"os"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// now is the instant at which these tests decide, midnight the next at which a day less is left of the
// sample, and end that at which it runs out.
var (
	now      = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	midnight = time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC)
	end      = time.Date(2028, 1, 5, 0, 0, 0, 0, time.UTC)
)

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

// agreementWith is an agreement with a service owner: the sample.
func agreementWith(t testing.TB, code, name string) *v1alpha1.DataProcessingAgreement {
	t.Helper()
	subject := sample[v1alpha1.DataProcessingAgreement](t, "dataprocessingagreement-skd.yaml")
	subject.Name, subject.Spec.ServiceOwner = name, v1alpha1.OrgCode(code)
	return subject
}

// ownerOf is the service owner of a code: the sample.
func ownerOf(t testing.TB, code string) *v1alpha1.ServiceOwner {
	t.Helper()
	owner := sample[v1alpha1.ServiceOwner](t, "serviceowner-skd.yaml")
	owner.Name = code
	return owner
}

// appOf is an App of a service owner: the sample, which the sample of an agreement covers.
func appOf(t testing.TB, code, name string) *v1alpha1.App {
	t.Helper()
	app := sample[v1alpha1.App](t, "app-income.yaml")
	app.Namespace, app.Name = v1alpha1.NamespacePrefix+code, name
	return app
}

// consentOf is a ConsentResource of a service owner: the sample, which the sample of an agreement covers.
func consentOf(t testing.TB, code, name string) *v1alpha1.ConsentResource {
	t.Helper()
	consent := sample[v1alpha1.ConsentResource](t, "consentresource-income.yaml")
	consent.Namespace, consent.Name = v1alpha1.NamespacePrefix+code, name
	return consent
}

// newOperator is the configuration the operator is deployed with, but that Apps get no credentials: there is no
// self-service here to give any, and new Apps would wait for them.
func newOperator(t testing.TB) *configuration.Operator {
	t.Helper()
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	operator.SelfService = nil
	return operator
}

// usual are the facts of the sample's agreement, the only one of an owner that runs nothing.
func usual(t testing.TB) *agreement.Facts {
	t.Helper()
	facts := &agreement.Facts{Now: now, Holding: gate.Holding{Code: "skd", Owner: ownerOf(t, "skd"), Operator: newOperator(t)}}
	add(facts, agreementWith(t, "skd", "skd-2026"))
	return facts
}

// add gives the owner an agreement more. The first is the one that is judged.
func add(facts *agreement.Facts, further *v1alpha1.DataProcessingAgreement) {
	facts.Agreements = append(facts.Agreements, *further)
	facts.Agreement = &facts.Agreements[0]
}

// spec is what is agreed on in the agreement that is judged.
func spec(facts *agreement.Facts) *v1alpha1.DataProcessingAgreementSpec { return &facts.Agreement.Spec }

// at is an instant as the API has it.
func at(instant time.Time) metav1.Time { return metav1.NewTime(instant) }

// ending makes an agreement end at an instant.
func ending(of *v1alpha1.DataProcessingAgreementSpec, instant time.Time) {
	of.Validity.Until = &metav1.Time{Time: instant}
}

// quiet takes out of an agreement what changes by itself before its end.
func quiet(of *v1alpha1.DataProcessingAgreement) {
	of.Spec.Audits = nil
	for n := range of.Spec.SubProcessors {
		of.Spec.SubProcessors[n].Transfer.ReviewBy = ""
	}
}

// endless makes a quiet agreement without an end: nothing of it changes by itself.
func endless(of *v1alpha1.DataProcessingAgreement) {
	quiet(of)
	of.Spec.Validity.Until = nil
}

// well is the verdict on the sample's agreement, but for some findings, that is looked at again at an
// instant. What a finding limits is not found well.
func well(next time.Time, findings ...decide.Finding) decide.Verdict {
	verdict := decide.Verdict{Action: decide.ActionAdmit, Findings: findings, NextCheck: next}
	for _, affirmed := range []decide.Affirmation{
		{Part: v1alpha1.ConditionInForce, Message: "Agreement skd-2026 is in force until 2028-01-05"},
		{Part: v1alpha1.ConditionTermsCurrent, Message: "Terms 1.8 are accepted"},
		{Part: v1alpha1.ConditionTransfersLawful, Message: "Sub-processors outside the EEA: 1, each with a ground for its transfers"},
	} {
		against := func(f decide.Finding) bool { return f.Part == affirmed.Part && f.Effect == decide.Limit }
		if !slices.ContainsFunc(findings, against) {
			verdict.Affirmed = append(verdict.Affirmed, affirmed)
		}
	}
	return verdict
}

// affirming is a verdict that says something else of what is well.
func affirming(part, message string, verdict decide.Verdict) decide.Verdict {
	for n := range verdict.Affirmed {
		if verdict.Affirmed[n].Part == part {
			verdict.Affirmed[n].Message = message
		}
	}
	return verdict
}

// finding is one that keeps an agreement from being Ready.
func finding(part, reason string, actor v1alpha1.Actor, message, remedy string) decide.Finding {
	return decide.Finding{Effect: decide.Limit, Part: part, Reason: reason, Actor: actor, Message: message, Remedy: remedy}
}

// warning is one that does not.
func warning(part, reason string, actor v1alpha1.Actor, message, remedy string) decide.Finding {
	found := finding(part, reason, actor, message, remedy)
	found.Effect = decide.Warn
	return found
}
