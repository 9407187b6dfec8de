// SPDX-License-Identifier: BSD-3-Clause

package selfservice_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const unknownID = "00000000-0000-4000-8000-000000000000"

// wantRefused wants a refusal with a cause, which may be none, for somebody to act on.
func wantRefused(t *testing.T, err, cause error, actor v1alpha1.Actor) {
	t.Helper()
	refused, ok := errors.AsType[*external.Refused](err)
	if !ok || refused.Actor != actor || cause != nil && !errors.Is(err, cause) {
		t.Errorf("want it refused for %s with %v, got %v", actor, cause, err)
	}
}

func TestAClientComesBackTheSameAsItWasWanted(t *testing.T) {
	for sentence, wanted := range map[string]*selfservice.Client{
		"of Maskinporten":                machine(),
		"of Maskinporten without scopes": machine(scoped()),
		"of ID-porten":                   login(selfservice.IntegrationIDPorten),
		"of Ansattporten":                login(selfservice.IntegrationAnsattporten, func(c *selfservice.Client) { c.SSODisabled = true }),
		"with everything": login(selfservice.IntegrationIDPorten, func(c *selfservice.Client) {
			c.Description, c.ApplicationType, c.Scopes = "Income", selfservice.ApplicationWeb, []string{"profile", "openid"}
			c.AccessTokenLifetime, c.RefreshTokenLifetime, c.AuthorizationLifetime = 60, 120, 240
			c.RefreshTokenUsage, c.CodeChallengeMethod = selfservice.RefreshReuse, selfservice.ChallengeS256
			c.PostLogoutRedirectURIs = []string{"https://income.example.no/"}
			c.FrontchannelLogoutURI, c.FrontchannelLogoutSessionRequired = "https://income.example.no/out", true
			c.ClientOrgNo = sandbox.SkatteetatenNumber
		}),
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			made := w.made(wanted)
			got, err := w.api.Get(t.Context(), made.ClientID)
			w.must(err)
			if !reflect.DeepEqual(got, made) || !selfservice.Same(got, wanted) {
				t.Errorf("want %+v, made %+v, got %+v", wanted, made, got)
			}
			if got.ClientOrgNo != sandbox.SkatteetatenNumber || got.SupplierOrgNo != sandbox.DigdirNumber || !got.Active {
				t.Errorf("want the owner's active client, by us, got %+v", got)
			}
			w.must(w.api.Put(t.Context(), made.ClientID, got)) // what was read can be put
			again, err := w.api.Get(t.Context(), made.ClientID)
			w.must(err)
			if !selfservice.Same(again, wanted) {
				t.Errorf("want it unchanged, got %+v", again)
			}
		})
	}
}

func TestPutReplacesTheWholeClient(t *testing.T) {
	w := begin(t)
	id := w.made(machine(func(c *selfservice.Client) { c.Description, c.AccessTokenLifetime = "Old", 30 })).ClientID
	wanted := machine(scoped(grantedScope))
	w.must(w.api.Put(t.Context(), id, wanted))
	got, err := w.api.Get(t.Context(), id)
	w.must(err)
	if got.Description != "" || got.AccessTokenLifetime != 120 || !slices.Equal(got.Scopes, []string{grantedScope}) {
		t.Errorf("want nothing of the old one, got %+v", got)
	}
}

func TestADeactivatedClientIsGoneForGood(t *testing.T) {
	w := begin(t)
	id, other := w.made(machine()).ClientID, w.made(machine()).ClientID
	w.must(w.api.Deactivate(t.Context(), id))
	w.must(w.api.Deactivate(t.Context(), id))
	w.must(w.api.Deactivate(t.Context(), unknownID))
	_, err := w.api.Get(t.Context(), id)
	wantKind(t, err, "not found")
	wantKind(t, w.api.Put(t.Context(), id, machine()), "not found")
	_, err = w.api.Keys(t.Context(), id)
	wantKind(t, err, "not found")
	_, err = w.api.Replace(t.Context(), id, publics("a"))
	wantKind(t, err, "not found")
	wantKind(t, w.api.Clear(t.Context(), id), "not found")
	left, err := w.api.List(t.Context())
	w.must(err)
	if len(left) != 1 || left[0].ClientID != other {
		t.Errorf("want the other one alone, got %+v", left)
	}
}

