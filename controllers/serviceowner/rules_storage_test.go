// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// stands adds to a verdict that all storage stands.
func stands(verdict decide.Verdict) decide.Verdict {
	verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{Part: v1alpha1.ConditionStorageReady, Message: "All that data is kept in stands as declared"})
	return verdict
}

// awaited adds to a verdict that somebody is at work on something.
func awaited(what string, verdict decide.Verdict) decide.Verdict {
	verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
		Part: v1alpha1.ConditionStorageReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing, Message: "Being made or changed: " + what,
	})
	return verdict
}

// keptElsewhere is what is found of data that lies where it must not, as an owner is told: limited.
func keptElsewhere(what, in, why string) decide.Finding {
	return region(v1alpha1.ReasonRegionDrift, "Data is kept in "+what+", which lies in region "+in+", "+why,
		"Find out who moved it and tell the service owner's incident contact (GDPR art. 33); move the data back to an allowed region")
}

// missingKinds is what is found when the cluster does not know kinds of a shelf.
func missingKinds(crds string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: v1alpha1.ReasonProviderMissing, Actor: v1alpha1.ActorPlatform,
		Message: "The cluster does not know " + crds + ", which storage of provider Shelf is declared in",
		Remedy:  "Install what works on these kinds (of Azure Service Operator, crdPattern selects them), or name another storage.provider in the operator's configuration",
	}
}

