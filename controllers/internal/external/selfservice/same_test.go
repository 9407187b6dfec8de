// SPDX-License-Identifier: BSD-3-Clause

package selfservice_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

type changeOfClient = func(*selfservice.Client)

func TestSame(t *testing.T) {
	const idporten, maskinporten = selfservice.IntegrationIDPorten, selfservice.IntegrationMaskinporten
	for sentence, tc := range map[string]struct {
		of     string
		change changeOfClient
		want   bool
	}{
		"as they are": {idporten, func(*selfservice.Client) {}, true},
		"what is the API's own": {idporten, func(c *selfservice.Client) {
			c.ClientID, c.Active, c.SupplierOrgNo, c.JWKSURI = "x", true, "991825827", "https://x.example.no"
			c.ClientOrgNo, c.Created, c.LastUpdated = "974761076", time.Now(), time.Now()
		}, true},
		"what a login is given": {idporten, func(c *selfservice.Client) {
			c.ApplicationType, c.Scopes, c.CodeChallengeMethod, c.RefreshTokenUsage = "web", []string{"profile", "openid"}, "S256", "ONETIME"
			c.AccessTokenLifetime, c.RefreshTokenLifetime, c.AuthorizationLifetime = 120, 600, 7200
		}, true},
		"what a machine is given":          {maskinporten, func(c *selfservice.Client) { c.AccessTokenLifetime, c.ApplicationType = 120, "web" }, true},
		"lifetimes of logins of a machine": {maskinporten, func(c *selfservice.Client) { c.RefreshTokenLifetime, c.AuthorizationLifetime = 1, 2 }, true},
		"single sign-on at Ansattporten":   {selfservice.IntegrationAnsattporten, func(c *selfservice.Client) { c.SSODisabled = true }, true},
		"a scope named twice":              {maskinporten, func(c *selfservice.Client) { c.Scopes = append(c.Scopes, c.Scopes[0]) }, true},
		"no list and an empty one":         {maskinporten, func(c *selfservice.Client) { c.RedirectURIs = []string{} }, true},

		"another name":               {maskinporten, func(c *selfservice.Client) { c.ClientName = "x" }, false},
		"another description":        {maskinporten, func(c *selfservice.Client) { c.Description = "x" }, false},
		"another integration":        {maskinporten, func(c *selfservice.Client) { c.IntegrationType = "krr" }, false},
		"another application":        {idporten, func(c *selfservice.Client) { c.ApplicationType = "native" }, false},
		"a scope less":               {maskinporten, func(c *selfservice.Client) { c.Scopes = c.Scopes[1:] }, false},
		"a scope more":               {idporten, scoped("openid", "profile", "eidas"), false},
		"a grant less":               {idporten, func(c *selfservice.Client) { c.GrantTypes = c.GrantTypes[:1] }, false},
		"a secret instead of a key":  {idporten, func(c *selfservice.Client) { c.TokenEndpointAuthMethod = "client_secret_basic" }, false},
		"longer access":              {maskinporten, func(c *selfservice.Client) { c.AccessTokenLifetime = 3600 }, false},
		"a longer refresh":           {idporten, func(c *selfservice.Client) { c.RefreshTokenLifetime = 601 }, false},
		"a longer authorization":     {idporten, func(c *selfservice.Client) { c.AuthorizationLifetime = 7201 }, false},
		"a redirect more":            {idporten, func(c *selfservice.Client) { c.RedirectURIs = append(c.RedirectURIs, "https://canary.example.no") }, false},
		"an address after logout":    {idporten, func(c *selfservice.Client) { c.PostLogoutRedirectURIs = []string{"https://x.example.no"} }, false},
		"an address to tell logouts": {idporten, func(c *selfservice.Client) { c.FrontchannelLogoutURI = "https://x.example.no" }, false},
		"a session told of":          {idporten, func(c *selfservice.Client) { c.FrontchannelLogoutSessionRequired = true }, false},
		"no single sign-on":          {idporten, func(c *selfservice.Client) { c.SSODisabled = true }, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			wanted, other := login(tc.of), login(tc.of)
			if tc.of == maskinporten {
				wanted, other = machine(), machine()
			}
			tc.change(other)
			if selfservice.Same(wanted, other) != tc.want || selfservice.Same(other, wanted) != tc.want {
				t.Errorf("the same: want %v", tc.want)
			}
		})
	}
}

