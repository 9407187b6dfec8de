// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// agreementParts are an App's: the first stands for no children, only for what rules say.
var agreementParts = []Part{{Condition: v1alpha1.ConditionAgreementInForce}, {Condition: v1alpha1.ConditionAvailable}}

// of is a finding on the agreement.
func of(effect decide.Effect, reason, message string) decide.Finding {
	return decide.Finding{Effect: effect, Part: v1alpha1.ConditionAgreementInForce, Reason: reason, Message: message}
}

// affirmed is an outcome whose agreement was found well.
func affirmed(outcome Outcome) Outcome {
	outcome.Verdict.Affirmed = []decide.Affirmation{{Part: v1alpha1.ConditionAgreementInForce, Message: "It is in force"}}
	return outcome
}

func TestConditionsOfPartsThatRulesSpeakFor(t *testing.T) {
	stopped, uncovered := of(decide.Withdraw, "AgreementStopped", "It is stopped"), of(decide.Hold, "NotCovered", "Health is not covered")
	consequence := func(outcome Outcome) Outcome {
		outcome.Verdict.Consequence = "What runs is left as it is"
		return outcome
	}
	unknown := of(decide.Hold, "RegistryUnavailable", "Not looked at")
	unknown.Status = "Unknown"
	const inForce = "AgreementInForce=True Ready: It is in force"
	tryConditions(t, map[string]conditionsCase{
		"what is affirmed is True": {
			outcome: observed(affirmed(Outcome{Verdict: admitted()}), running...), parts: agreementParts, want: []string{inForce, available, allHealthy},
		},
		"what is neither affirmed nor found wrong is left out": {
			outcome: observed(Outcome{Verdict: admitted()}, running...), parts: agreementParts, want: []string{available, allHealthy},
		},
		"a hold on a part makes it False, with all that was found": {
			outcome: observed(Held(heldBy(uncovered, hostTaken, of(decide.Hold, "TermsOutdated", "Terms are old"))), running...), parts: agreementParts,
			want: []string{"AgreementInForce=False NotCovered: Health is not covered; Terms are old", available,
				"Ready=False NotCovered: Health is not covered; The host is taken; Terms are old"},
		},
		"the first found names the part's reason, the strongest that of Ready": {
			outcome: observed(Outcome{Verdict: decide.Verdict{Action: decide.ActionWithdraw, Findings: []decide.Finding{uncovered, stopped}}}), parts: agreementParts,
			want: []string{"AgreementInForce=False NotCovered: Health is not covered; It is stopped", "Ready=False AgreementStopped: Health is not covered; It is stopped"},
		},
		"what is found on a part wins over what is affirmed of it": {
			outcome: observed(affirmed(Held(heldBy(uncovered)))), parts: agreementParts,
			want: []string{"AgreementInForce=False NotCovered: Health is not covered", "Ready=False NotCovered: Health is not covered"},
		},
		"a warning on a part takes nothing from what is affirmed": {
			outcome: observed(affirmed(Outcome{Verdict: admitted(of(decide.Warn, "AgreementExpiring", "It runs out"))}), running...), parts: agreementParts,
			want: []string{inForce, available, allHealthy},
		},
		"a part of which nothing is known is Unknown": {
			outcome: observed(Held(heldBy(unknown))), parts: agreementParts,
			want: []string{"AgreementInForce=Unknown RegistryUnavailable: Not looked at", "Ready=Unknown RegistryUnavailable: Not looked at"},
		},
		"facts that cannot be read make a part Unknown": {
			outcome: FactsUnavailable(errors.New(notKnown)), parts: agreementParts,
			want: []string{"AgreementInForce=Unknown FactsUnavailable: Not known: " + notKnown, "Available=Unknown FactsUnavailable: Not known: " + notKnown,
				"Reconciling=True FactsUnavailable: Trying again: " + notKnown, "Ready=Unknown FactsUnavailable: " + notKnown},
		},
		"a failed write does not hide what is affirmed": {
			outcome: observed(affirmed(ApplyFailed(admitted(), nil, errors.New("exceeded quota"))), running...), parts: agreementParts,
			want: []string{inForce, available, "Reconciling=True ApplyFailed: Trying again: exceeded quota", "Ready=False ApplyFailed: exceeded quota"},
		},
		"what a refusal means for what runs ends the message of Ready alone": {
			outcome: observed(consequence(Held(heldBy(uncovered, hostTaken))), running...), parts: agreementParts,
			want: []string{"AgreementInForce=False NotCovered: Health is not covered", available,
				"Ready=False NotCovered: Health is not covered; The host is taken. What runs is left as it is"},
		},
		"what is only not known goes without saying where something is wrong": {
			outcome: observed(Held(heldBy(hostTaken, unknown))), parts: agreementParts,
			want: []string{"AgreementInForce=Unknown RegistryUnavailable: Not looked at", "Ready=False HostTaken: The host is taken"},
		},
		"what was admitted last is kept, and the refusal told": {
			outcome: observed(consequence(Outcome{Verdict: decide.Verdict{Action: decide.ActionKeep, Findings: []decide.Finding{uncovered}}}), healthOf("Deployment", observe.InProgress)),
			parts:   agreementParts,
			want: []string{"AgreementInForce=False NotCovered: Health is not covered", unavailable,
				"Ready=False NotCovered: Health is not covered. What runs is left as it is"},
		},
	})
}

