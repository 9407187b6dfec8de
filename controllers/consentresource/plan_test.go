// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// indexed is a fake API server in the making that takes indexes as a cache does.
type indexed struct{ *fake.ClientBuilder }

func (i indexed) IndexField(_ context.Context, kind client.Object, field string, values client.IndexerFunc) error {
	i.WithIndex(kind, field, values)
	return nil
}

// registrationOf is the consents' registration, and a cluster that holds some objects.
func registrationOf(t *testing.T, objects ...client.Object) (consentresource.Registration, client.Client) {
	t.Helper()
	made := indexed{fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)}
	for _, index := range []func(context.Context, client.FieldIndexer) error{agreements.Index, consentresource.Index} {
		if err := index(t.Context(), made); err != nil {
			t.Fatal(err)
		}
	}
	kind := &consentresource.Kind{Operator: newOperator(t), Clock: testingclock.NewFakePassiveClock(now)}
	return consentresource.Registration{Kind: kind}, made.Build()
}

func TestARegistrationGoesByTheDecision(t *testing.T) {
	consent := consentOf(t, "skd", "income")
	ending := agreementWith(t, "skd")
	ending.Spec.Validity.Until = at(now.Add(time.Hour))
	older := otherConsent(t, "a-first", -1)
	older.UID = "another"
	for name, tc := range map[string]struct {
		cluster []client.Object
		want    registration.Action
		next    time.Time
	}{
		"covered, it registers":                  {cluster: []client.Object{ownerOf(t, "skd"), agreementWith(t, "skd")}, want: registration.Register},
		"covered until an instant, it asks then": {cluster: []client.Object{ownerOf(t, "skd"), ending}, want: registration.Register, next: now.Add(time.Hour)},
		"uncovered, it leaves":                   {cluster: []client.Object{ownerOf(t, "skd")}, want: registration.Leave},
		"second to another, it leaves":           {cluster: []client.Object{ownerOf(t, "skd"), agreementWith(t, "skd"), &older}, want: registration.Leave},
	} {
		t.Run(name, func(t *testing.T) {
			subject := consent.DeepCopy()
			subject.CreationTimestamp = *at(now)
			registrations, cluster := registrationOf(t, tc.cluster...)
			plan, err := registrations.Plan(t.Context(), cluster, subject)
			if err != nil || plan.Action != tc.want || !plan.Next.Equal(tc.next) {
				t.Errorf("want %d, next at %s, got %d, %s, %v", tc.want, tc.next, plan.Action, plan.Next, err)
			}
		})
	}
}

func TestARegistrationIsNotPlannedByWhatIsNotKnown(t *testing.T) {
	registrations, cluster := registrationOf(t, ownerOf(t, "skd"), agreementWith(t, "skd"))
	plan, err := registrations.Plan(t.Context(), illiterate{cluster}, consentOf(t, "skd", "income"))
	if err == nil || plan.Action != 0 {
		t.Errorf("planned %d, %v", plan.Action, err)
	}
}

func TestAConsentThatLeavesNamesWhatItHad(t *testing.T) {
	consent := consentOf(t, "skd", "income")
	consent.Spec.DeletionPolicy, consent.Spec.AdoptExisting = v1alpha1.ConsentDelete, true
	leaving := consentresource.Registration{}.Leaving(consent)
	if leaving.Identifier != "skd-income" || leaving.Code != "skd" || !leaving.Adopts || leaving.Policy != v1alpha1.ConsentDelete {
		t.Errorf("it leaves as %+v", leaving)
	}
	if rules := leaving.Silence().Rules; len(rules) != 1 {
		t.Errorf("it leaves with rules %+v", rules)
	}
}
