// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// What Azure takes ("Naming rules and restrictions for Azure resources").
var (
	legalGroup     = regexp.MustCompile(`^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$`)
	legalAccount   = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
	legalVault     = regexp.MustCompile(`^[A-Za-z](-?[A-Za-z0-9])*$`)
	legalContainer = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`)
	legalIdentity  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$`)
	legalID        = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`)
)

// anyOwner draws what the API lets a service owner be.
func anyOwner() *rapid.Generator[storage.Owner] {
	return rapid.Custom(func(t *rapid.T) storage.Owner {
		code := rapid.StringMatching(`[a-z][a-z0-9]{1,11}`).Draw(t, "code")
		return storage.Owner{
			Code: code, Namespace: v1alpha1.NamespacePrefix + code, Region: "norwayeast",
			OrganizationNumber: v1alpha1.OrganizationNumber(rapid.StringMatching(`[0-9]{9}`).Draw(t, "number")),
			Storage:            v1alpha1.Storage{Redundancy: "ZRS", SoftDeleteDays: 30},
		}
	})
}

var (
	anyEnvironment = rapid.StringMatching(`[a-z]([a-z0-9-]{0,20}[a-z0-9])?`)
	anyApp         = rapid.StringMatching(`[a-z][a-z0-9-]{1,28}[a-z0-9]`)
	anyContainer   = rapid.StringMatching(`[a-z0-9](-?[a-z0-9]){0,14}`)
)

func TestNamesAreLegalInAzure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &provider{environment: anyEnvironment.Draw(t, "environment")}
		owner := anyOwner().Draw(t, "owner")
		app := storage.App{Owner: owner, Name: anyApp.Draw(t, "app")}
		container := containerName(app.Name, anyContainer.Draw(t, "container"))
		for name, legal := range map[string]bool{
			p.groupName(owner):      legalGroup.MatchString(p.groupName(owner)),
			p.accountName(owner):    legalAccount.MatchString(p.accountName(owner)),
			p.vaultName(owner):      legalVault.MatchString(p.vaultName(owner)) && len(p.vaultName(owner)) <= 24,
			container:               legalContainer.MatchString(container) && len(container) >= 3 && len(container) <= 63,
			identityName(app):       legalIdentity.MatchString(identityName(app)),
			keysIdentityName(owner): legalIdentity.MatchString(keysIdentityName(owner)),
			p.roleName(owner, "a"):  legalID.MatchString(p.roleName(owner, "a")),
		} {
			if !legal {
				t.Errorf("%q is no name that Azure takes", name)
			}
		}
	})
}

func TestTwoOwnersNeverShareAName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := &provider{environment: anyEnvironment.Draw(t, "environment")}, &provider{environment: anyEnvironment.Draw(t, "other environment")}
		one, other := anyOwner().Draw(t, "owner"), anyOwner().Draw(t, "other owner")
		if rapid.Bool().Draw(t, "of the same code") {
			other.Code = one.Code
		}
		if strings.Join(a.of(one), "/") == strings.Join(b.of(other), "/") {
			t.Skip("the same one")
		}
		if a.accountName(one) == b.accountName(other) || a.vaultName(one) == b.vaultName(other) || a.roleName(one, "x") == b.roleName(other, "x") {
			t.Errorf("%v and %v share a name", a.of(one), b.of(other))
		}
	})
}

func TestTwoContainersNeverShareAName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// The letters are few, so that names meet.
		part := rapid.StringMatching(`a(-?[ab]){0,3}`)
		app, other := rapid.StringMatching(`a(-{0,2}[ab]){1,3}`).Draw(t, "app"), rapid.StringMatching(`a(-{0,2}[ab]){1,3}`).Draw(t, "other app")
		one, another := part.Draw(t, "container"), part.Draw(t, "other container")
		if app == other && one == another {
			t.Skip("the same one")
		}
		if containerName(app, one) == containerName(other, another) {
			t.Errorf("%s of %s and %s of %s are both called %s", one, app, another, other, containerName(app, one))
		}
	})
}

func TestContainerNames(t *testing.T) {
	for sentence, c := range map[string]struct{ app, container, want string }{
		"a name that can be read in one way is used as it is":    {"income", "pdf", "income-pdf"},
		"a hyphen in the container makes it ambiguous":           {"income", "pdf-a", "income-pdf-a-" + digits(10, "income", "pdf-a")},
		"a hyphen in the App does too":                           {"income-pdf", "a", "income-pdf-a-" + digits(10, "income-pdf", "a")},
		"double hyphens become single, which Azure asks for":     {"in--come", "pdf", "in-come-pdf-" + digits(10, "in--come", "pdf")},
		"what is too long is cut, and told apart by its digest":  {strings.Repeat("a", 30), strings.Repeat("b-", 14) + "b", strings.Repeat("a", 30) + "-" + strings.Repeat("b-", 10) + "b-" + digits(10, strings.Repeat("a", 30), strings.Repeat("b-", 14)+"b")},
		"the shortest is three characters, which is Azure's own": {"a", "b", "a-b"},
	} {
		if got := containerName(c.app, c.container); got != c.want || len(got) > 63 {
			t.Errorf("%s: %s of %s is called %s, want %s", sentence, c.container, c.app, got, c.want)
		}
	}
}

func TestNamesOfAnOwner(t *testing.T) {
	p, owner := &provider{environment: "tt02"}, storage.Owner{Code: "skd", OrganizationNumber: "974761076"}
	for got, want := range map[string]string{
		p.groupName(owner):   "so-tt02-skd",
		p.accountName(owner): "stskd" + digits(10, "tt02", "skd", "974761076"),
		p.vaultName(owner):   "kv-skd-" + digits(8, "tt02", "skd", "974761076"),
	} {
		if got != want {
			t.Errorf("called %s, want %s", got, want)
		}
	}
}