func TestAnotherOwnersClientIsNotThere(t *testing.T) {
	w := begin(t)
	id := w.made(machine()).ClientID
	nav := w.as(sandbox.NAVNumber, patient)
	_, err := nav.Get(t.Context(), id)
	wantKind(t, err, "not found")
	wantKind(t, nav.Put(t.Context(), id, machine()), "not found")
	w.must(nav.Deactivate(t.Context(), id))
	if all, err := nav.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("want none, got %v, %v", all, err)
	}
	if _, err := w.api.Get(t.Context(), id); err != nil {
		t.Errorf("want it to stay, got %v", err)
	}
	_, err = nav.Create(t.Context(), machine(func(c *selfservice.Client) { c.ClientOrgNo = sandbox.SkatteetatenNumber }))
	wantRefused(t, err, nil, v1alpha1.ActorPlatform)
}

func TestWhoMustActOnAClientThatIsRefused(t *testing.T) {
	for sentence, tc := range map[string]struct {
		wanted *selfservice.Client
		cause  error
		actor  v1alpha1.Actor
	}{
		"a scope that was not given": {
			machine(scoped(grantedScope, sandbox.ClosedScope)), selfservice.ErrScopeNotAccessible, v1alpha1.ActorExternal,
		},
		"a scope of another kind of client": {
			login(selfservice.IntegrationIDPorten, scoped("openid", grantedScope)), nil, v1alpha1.ActorServiceOwner,
		},
		"a redirect over an open line": {
			login(selfservice.IntegrationIDPorten, func(c *selfservice.Client) { c.RedirectURIs = []string{"http://income.example.no"} }),
			nil, v1alpha1.ActorServiceOwner,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			w.api = w.as(sandbox.NAVNumber, patient) // the closed scope is skd's own
			_, err := w.api.Create(t.Context(), tc.wanted)
			wantRefused(t, err, tc.cause, tc.actor)
			if tc.cause == nil && errors.Is(err, selfservice.ErrScopeNotAccessible) {
				t.Errorf("want no access blamed, got %v", err)
			}
			if all, err := w.api.List(t.Context()); err != nil || len(all) != 0 {
				t.Errorf("want none made, got %v, %v", all, err)
			}
		})
	}
}

func TestAPutThatIsRefusedChangesNothing(t *testing.T) {
	w := begin(t)
	w.api = w.as(sandbox.NAVNumber, patient)
	id := w.made(machine()).ClientID
	err := w.api.Put(t.Context(), id, machine(scoped(sandbox.ClosedScope)))
	wantRefused(t, err, selfservice.ErrScopeNotAccessible, v1alpha1.ActorExternal)
	wantRefused(t, w.api.Put(t.Context(), id, login(selfservice.IntegrationIDPorten)), nil, v1alpha1.ActorServiceOwner)
	got, err := w.api.Get(t.Context(), id)
	w.must(err)
	if !selfservice.Same(got, machine()) {
		t.Errorf("want it as it was, got %+v", got)
	}
}

func TestAKeySetIsReplacedAsAWhole(t *testing.T) {
	w := begin(t)
	id := w.made(machine()).ClientID
	empty, err := w.api.Keys(t.Context(), id)
	w.must(err)
	if len(empty.Keys) != 0 {
		t.Errorf("want none yet, got %v", empty.IDs())
	}
	_, err = w.api.Replace(t.Context(), id, publics("old"))
	w.must(err)
	begun := w.clock.Now()
	w.clock.Step(time.Hour)
	set, err := w.api.Replace(t.Context(), id, publics("new", "old"))
	w.must(err)
	got, err := w.api.Keys(t.Context(), id)
	w.must(err)
	if !slices.Equal(got.IDs(), []string{"new", "old"}) || !slices.Equal(set.IDs(), got.IDs()) {
		t.Errorf("want both, got %v and %v", set.IDs(), got.IDs())
	}
	for _, key := range got.Keys {
		age := w.clock.Now().Sub(key.Created)
		if (key.JWK.KeyID == "old") != (age >= w.clock.Now().Sub(begun)) {
			t.Errorf("want %s to have kept its age, got %v", key.JWK.KeyID, age)
		}
		if left := key.Expires.Sub(w.clock.Now()); left < 364*24*time.Hour || left > 366*24*time.Hour {
			t.Errorf("want %s to live a year from now, got %v", key.JWK.KeyID, left)
		}
		if !reflect.DeepEqual(key.JWK.Key, public("x").Key) || key.JWK.Algorithm != "RS256" || key.JWK.Use != "sig" {
			t.Errorf("want the key that was sent, got %+v", key.JWK)
		}
	}
	_, err = w.api.Replace(t.Context(), id, publics("new"))
	w.must(err)
	w.must(w.api.Clear(t.Context(), id))
	w.must(w.api.Clear(t.Context(), id))
	if got, err := w.api.Keys(t.Context(), id); err != nil || len(got.Keys) != 0 {
		t.Errorf("want it empty, got %v, %v", got, err)
	}
}

