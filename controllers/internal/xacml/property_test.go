// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestEveryRenderedPolicyIsRightAndReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := aPolicy(t)
		if faults := Validate(policy); len(faults) > 0 {
			t.Fatalf("%v", faults)
		}
		written := mustMarshal(t, policy)
		back := mustParse(t, written)
		if !Equal(policy, back) || Hash(policy) != Hash(back) {
			t.Fatalf("written and read again, it is another policy:\n%s", written)
		}
		if again := mustMarshal(t, back); !bytes.Equal(written, again) {
			t.Fatalf("written again, it has other bytes:\n%s\n%s", written, again)
		}
	})
}

func TestTheOrderOfListsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app, org := someApp(t)
		mixed := app.DeepCopy()
		if mixed.Spec.Authorization != nil {
			rules := shuffled(t, mixed.Spec.Authorization.Rules)
			for i := range rules {
				rules[i].Roles, rules[i].AccessPackages = shuffled(t, rules[i].Roles), shuffled(t, rules[i].AccessPackages)
				rules[i].Actions = shuffled(t, rules[i].Actions)
			}
			mixed.Spec.Authorization.Rules = rules
		}
		sameBytes(t, ForApp(app, org), ForApp(mixed, org))

		consent := someConsent(t)
		other := consent
		other.Spec.Givers.Roles = shuffled(t, consent.Spec.Givers.Roles)
		other.Spec.Givers.AccessPackages = shuffled(t, consent.Spec.Givers.AccessPackages)
		sameBytes(t, consent.policy(), other.policy())
	})
}

func sameBytes(t *rapid.T, a, b Policy) {
	if first, second := mustMarshal(t, a), mustMarshal(t, b); !bytes.Equal(first, second) {
		t.Fatalf("the bytes differ:\n%s\n%s", first, second)
	}
	if !Equal(a, b) || Hash(a) != Hash(b) {
		t.Fatalf("the bytes are the same, and the policies are not: %s", a.meaning())
	}
}

func TestAnyChangeOfAnAppIsADifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app, org := someApp(t)
		if app.Spec.Authorization == nil || len(app.Spec.Authorization.Rules) == 0 {
			app.Spec.Authorization = &v1alpha1.Authorization{Rules: []v1alpha1.AuthorizationRule{
				{Roles: []v1alpha1.RoleCode{"PRIV"}, AccessPackages: []v1alpha1.AccessPackage{"aksjer"}, Actions: []v1alpha1.Action{"read"}},
			}}
		}
		changed := app.DeepCopy()
		rules := changed.Spec.Authorization.Rules
		rule := &rules[rapid.IntRange(0, len(rules)-1).Draw(t, "rule")]
		changes := map[string]func(){
			"name":  func() { changed.Name = fresh(t, anApp, []string{app.Name}) },
			"owner": func() { org = fresh(t, aCode, []string{org}) },
			"level": func() {
				level := levelOf(app.Spec.Authorization.MinimumAuthenticationLevel)
				changed.Spec.Authorization.MinimumAuthenticationLevel = ptr.To((level + 1 + v1alpha1.AuthenticationLevel(rapid.IntRange(0, 3).Draw(t, "up"))) % 5)
			},
			"an action":       func() { exchange(t, anAction, rule.Actions) },
			"one action more": func() { rule.Actions = append(rule.Actions, fresh(t, anAction, rule.Actions)) },
			"one role more":   func() { rule.Roles = append(rule.Roles, fresh(t, aRole, rule.Roles)) },
			"one package more": func() {
				rule.AccessPackages = append(rule.AccessPackages, fresh(t, aPackage, rule.AccessPackages))
			},
			"a rule more": func() {
				more := v1alpha1.AuthorizationRule{Roles: []v1alpha1.RoleCode{"NEW"}, Actions: []v1alpha1.Action{fresh(t, anAction, rule.Actions)}}
				changed.Spec.Authorization.Rules = append(rules, more)
			},
		}
		if len(rule.Roles) > 0 {
			changes["a role"] = func() { exchange(t, aRole, rule.Roles) }
		}
		if len(rule.AccessPackages) > 0 {
			changes["a package"] = func() { exchange(t, aPackage, rule.AccessPackages) }
		}
		before := ForApp(app, org)
		what := rapid.SampledFrom(sortedKeys(changes)).Draw(t, "what")
		changes[what]()
		differs(t, what, before, ForApp(changed, org), permitted(app) != permitted(changed) || what == "name" || what == "owner")
	})
}

func levelOf(level *v1alpha1.AuthenticationLevel) v1alpha1.AuthenticationLevel {
	return ptr.Deref(level, defaultLevel)
}

func sortedKeys(of map[string]func()) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// exchange puts a value that is not among them in the place of one of several.
func exchange[V ~string](t *rapid.T, of *rapid.Generator[V], values []V) {
	values[rapid.IntRange(0, len(values)-1).Draw(t, "which")] = fresh(t, of, values)
}

// permitted is what an App's spec says, told another way than by policies: the distinct rules as lists of words.
func permitted(app *v1alpha1.App) string {
	rules := map[string]bool{}
	for _, rule := range app.Spec.Authorization.Rules {
		rules[strings.ToLower(fmt.Sprint(set(rule.Roles), set(rule.AccessPackages), set(rule.Actions)))] = true
	}
	return fmt.Sprint(rules, levelOf(app.Spec.Authorization.MinimumAuthenticationLevel))
}

func set[V ~string](values []V) map[string]bool {
	all := map[string]bool{}
	for _, value := range values {
		all[strings.ToLower(string(value))] = true
	}
	return all
}

// differs wants two policies to differ. That a change is one of what is permitted is told by a second account of the spec: to
// make one of three rules that repeat each other into a fourth's likeness, for one, changes nothing.
func differs(t *rapid.T, what string, before, after Policy, want bool) {
	sameBytes := want && bytes.Equal(mustMarshal(t, before), mustMarshal(t, after))
	if Equal(before, after) == want || (Hash(before) == Hash(after)) == want || sameBytes {
		t.Fatalf("with another %s, that the policies differ must be %t:\n%s\n%s", what, want, before.meaning(), after.meaning())
	}
}

func TestAnyChangeOfAConsentIsADifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		consent := someConsent(t)
		changed := consent
		changed.ConsentResource = *consent.DeepCopy()
		givers := &changed.Spec.Givers
		changes := map[string]func(){
			"identifier": func() { changed.identifier += "x" },
			"level": func() {
				*changed.Spec.MinimumAuthenticationLevel = (*changed.Spec.MinimumAuthenticationLevel + 1) % 5
			},
			"requester": func() { changed.Spec.Requesters.AnyOrganization = !changed.Spec.Requesters.AnyOrganization },
			"more role": func() { givers.Roles = append(givers.Roles, fresh(t, aRole, givers.Roles)) },
			"more package": func() {
				givers.AccessPackages = append(givers.AccessPackages, fresh(t, aPackage, givers.AccessPackages))
			},
		}
		if !consent.Spec.Requesters.AnyOrganization {
			changes["list"] = func() { changed.list += "x" }
			changes["owner of the list"] = func() { changed.org = fresh(t, aCode, []string{consent.org}) }
		}
		if len(givers.Roles) > 0 {
			changes["role"] = func() { exchange(t, aRole, givers.Roles) }
		}
		if len(givers.AccessPackages) > 0 {
			changes["package"] = func() { exchange(t, aPackage, givers.AccessPackages) }
		}
		what := rapid.SampledFrom(sortedKeys(changes)).Draw(t, "what")
		changes[what]()
		differs(t, what, consent.policy(), changed.policy(), true)
	})
}
