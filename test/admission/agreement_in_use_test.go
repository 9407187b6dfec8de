// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The ways out that a refusal offers, of an agreement that holds and of one that was ended.
const (
	endIt   = ": remove them, put another agreement in its place, or set spec.state to Terminated, which withdraws them; then delete it"
	awaitIt = ": they are being withdrawn, since it is Terminated; delete it when its status names none of them any more"
)

func TestAgreementInUseIsNotDeleted(t *testing.T) {
	nobody := obj{"count": 0}
	for sentence, test := range map[string]struct {
		status, changes []change
		refusal         string
	}{
		"one that the operator has not looked at goes": {},
		"one without a status goes":                    {status: []change{remove("status")}},
		"one whose status names no use goes":           {status: []change{set("status.daysLeft", 713)}},
		"one whose use is empty goes":                  {status: []change{inUse(obj{})}},
		"one whose use has no counts goes":             {status: []change{inUse(obj{"apps": obj{}, "consentResources": obj{}})}},
		"one that nothing runs under goes":             {status: []change{inUse(obj{"apps": nobody, "consentResources": nobody})}},
		"one that covers what never started goes":      {status: []change{set("status.covered.apps", users("income", "tax-return"))}},
		"one that only holds things up goes":           {status: []change{set("status.held.apps", users("income", "tax-return"))}},
		"one that has ended and is used no more goes": {
			status: []change{inUse(obj{"apps": nobody, "consentResources": nobody})}, changes: []change{set("spec.state", "Terminated")},
		},
		"one with Apps and a ConsentResource stays": {
			status:  []change{inUse(obj{"apps": users("income", "tax-return"), "consentResources": users("income")})},
			refusal: "agreement held is in use by 2 Apps (income, tax-return) and 1 ConsentResource (income) of skd" + endIt,
		},
		"one with an App alone stays": {
			status:  []change{inUse(obj{"apps": users("income"), "consentResources": nobody})},
			refusal: "agreement held is in use by 1 App (income) of skd" + endIt,
		},
		"one with ConsentResources alone stays": {
			status:  []change{inUse(obj{"consentResources": users("debt", "income")})},
			refusal: "agreement held is in use by 2 ConsentResources (debt, income) of skd" + endIt,
		},
		"one that counts without naming stays": {
			status:  []change{inUse(obj{"apps": obj{"count": 3}})},
			refusal: "agreement held is in use by 3 Apps of skd" + endIt,
		},
		"one that has ended and is still used stays": {
			status:  []change{inUse(obj{"apps": users("income")})},
			changes: []change{set("spec.state", "Terminated")},
			refusal: "agreement held is in use by 1 App (income) of skd" + awaitIt,
		},
		"one with ten Apps names them all": {
			status:  []change{inUse(obj{"apps": users(longNames("app", 30, 10)...)})},
			refusal: " is in use by 10 Apps (" + strings.Join(longNames("app", 30, 10), ", ") + ") of skd" + endIt,
		},
		// The names are as long, and as many, as they can be in earnest.
		"one with thousands names ten of each kind": {
			status: []change{inUse(obj{
				"apps": users(longNames("app", 30, 5000)...), "consentResources": users(longNames("consent", 63, 5000)...),
			})},
			refusal: " is in use by 5000 Apps (" + strings.Join(longNames("app", 30, 10), ", ") + ", ...) and 5000 ConsentResources (" +
				strings.Join(longNames("consent", 63, 10), ", ") + ", ...) of skd" + endIt,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			madeAgreement(t, "held", test.status, test.changes...)
			agreements.check(t, dryDelete(t.Context(), "held"), test.refusal)
		})
	}
}