func TestAKeySetThatIsNotValidIsNotSent(t *testing.T) {
	private := jose.JSONWebKey{Key: privateKey(), KeyID: "private", Algorithm: string(jose.RS256), Use: "sig"}
	for sentence, tc := range map[string]struct {
		keys  []jose.JSONWebKey
		cause error
	}{
		"no keys":                  {nil, selfservice.ErrNoKeys},
		"six keys":                 {publics("1", "2", "3", "4", "5", "6"), selfservice.ErrTooManyKeys},
		"a private key":            {append(publics("1"), private), selfservice.ErrNotPublic},
		"a secret":                 {[]jose.JSONWebKey{{Key: []byte("canary"), KeyID: "secret"}}, selfservice.ErrNotPublic},
		"nothing at all for a key": {[]jose.JSONWebKey{{KeyID: "none"}}, selfservice.ErrNotPublic},
		"two of one kid":           {publics("1", "2", "1"), selfservice.ErrKeyIDs},
		"a key without a kid":      {publics("1", ""), selfservice.ErrKeyIDs},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			id := w.made(machine()).ClientID
			w.server.ClearRequests()
			_, err := w.api.Replace(t.Context(), id, tc.keys)
			wantRefused(t, err, tc.cause, v1alpha1.ActorPlatform)
			if sent := w.server.Requests(); len(sent) != 0 {
				t.Errorf("want nothing sent, got %v", sent)
			}
		})
	}
}

func TestFiveKeysAreTaken(t *testing.T) {
	w := begin(t)
	id := w.made(machine()).ClientID
	if set, err := w.api.Replace(t.Context(), id, publics("1", "2", "3", "4", "5")); err != nil || len(set.Keys) != selfservice.MaxKeys {
		t.Errorf("want five, got %v, %v", set, err)
	}
}

func TestAKeyTheAPIDoesNotTakeIsAFaultOfOurs(t *testing.T) {
	w := begin(t)
	id := w.made(machine()).ClientID
	key := public("a")
	key.Use = "enc"
	_, err := w.api.Replace(t.Context(), id, []jose.JSONWebKey{key})
	wantRefused(t, err, nil, v1alpha1.ActorPlatform)
}

func TestTheLifeOfAScope(t *testing.T) {
	w := begin(t)
	_, err := w.api.Scope(t.Context(), ownScope)
	wantKind(t, err, "not found")
	wantKind(t, w.api.PutScope(t.Context(), income()), "not found")
	w.must(w.api.DeactivateScope(t.Context(), ownScope)) // there is none

	w.must(w.api.CreateScope(t.Context(), income()))
	wantKind(t, w.api.CreateScope(t.Context(), income()), "conflict")
	got, err := w.api.Scope(t.Context(), ownScope)
	w.must(err)
	if !selfservice.SameScope(got, income()) || got.OwnerOrgNo != sandbox.SkatteetatenNumber {
		t.Errorf("want %+v, got %+v", income(), got)
	}

	w.must(w.api.DeactivateScope(t.Context(), ownScope))
	w.must(w.api.DeactivateScope(t.Context(), ownScope))
	wantKind(t, w.api.CreateScope(t.Context(), income()), "conflict")
	got, err = w.api.Scope(t.Context(), ownScope)
	w.must(err)
	if got.Active || selfservice.SameScope(got, income()) {
		t.Errorf("want it seen as deactivated, got %+v", got)
	}

	got.Active, got.Description, got.AccessibleForAll = true, "Income of a year", true
	w.must(w.api.PutScope(t.Context(), got))
	again, err := w.api.Scope(t.Context(), ownScope)
	w.must(err)
	if !selfservice.SameScope(again, got) || !again.Active {
		t.Errorf("want %+v, got %+v", got, again)
	}
	open, err := w.as(sandbox.NAVNumber, patient).Open(t.Context())
	w.must(err)
	if !slices.Equal(open, []string{ownScope}) {
		t.Errorf("want it open to all, got %v", open)
	}
}