// awaiting is an outcome whose agreement is awaited.
func awaiting(outcome Outcome, status metav1.ConditionStatus, reason string) Outcome {
	outcome.Verdict.Outstanding = []decide.Outstanding{{Part: v1alpha1.ConditionAgreementInForce, Status: status, Reason: reason, Message: "It is awaited"}}
	return outcome
}

func TestConditionsOfPartsThatAreAwaited(t *testing.T) {
	const awaited = "AgreementInForce=False Progressing: It is awaited"
	wellAnd := func(findings ...decide.Finding) Outcome {
		return observed(Outcome{Verdict: admitted(findings...)}, running...)
	}
	tryConditions(t, map[string]conditionsCase{
		"what is awaited is not True yet, and work is under way": {
			outcome: awaiting(wellAnd(), metav1.ConditionFalse, v1alpha1.ReasonProgressing), parts: agreementParts,
			want: []string{awaited, available, "Reconciling=True Progressing: " + underWay, "Ready=False Progressing: AgreementInForce: It is awaited"},
		},
		"what is awaited for a reason is no work of ours": {
			outcome: awaiting(wellAnd(), metav1.ConditionFalse, "RegistryRefused"), parts: agreementParts,
			want: []string{"AgreementInForce=False RegistryRefused: It is awaited", available, "Ready=False RegistryRefused: AgreementInForce: It is awaited"},
		},
		"what is awaited and not known is Unknown": {
			outcome: awaiting(wellAnd(), metav1.ConditionUnknown, "RegistryUnavailable"), parts: agreementParts,
			want: []string{"AgreementInForce=Unknown RegistryUnavailable: It is awaited", available, "Ready=Unknown RegistryUnavailable: AgreementInForce: It is awaited"},
		},
		"what is awaited wins over what is affirmed": {
			outcome: awaiting(affirmed(wellAnd()), metav1.ConditionFalse, v1alpha1.ReasonProgressing), parts: agreementParts,
			want: []string{awaited, available, "Reconciling=True Progressing: " + underWay, "Ready=False Progressing: AgreementInForce: It is awaited"},
		},
		"what is found on a part wins over what is awaited of it": {
			outcome: awaiting(wellAnd(of(decide.Limit, "RegistryRefused", "It is refused")), metav1.ConditionFalse, v1alpha1.ReasonProgressing), parts: agreementParts,
			want: []string{"AgreementInForce=False RegistryRefused: It is refused", available, "Ready=False RegistryRefused: It is refused"},
		},
		"what is found not to be known says why, although everything goes on": {
			outcome: wellAnd(nobodyAnswers), parts: agreementParts,
			want: []string{"AgreementInForce=Unknown RegistryUnavailable: Nobody answers", available, "Ready=Unknown RegistryUnavailable: Nobody answers"},
		},
		"a warning on a part takes nothing from what is awaited": {
			outcome: awaiting(wellAnd(of(decide.Warn, "AgreementExpiring", "It runs out")), metav1.ConditionFalse, v1alpha1.ReasonProgressing), parts: agreementParts,
			want: []string{awaited, available, "Reconciling=True Progressing: " + underWay, "Ready=False Progressing: AgreementInForce: It is awaited"},
		},
		"what is awaited does not hide a refusal": {
			outcome: awaiting(observed(Held(heldBy(hostTaken)), running...), metav1.ConditionFalse, v1alpha1.ReasonProgressing), parts: agreementParts,
			want: []string{awaited, available, "Ready=False HostTaken: The host is taken"},
		},
	})
}

// storedParts are those of a ServiceOwner with storage: rules affirm a part that has children.
var storedParts = []Part{{Condition: v1alpha1.ConditionStorageReady, Kinds: []string{"Account", "Vault"}}, {Condition: v1alpha1.ConditionNamespaceReady}}

// What was just written is not yet as it was affirmed to be.
func TestConditionsOfPartsWhoseChildrenWereJustWritten(t *testing.T) {
	stands := func(kinds ...string) Outcome {
		outcome := Outcome{Verdict: admitted(), Edited: true}
		outcome.Verdict.Affirmed = []decide.Affirmation{{Part: v1alpha1.ConditionStorageReady, Message: "It stands"}}
		for _, kind := range kinds {
			outcome.Changes = append(outcome.Changes, apply.Change{Child: refOf(kind, "a")})
		}
		return observed(outcome, healthOf("Account", observe.Current), healthOf("Namespace", observe.Current))
	}
	unedited := func(outcome Outcome) Outcome { outcome.Edited = false; return outcome }
	const namespace = "NamespaceReady=True Ready: " + allStands
	progressing := []string{"StorageReady=False Progressing: " + underWay, namespace,
		"Reconciling=True Progressing: " + underWay, "Ready=False Progressing: StorageReady: " + underWay}
	tryConditions(t, map[string]conditionsCase{
		"nothing was written: what is affirmed is True":       {outcome: stands(), parts: storedParts, want: []string{"StorageReady=True Ready: It stands", namespace, allHealthy}},
		"a child of another part was written: it is True too": {outcome: stands("Namespace"), parts: storedParts, want: []string{"StorageReady=True Ready: It stands", namespace, allHealthy}},
		"a child of the part was written: it is under way":    {outcome: stands("Vault"), parts: storedParts, want: progressing},
		"among others": {outcome: stands("Namespace", "Account"), parts: storedParts, want: progressing},
		"for others' news, and not for an edit: it stands as it stood": {
			outcome: unedited(stands("Vault")), parts: storedParts, want: []string{"StorageReady=True Ready: It stands", namespace, allHealthy},
		},
	})
}