func TestWordsThatAreNamedAreCompared(t *testing.T) {
	for _, tc := range []struct {
		change, other changeOfClient
	}{
		{func(c *selfservice.Client) { c.CodeChallengeMethod = "S256" }, func(c *selfservice.Client) { c.CodeChallengeMethod = "none" }},
		{func(c *selfservice.Client) { c.RefreshTokenUsage = "REUSE" }, func(c *selfservice.Client) { c.RefreshTokenUsage = "ONETIME" }},
	} {
		a, b := login(selfservice.IntegrationIDPorten, tc.change), login(selfservice.IntegrationIDPorten, tc.other)
		if selfservice.Same(a, b) {
			t.Errorf("want %+v and %+v different", a, b)
		}
	}
}

// permuted is a list in another order.
func permuted(t *rapid.T, list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return rapid.Permutation(list).Draw(t, "order")
}

func TestSameHeedsNoOrderAndChangesNothing(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,2}`), 0, 5)
	kinds := rapid.SampledFrom([]string{selfservice.IntegrationMaskinporten, selfservice.IntegrationIDPorten, selfservice.IntegrationAnsattporten})
	rapid.Check(t, func(t *rapid.T) {
		a := login(kinds.Draw(t, "kind"))
		a.Scopes, a.GrantTypes = words.Draw(t, "scopes"), words.Draw(t, "grants")
		a.RedirectURIs, a.PostLogoutRedirectURIs = words.Draw(t, "redirects"), words.Draw(t, "logouts")
		b := *a
		for _, list := range []*[]string{&b.Scopes, &b.GrantTypes, &b.RedirectURIs, &b.PostLogoutRedirectURIs} {
			*list = permuted(t, *list)
		}
		before := b
		before.Scopes = slices.Clone(b.Scopes)
		if !selfservice.Same(a, &b) || !selfservice.Same(&b, a) {
			t.Fatalf("want %+v and %+v the same", a, b)
		}
		if !reflect.DeepEqual(before, b) {
			t.Fatalf("want nothing changed, got %+v", b)
		}
		b.Scopes = append(b.Scopes, "another")
		if selfservice.Same(a, &b) {
			t.Fatal("want another scope seen")
		}
	})
}

func TestSameScope(t *testing.T) {
	for sentence, tc := range map[string]struct {
		change func(*selfservice.Scope)
		want   bool
	}{
		"as they are":          {func(*selfservice.Scope) {}, true},
		"whose it is":          {func(s *selfservice.Scope) { s.OwnerOrgNo = "974761076" }, true},
		"public by being told": {func(s *selfservice.Scope) { s.Visibility = selfservice.VisibilityPublic }, true},
		"private":              {func(s *selfservice.Scope) { s.Visibility = selfservice.VisibilityPrivate }, false},
		"deactivated":          {func(s *selfservice.Scope) { s.Active = false }, false},
		"open to all":          {func(s *selfservice.Scope) { s.AccessibleForAll = true }, false},
		"another name":         {func(s *selfservice.Scope) { s.Name = "skd:x" }, false},
		"another description":  {func(s *selfservice.Scope) { s.Description = "x" }, false},
		"a longer description": {func(s *selfservice.Scope) { s.LongDescription = "x" }, false},
		"for all clients":      {func(s *selfservice.Scope) { s.AllowedIntegrationTypes = nil }, false},
		"for more clients":     {func(s *selfservice.Scope) { s.AllowedIntegrationTypes = []string{"maskinporten", "api_klient"} }, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			a, b := income(), income(tc.change)
			if selfservice.SameScope(a, b) != tc.want || selfservice.SameScope(b, a) != tc.want {
				t.Errorf("the same: want %v", tc.want)
			}
		})
	}
}

func TestSameScopeHeedsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := income()
		a.AllowedIntegrationTypes = rapid.SliceOfN(rapid.StringMatching(`[a-c]`), 0, 5).Draw(t, "kinds")
		b := income(func(s *selfservice.Scope) { s.AllowedIntegrationTypes = permuted(t, a.AllowedIntegrationTypes) })
		if !selfservice.SameScope(a, b) {
			t.Fatalf("want %+v and %+v the same", a, b)
		}
	})
}