func TestAScopeOfAnothersPrefixIsRefused(t *testing.T) {
	w := begin(t)
	err := w.api.CreateScope(t.Context(), income(func(s *selfservice.Scope) { s.Name = "nav:income" }))
	wantRefused(t, err, selfservice.ErrForeignScope, v1alpha1.ActorServiceOwner)
	_, err = w.api.Scope(t.Context(), "altinn:serviceowner")
	wantKind(t, err, "not found")
}

func TestTheLifeOfAnAccess(t *testing.T) {
	w := begin(t)
	nav := w.as(sandbox.NAVNumber, patient)
	wants := func(state string, granted bool) {
		t.Helper()
		all, err := w.api.Consumers(t.Context(), ownScope)
		w.must(err)
		if len(all) != 1 || all[0].State != state || all[0].ConsumerOrgNo != sandbox.NAVNumber || all[0].Scope != ownScope {
			t.Errorf("want %s, got %+v", state, all)
		}
		names, err := nav.Granted(t.Context())
		w.must(err)
		if slices.Contains(names, ownScope) != granted || !slices.Contains(names, grantedScope) || !slices.IsSorted(names) {
			t.Errorf("want it granted: %v, got %v", granted, names)
		}
	}
	w.must(w.api.CreateScope(t.Context(), income()))
	if all, err := w.api.Consumers(t.Context(), ownScope); err != nil || len(all) != 0 {
		t.Errorf("want nobody, got %v, %v", all, err)
	}
	w.must(w.api.Take(t.Context(), ownScope, sandbox.NAVNumber)) // who has none
	for range 2 {
		w.must(w.api.Grant(t.Context(), ownScope, sandbox.NAVNumber))
		w.must(w.api.Grant(t.Context(), ownScope, sandbox.NAVNumber))
		wants(selfservice.StateApproved, true)
		w.must(w.api.Take(t.Context(), ownScope, sandbox.NAVNumber))
		w.must(w.api.Take(t.Context(), ownScope, sandbox.NAVNumber))
		wants(selfservice.StateDenied, false)
	}
}

func TestAGrantSaysWhatIsMissing(t *testing.T) {
	w := begin(t)
	wantKind(t, w.api.Grant(t.Context(), ownScope, sandbox.NAVNumber), "not found")
	w.must(w.api.CreateScope(t.Context(), income()))
	wantRefused(t, w.api.Grant(t.Context(), ownScope, "999999999"), selfservice.ErrConsumerUnknown, v1alpha1.ActorServiceOwner)
	w.must(w.api.DeactivateScope(t.Context(), ownScope))
	wantKind(t, w.api.Grant(t.Context(), ownScope, sandbox.NAVNumber), "not found")
	_, err := w.api.Consumers(t.Context(), "skd:never")
	wantKind(t, err, "not found")
}

func TestATokenThatIsNotAcceptedIsReplaced(t *testing.T) {
	w := begin(t)
	id := w.made(machine()).ClientID
	w.must(w.server.SetFaults(sandbox.Fault{Path: "/api/v1/", Kind: sandbox.FaultExpireTokens, Count: 1}))
	if _, err := w.api.Get(t.Context(), id); err != nil {
		t.Errorf("want a token that was not accepted replaced, got %v", err)
	}
}

func TestANameThatLeadsElsewhereIsRefused(t *testing.T) {
	w := begin(t)
	for _, id := range []string{"", ".", ".."} {
		_, err := w.api.Get(t.Context(), id)
		wantRefused(t, err, nil, v1alpha1.ActorPlatform)
		wantRefused(t, w.api.Deactivate(t.Context(), id), nil, v1alpha1.ActorPlatform)
		wantRefused(t, w.api.Grant(t.Context(), ownScope, id), nil, v1alpha1.ActorPlatform)
	}
	_, err := w.api.Get(t.Context(), "../scopes?x=y")
	wantKind(t, err, "not found")
}
