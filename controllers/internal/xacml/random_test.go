// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"math/rand/v2"
	"slices"
	"strings"

	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Random specs are as free as admission lets them be: the patterns and bounds are those of the types.

var (
	aRole    = words[v1alpha1.RoleCode]("PRIV|DAGL|dagl|LEDE|REGNA|[A-Za-z0-9_-]{1,8}|[A-Za-z0-9_-]{64}")
	aPackage = words[v1alpha1.AccessPackage]("skatt-naering|aksjer|[a-z0-9]|[a-z0-9][a-z0-9-]{0,8}[a-z0-9]|[a-z0-9][a-z0-9-]{126}[a-z0-9]")
	anAction = words[v1alpha1.Action]("read|write|instantiate|complete|sign|[a-z][a-zA-Z0-9_-]{0,5}|[a-z][a-zA-Z0-9_-]{63}")
	aCode    = rapid.StringMatching("skd|[a-z][a-z0-9]{1,11}")
	anApp    = rapid.StringMatching("income|[a-z][a-z0-9-]{1,28}[a-z0-9]").Filter(func(name string) bool { return name != "datamodels" })
	anID     = rapid.StringMatching("[a-z0-9_-]{1,20}")
)

func words[V ~string](pattern string) *rapid.Generator[V] {
	return rapid.Map(rapid.StringMatching(pattern), func(word string) V { return V(word) })
}

// holdersOf draws roles and packages, at least one of both together.
func holdersOf(t *rapid.T, most int) ([]v1alpha1.RoleCode, []v1alpha1.AccessPackage) {
	roles := setOf(aRole, 0, most).Draw(t, "roles")
	least := 0
	if len(roles) == 0 {
		roles, least = nil, 1
	}
	packages := setOf(aPackage, least, most).Draw(t, "packages")
	if len(packages) == 0 {
		packages = nil
	}
	return roles, packages
}

// setOf draws different values: few most times, and sometimes as many as there may be.
func setOf[V comparable](of *rapid.Generator[V], least, most int) *rapid.Generator[[]V] {
	few := rapid.SliceOfNDistinct(of, least, 3, rapid.ID[V])
	return rapid.OneOf(few, few, few, rapid.SliceOfNDistinct(of, least, most, rapid.ID[V]))
}

func aLevel(t *rapid.T) *v1alpha1.AuthenticationLevel {
	return ptr.To(v1alpha1.AuthenticationLevel(rapid.Int32Range(0, highestLevel).Draw(t, "level")))
}

func anAuthorization(t *rapid.T) *v1alpha1.Authorization {
	drawn := &v1alpha1.Authorization{MinimumAuthenticationLevel: aLevel(t)}
	for range rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 3), rapid.IntRange(0, 30)).Draw(t, "rules") {
		rule := v1alpha1.AuthorizationRule{Actions: setOf(anAction, 1, 20).Draw(t, "actions")}
		rule.Roles, rule.AccessPackages = holdersOf(t, 30)
		same := func(other v1alpha1.AuthorizationRule) bool {
			return sameSet(rule.Roles, other.Roles) && sameSet(rule.AccessPackages, other.AccessPackages) && sameSet(rule.Actions, other.Actions)
		}
		if !slices.ContainsFunc(drawn.Rules, same) {
			drawn.Rules = append(drawn.Rules, rule)
		}
	}
	return drawn
}

// sameSet compares lists as admission does those that are sets: without regard to order.
func sameSet[V ~string](a, b []V) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// someApp draws an App and its owner's code.
func someApp(t *rapid.T) (*v1alpha1.App, string) {
	app := &v1alpha1.App{}
	app.Name = anApp.Draw(t, "app")
	if rapid.IntRange(0, 9).Draw(t, "has no authorization") > 0 {
		app.Spec.Authorization = anAuthorization(t)
	}
	return app, aCode.Draw(t, "code")
}

// drawnConsent is a consent with all that its policy is rendered from.
type drawnConsent struct {
	v1alpha1.ConsentResource
	identifier, org, list string
}

func (c drawnConsent) policy() Policy {
	return ForConsent(&c.ConsentResource, c.identifier, c.org, c.list)
}

func someConsent(t *rapid.T) drawnConsent {
	drawn := drawnConsent{org: aCode.Draw(t, "code")}
	drawn.identifier = drawn.org + "-" + anID.Draw(t, "identifier")
	drawn.list = drawn.org + "-" + anID.Draw(t, "list")
	drawn.Name = "income"
	drawn.Spec.MinimumAuthenticationLevel = aLevel(t)
	drawn.Spec.Givers.Roles, drawn.Spec.Givers.AccessPackages = holdersOf(t, 50)
	drawn.Spec.Requesters.AnyOrganization = rapid.Bool().Draw(t, "any organisation")
	if !drawn.Spec.Requesters.AnyOrganization {
		drawn.Spec.Requesters.Organizations = []v1alpha1.OrganizationNumber{"971527412"}
	}
	return drawn
}

// aPolicy draws a policy of either kind.
func aPolicy(t *rapid.T) Policy {
	if rapid.Bool().Draw(t, "is an App's") {
		app, org := someApp(t)
		return ForApp(app, org)
	}
	return someConsent(t).policy()
}

// shuffled is a copy in another order.
func shuffled[V any](t *rapid.T, all []V) []V {
	mixed := slices.Clone(all)
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
	random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}

// fresh is a value that differs from all of these in more than case.
func fresh[V ~string](t *rapid.T, of *rapid.Generator[V], known []V) V {
	return of.Filter(func(value V) bool {
		return !slices.ContainsFunc(known, func(other V) bool { return strings.EqualFold(string(value), string(other)) })
	}).Draw(t, "fresh")
}
