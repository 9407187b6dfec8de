// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// keeping is what stands of an App whose containers keep what is in them for so many days.
func keeping(t *testing.T, app string, days map[string]int32) []storage.Object {
	t.Helper()
	declared := storage.App{Owner: skd(), Name: app}
	for name, kept := range days {
		declared.Containers = append(declared.Containers, v1alpha1.Container{Name: name, RetentionDays: kept})
	}
	var standing []storage.Object
	for _, container := range ofKind(containerKind.Kind, stand(ofApp(t, declared).Children)) {
		standing = append(standing, container)
	}
	return standing
}

// rulesOf are the rules of the policy among children, as "days: containers"; nil when there is none.
func rulesOf(children []apply.Child) []string {
	var rules []string
	for _, policy := range ofKind(lifecycleKind.Kind, stand(children)) {
		for _, entry := range list(policy, "spec", "policy", "rules") {
			fields := entry.(map[string]any)
			definition := fields["definition"].(map[string]any)
			days := map[any]bool{}
			for _, action := range definition["actions"].(map[string]any) {
				days[action.(map[string]any)["delete"].(map[string]any)["daysAfterCreationGreaterThan"]] = true
			}
			rules = append(rules, fmt.Sprintf("%s %v %v", fields["name"], days, definition["filters"].(map[string]any)["prefixMatch"]))
		}
	}
	return rules
}

func TestLifecycle(t *testing.T) {
	join := func(parts ...[]storage.Object) []storage.Object {
		var all []storage.Object
		for _, part := range parts {
			all = append(all, part...)
		}
		return all
	}
	// What stood once is on record in the policy.
	policy := func(standing []storage.Object) []storage.Object {
		var only []storage.Object
		for _, object := range ofKind(lifecycleKind.Kind, stand(ofOwner(t, skd(), standing...))) {
			only = append(only, object)
		}
		return only
	}
	income30, income60 := keeping(t, "income", map[string]int32{"pdf": 30}), keeping(t, "income", map[string]int32{"pdf": 60})
	many := map[string]int32{}
	for i := range 11 {
		many[fmt.Sprintf("c%02d", i)] = 30
	}
	for sentence, c := range map[string]struct {
		owner    storage.Owner
		standing []storage.Object
		want     []string
	}{
		"without containers there is no policy": {skd(), nil, nil},
		"a container is deleted from after its days": {skd(), income30,
			[]string{"deleteAfter30DaysPart1 map[30:true] [income-pdf/]"}},
		"containers of the same days share a rule, sorted": {skd(), join(keeping(t, "tax", map[string]int32{"a": 30, "b": 7}), income30),
			[]string{"deleteAfter7DaysPart1 map[7:true] [tax-b/]", "deleteAfter30DaysPart1 map[30:true] [income-pdf/ tax-a/]"}},
		"after ten another rule begins": {skd(), keeping(t, "app", many), []string{
			"deleteAfter30DaysPart1 map[30:true] [app-c00/ app-c01/ app-c02/ app-c03/ app-c04/ app-c05/ app-c06/ app-c07/ app-c08/ app-c09/]",
			"deleteAfter30DaysPart2 map[30:true] [app-c10/]"}},
		"one that is gone is still deleted from, as its data is kept": {skd(), policy(income30),
			[]string{"deleteAfter30DaysPart1 map[30:true] [income-pdf/]"}},
		"so it is under Retain": {skd(withRetain), policy(income30),
			[]string{"deleteAfter30DaysPart1 map[30:true] [income-pdf/]"}},
		"under Delete its data is gone, and so is its rule": {skd(withDelete), policy(income30), nil},
		"of one that stands the days are those it says":     {skd(), join(policy(income30), income60), []string{"deleteAfter60DaysPart1 map[60:true] [income-pdf/]"}},
		"a container that is gone stays beside one that stands": {skd(), join(policy(income30), keeping(t, "tax", map[string]int32{"a": 30})),
			[]string{"deleteAfter30DaysPart1 map[30:true] [income-pdf/ tax-a/]"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			if diff := gocmp.Diff(c.want, rulesOf(ofOwner(t, c.owner, c.standing...))); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

// One hundred rules are what Azure takes.
func TestMoreLifecycleRulesThanAzureTakesAreRefused(t *testing.T) {
	days := map[string]int32{}
	for i := range int32(100) {
		days[fmt.Sprintf("c%d", i)] = i + 1
	}
	if rules := rulesOf(ofOwner(t, skd(), keeping(t, "app", days)...)); len(rules) != 100 {
		t.Errorf("%d rules", len(rules))
	}
	days["more"] = 101
	_, err := here.OfOwner(skd(), keeping(t, "app", days))
	if err == nil || !strings.Contains(err.Error(), "needs 101 lifecycle rules for its containers, and Azure allows 100") {
		t.Errorf("the error is %v", err)
	}
}

// Whatever has stood: every container that stands, and every one whose data is kept, is in one rule and one only, with
// the days it says, or said last.
func TestEveryContainerIsDeletedFromByOneRule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		days := rapid.MapOf(rapid.StringMatching(`[a-z]{1,3}`), rapid.SampledFrom([]int32{1, 7, 30, 3650}))
		earlier, now := days.Draw(rt, "earlier"), days.Draw(rt, "now")
		policy := stand(ofOwner(t, skd(), keeping(t, "app", earlier)...), func(object *unstructured.Unstructured) {
			if object.GetKind() == containerKind.Kind {
				rt.Fatal("an owner has no containers of its own")
			}
		})
		got := retention{}
		for _, object := range ofKind(lifecycleKind.Kind, stand(ofOwner(t, skd(), append(policy, keeping(t, "app", now)...)...))) {
			rules := list(object, "spec", "policy", "rules")
			for _, entry := range rules {
				for name, kept := range retentionOf(&unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"policy": map[string]any{"rules": []any{entry}}}}}) {
					if got[name] != 0 {
						rt.Fatalf("%s is in two rules", name)
					}
					got[name] = kept
				}
			}
		}
		want := retention{}
		for _, part := range []map[string]int32{earlier, now} {
			for name, kept := range part {
				want[containerName("app", name)] = int64(kept)
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			rt.Errorf("retention (-want +got):\n%s", diff)
		}
	})
}

func TestALifecyclePolicyWrittenAnewGoesOnAsItStood(t *testing.T) {
	wanted := ofOwner(t, skd(), keeping(t, "income", map[string]int32{"reports": 30})...)
	anew := only(lifecycleKind, func(o *unstructured.Unstructured) { o.SetGeneration(4) })
	if report := here.Judge(wanted, stand(wanted, isReady, anew)); len(report.Awaited)+len(report.Findings) > 0 {
		t.Errorf("each new container would take its owner's readiness: %v, %v", report.Awaited, report.Findings)
	}
	failed := only(lifecycleKind, fails("Error", "InvalidRequest", "a rule is wrong"))
	if report := here.Judge(wanted, stand(wanted, isReady, failed)); len(report.Findings) != 1 {
		t.Errorf("a policy that fails is not told of: %v", report.Findings)
	}
}