// Whoever deletes all agreements at once keeps those in use, and is told of them.
func TestAgreementInUseOutlivesADeletionOfAll(t *testing.T) {
	ctx, existing := t.Context(), agreements.in("")
	madeAgreement(t, "held", []change{inUse(obj{"apps": users("income")})})
	for _, name := range []string{"free-1", "free-2"} {
		madeAgreement(t, name, nil)
	}
	all := func(selector string) error {
		return existing.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: selector})
	}
	agreements.check(t, all("name=held"), "agreement held is in use by 1 App (income) of skd"+endIt)
	agreements.check(t, all("name!=held"), "")
	agreements.check(t, all(""), "agreement held is in use by 1 App (income) of skd"+endIt)
	left, err := existing.List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(left.Items) != 1 || left.Items[0].GetName() != "held" {
		t.Errorf("only the agreement in use must be left, there are %d", len(left.Items))
	}
}

// The policy is about deleting alone: an agreement in use can be made to end, and one that is on its
// way out can be deleted again, and let go.
func TestAgreementInUseCanBeChanged(t *testing.T) {
	ctx := t.Context()
	object := madeAgreement(t, "held", []change{inUse(obj{"apps": users("income")})}, set("metadata.finalizers", list{"example.no/held"}))
	agreements.tryUpdates(t, object, map[string]testCase{
		"it can be ended":           accepted(set("spec.state", "Terminated")),
		"it can be labelled":        accepted(set("metadata.labels.colour", "red")),
		"its finalizers can be set": accepted(remove("metadata.finalizers")),
	})
	agreements.check(t, dryDelete(ctx, "held"), "is in use by 1 App (income)")
	agreements.check(t, reportInUse(ctx, "held", obj{"apps": obj{"count": 0}}), "")
	agreements.check(t, agreements.in("").Delete(ctx, "held", metav1.DeleteOptions{}), "")
	agreements.check(t, reportInUse(ctx, "held", obj{"apps": users("income")}), "")
	agreements.check(t, agreements.in("").Delete(ctx, "held", metav1.DeleteOptions{}), "")
	going, err := agreements.in("").Get(ctx, "held", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unheld, err := changed(going, remove("metadata.finalizers"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = agreements.in("").Update(ctx, unheld, metav1.UpdateOptions{})
	agreements.check(t, err, "")
}

func inUse(by obj) change { return set("status.inUse", by) }

// users counts and names, as the operator does.
func users(names ...string) obj { return obj{"count": len(names), "names": names} }

// longNames are sorted names of the same length.
func longNames(stem string, length, count int) []string {
	names := make([]string, count)
	for i := range names {
		number := fmt.Sprintf("-%05d", i)
		names[i] = stem + strings.Repeat("x", length-len(stem)-len(number)) + number
	}
	return names
}

// madeAgreement creates an agreement and reports on it, for the length of the test.
func madeAgreement(t *testing.T, name string, status []change, changes ...change) *unstructured.Unstructured {
	t.Helper()
	ctx := t.Context()
	object, err := agreements.object(append(changes, set("metadata.name", name), set("metadata.labels.name", name))...)
	if err != nil {
		t.Fatal(err)
	}
	made, err := agreements.in("").Create(ctx, object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := freeAndDelete(context.WithoutCancel(ctx), name); err != nil {
			t.Errorf("deleting agreement %s: %v", name, err)
		}
	})
	reported, err := reportOn(ctx, made, status...)
	if err != nil {
		t.Fatal(err)
	}
	return reported
}

func reportOn(ctx context.Context, object *unstructured.Unstructured, status ...change) (*unstructured.Unstructured, error) {
	changed, err := changed(object, status...)
	if err != nil {
		return nil, err
	}
	return agreements.in("").UpdateStatus(ctx, changed, metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict})
}

func reportInUse(ctx context.Context, name string, by obj) error {
	object, err := agreements.in("").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	_, err = reportOn(ctx, object, inUse(by))
	return err
}

// dryDelete asks the API server whether it would let an agreement go.
func dryDelete(ctx context.Context, name string) error {
	return agreements.in("").Delete(ctx, name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
}

// freeAndDelete lets an agreement go once nothing runs under it, if it is still there.
func freeAndDelete(ctx context.Context, name string) error {
	err := reportInUse(ctx, name, obj{})
	if err == nil {
		err = agreements.in("").Delete(ctx, name, metav1.DeleteOptions{})
	}
	return client.IgnoreNotFound(err)
}
