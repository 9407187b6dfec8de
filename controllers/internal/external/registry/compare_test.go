// SPDX-License-Identifier: BSD-3-Clause

package registry_test

import (
	"testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

// compared is a resource with something in each kind of field.
func compared(changes ...func(*registry.ServiceResource)) *registry.ServiceResource {
	return consent(append([]func(*registry.ServiceResource){func(r *registry.ServiceResource) {
		r.AvailableForType = []string{registry.PartyPrivatePerson, registry.PartyEnterprise}
		r.ConsentMetadata = map[string]registry.ConsentField{"year": {}, "bank": {}}
		r.ContactPoints = []registry.ContactPoint{{Category: "Support", Email: "a@skd.example.no"}, {Category: "Support", Email: "b@skd.example.no"}}
	}}, changes...)...)
}

func TestSame(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*registry.ServiceResource)
		want   bool
	}{
		"as they are":     {func(*registry.ServiceResource) {}, true},
		"another version": {func(r *registry.ServiceResource) { r.VersionID = 7 }, true},
		"what policies name it by": {func(r *registry.ServiceResource) {
			r.AuthorizationReference = []registry.AuthorizationReference{{ID: "a"}}
		}, true},
		"another order of the kinds of parties": {func(r *registry.ServiceResource) {
			r.AvailableForType = []string{registry.PartyEnterprise, registry.PartyPrivatePerson}
		}, true},
		"no mode of access lists is Disabled": {func(r *registry.ServiceResource) { r.AccessListMode = "" }, true},
		"another title":                       {titled("Another"), false},
		"one language less":                   {func(r *registry.ServiceResource) { r.Title = registry.Texts{"nb": r.Title["nb"], "en": r.Title["en"]} }, false},
		"another owner":                       {of("991825827", "digdir"), false},
		"a kind of party less":                {func(r *registry.ServiceResource) { r.AvailableForType = r.AvailableForType[:1] }, false},
		"a mode of access lists":              {func(r *registry.ServiceResource) { r.AccessListMode = registry.AccessListEnabled }, false},
		"not delegable":                       {func(r *registry.ServiceResource) { r.Delegable = !r.Delegable }, false},
		"not visible":                         {func(r *registry.ServiceResource) { r.Visible = !r.Visible }, false},
		"withdrawn":                           {func(r *registry.ServiceResource) { r.Status = registry.StatusWithdrawn }, false},
		"another template":                    {func(r *registry.ServiceResource) { r.ConsentTemplate = "poa" }, false},
		"metadata less":                       {func(r *registry.ServiceResource) { r.ConsentMetadata = map[string]registry.ConsentField{"year": {}} }, false},
		"no contact points":                   {func(r *registry.ServiceResource) { r.ContactPoints = nil }, false},
		"contact points, which have an order": {func(r *registry.ServiceResource) {
			r.ContactPoints[0], r.ContactPoints[1] = r.ContactPoints[1], r.ContactPoints[0]
		}, false},
		"what somebody added by other means":     {func(r *registry.ServiceResource) { r.Homepage = "https://skd.example.no" }, false},
		"a field that only others use is no set": {func(r *registry.ServiceResource) { r.Keywords = []registry.Keyword{{Word: "income"}} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := compared(), compared(tc.change)
			if registry.Same(a, b) != tc.want || registry.Same(b, a) != tc.want {
				t.Errorf("the same: want %v", tc.want)
			}
		})
	}
}

func TestSameTakesNoContactPointsForNone(t *testing.T) {
	none := compared(func(r *registry.ServiceResource) { r.ContactPoints = nil })
	empty := compared(func(r *registry.ServiceResource) { r.ContactPoints = []registry.ContactPoint{} })
	if !registry.Same(none, empty) {
		t.Error("nil and an empty list are the same")
	}
}

func TestSameChangesNothing(t *testing.T) {
	resource := compared(func(r *registry.ServiceResource) { r.VersionID, r.AccessListMode = 7, "" })
	registry.Same(resource, compared())
	if resource.VersionID != 7 || resource.AccessListMode != "" || resource.AvailableForType[0] != registry.PartyPrivatePerson {
		t.Errorf("it was changed to %+v", resource)
	}
}