func TestStorageIsJudged(t *testing.T) {
	standing := func(words ...string) func(*serviceowner.Facts) {
		return func(f *serviceowner.Facts) {
			f.Namespace, f.Standing = namespace(ourNumber), []storage.Object{account("so-skd", words...)}
		}
	}
	and := func(changes ...func(*serviceowner.Facts)) func(*serviceowner.Facts) {
		return func(f *serviceowner.Facts) {
			for _, change := range changes {
				change(f)
			}
		}
	}
	well := standing("ready", "yes", "location", "norwayeast")
	suspend := func(f *serviceowner.Facts) {
		f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
	}
	for name, tc := range map[string]struct {
		facts   func(*serviceowner.Facts)
		unknown []string
		want    decide.Verdict
	}{
		"before the namespace stands, it is under way":   {facts: and(), want: awaited("account data", admitted())},
		"what nobody has looked at yet is under way":     {facts: standing(), want: awaited("account data", admitted())},
		"what is ready stands":                           {facts: well, want: stands(admitted())},
		"what is refused limits, and says why":           {facts: standing("refused", "too heavy"), want: stands(admitted(refusedBy("too heavy")))},
		"a suspended owner's storage stands as before":   {facts: and(well, suspend), want: stands(admitted(suspended))},
		"a kind the cluster does not know limits":        {facts: and(missing("accounts.shelf.example.no")), unknown: []string{"Account"}, want: stands(admitted(missingKinds("accounts.shelf.example.no")))},
		"one of two kinds that is not known limits too":  {facts: and(well, missing("containers.shelf.example.no")), unknown: []string{"Container"}, want: stands(admitted(missingKinds("containers.shelf.example.no")))},
		"data in a region that is not allowed limits":    {facts: standing("ready", "yes", "location", "swedencentral"), want: stands(misplaced(keptElsewhere("account data", "swedencentral", "which is not allowed")))},
		"data where pods may be and data may not limits": {facts: and(standing("ready", "yes", "location", "norwaywest"), namingOnly("norwayeast")), want: stands(misplaced(keptElsewhere("account data", "norwaywest", "which agreement skd-2026 does not name")))},
		"it is told beside what pods are in": {
			facts: and(standing("ready", "yes", "location", "swedencentral"), func(f *serviceowner.Facts) { f.Places = []gate.Place{{What: "node a", Region: "eastus"}} }),
			want:  stands(misplaced(driftOf("node a", "eastus"), keptElsewhere("account data", "swedencentral", "which is not allowed"))),
		},
		"of an owner that is held nothing is said": {facts: func(f *serviceowner.Facts) { f.Namespace = foreignNamespace() }, want: held(notOurs)},
		"what cannot be rendered is Render's to tell": {
			facts: and(well, func(f *serviceowner.Facts) { f.Owner.Spec.Storage.Redundancy = unbuildable }),
			want:  keptIn("Data is kept in norwayeast (NO) and norwaywest (NO)"),
		},
		"and where the data lies is told all the same": {
			facts: and(standing("location", "swedencentral"), func(f *serviceowner.Facts) { f.Owner.Spec.Storage.Redundancy = unbuildable }),
			want:  misplaced(keptElsewhere("account data", "swedencentral", "which is not allowed")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			tc.facts(&facts)
			got := (&serviceowner.Kind{Storage: shelved(tc.unknown...)}).Decide(facts.Owner, facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// missing makes CRDs missing.
func missing(crds ...string) func(*serviceowner.Facts) {
	return func(f *serviceowner.Facts) { f.Missing = crds }
}

// namingOnly makes the agreement name regions.
func namingOnly(regions ...v1alpha1.Region) func(*serviceowner.Facts) {
	return func(f *serviceowner.Facts) { f.Holding.Agreements[0].Spec.Regions = regions }
}

// Kinds that children may be of, as an inventory names them.
var (
	accountRef = v1alpha1.Child{APIVersion: shelfGroup + "/v1", Kind: "Account", Namespace: "so-skd", Name: "data"}
	policyRef  = v1alpha1.Child{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "so-skd", Name: "default-deny"}
	othersRef  = v1alpha1.Child{APIVersion: "drawer.example.no/v1", Kind: "Drawer", Namespace: "so-skd", Name: "data"}
)

func TestSparesWhatNothingIsKnownOf(t *testing.T) {
	for name, tc := range map[string]struct {
		store  *storage.Storage
		spared []v1alpha1.Child
		not    []v1alpha1.Child
	}{
		"without storage, all but the baseline":                 {spared: []v1alpha1.Child{accountRef, othersRef}, not: []v1alpha1.Child{policyRef}},
		"with one, what is of another":                          {store: shelved(), spared: []v1alpha1.Child{othersRef}, not: []v1alpha1.Child{policyRef, accountRef}},
		"and of its own, kinds that the cluster does not know":  {store: shelved("Account"), spared: []v1alpha1.Child{accountRef, othersRef}, not: []v1alpha1.Child{policyRef}},
		"another version of a kind is another kind":             {store: shelved(), spared: []v1alpha1.Child{{APIVersion: shelfGroup + "/v2", Kind: "Account", Name: "a"}}},
		"a kind of a name of the baseline's that is of another": {store: shelved(), spared: []v1alpha1.Child{{APIVersion: "theirs/v1", Kind: "NetworkPolicy", Name: "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			kind := &serviceowner.Kind{Storage: tc.store}
			for _, ref := range tc.spared {
				if !kind.Spares(ref) {
					t.Errorf("%v is not spared", ref)
				}
			}
			for _, ref := range tc.not {
				if kind.Spares(ref) {
					t.Errorf("%v is spared", ref)
				}
			}
		})
	}
}

// What a baseline may hold is all that is pruned where there is no storage.
func TestNoKindOfABaselineIsSpared(t *testing.T) {
	kind := &serviceowner.Kind{}
	for _, child := range serviceowner.Children() {
		gvks, _, err := scheme.ObjectKinds(child)
		if err != nil {
			t.Fatal(err)
		}
		version, name := gvks[0].ToAPIVersionAndKind()
		if kind.Spares(v1alpha1.Child{APIVersion: version, Kind: name, Name: "a"}) {
			t.Errorf("%s is spared, and would never be pruned", name)
		}
	}
}

func TestStorageOfAnotherConfigurationIsToldOf(t *testing.T) {
	left := func(names string) decide.Finding {
		return decide.Finding{
			Effect: decide.Warn, Part: v1alpha1.ConditionStorageReady, Actor: v1alpha1.ActorPlatform,
			Message: "Made under a configuration of another storage, and left as it is: " + names,
			Remedy:  "Name that storage in the operator's configuration again; or move the data, and delete what is left",
		}
	}
	for name, tc := range map[string]struct {
		store   *storage.Storage
		unknown []string
		made    []v1alpha1.Child
		want    []decide.Finding
	}{
		"nothing of the kind was made":                                 {made: []v1alpha1.Child{policyRef}},
		"storage that is not configured any more":                      {made: []v1alpha1.Child{policyRef, othersRef, accountRef}, want: []decide.Finding{left("Account data, Drawer data")}},
		"storage of another provider":                                  {store: shelved(), made: []v1alpha1.Child{accountRef, othersRef}, want: []decide.Finding{left("Drawer data")}},
		"a kind that is not known is missing, which is told otherwise": {store: shelved("Account"), made: []v1alpha1.Child{accountRef}},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			facts.Owner.Status.Children = tc.made
			verdict := (&serviceowner.Kind{Storage: tc.store}).Decide(facts.Owner, facts)
			if diff := cmp.Diff(tc.want, verdict.Findings); diff != "" || verdict.Action != decide.ActionAdmit {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
