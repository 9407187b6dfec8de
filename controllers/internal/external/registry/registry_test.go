// SPDX-License-Identifier: BSD-3-Clause

package registry_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestAResourceComesBackAsItWasSent(t *testing.T) {
	app := consent(func(r *registry.ServiceResource) {
		r.Identifier, r.ResourceType = "app_skd_income", registry.TypeAltinnApp
		r.ConsentTemplate, r.ConsentText, r.ConsentMetadata, r.IsOneTimeConsent = "", nil, nil, false
		r.ResourceReferences = []registry.ResourceReference{{
			ReferenceSource: registry.SourceAltinn3, ReferenceType: registry.ReferenceApplication, Reference: "skd/income",
		}}
	})
	full := consent(func(r *registry.ServiceResource) {
		r.Version, r.Homepage, r.IsPartOf = "1", "https://skatteetaten.no", "altinn"
		r.Spatial, r.Produces, r.ThematicAreas = []string{"no"}, []string{"x"}, []string{"y"}
		r.ContactPoints = []registry.ContactPoint{{Category: "c", Email: "e", Telephone: "t", ContactPage: "p"}}
		r.Keywords = []registry.Keyword{{Word: "skatt", Language: "nb"}}
		r.SelfIdentifiedUserEnabled, r.EnterpriseUserEnabled, r.IsOneTimeConsent = true, true, true
		r.Delegable, r.Visible = false, false
		r.ConsentMetadata["to"] = registry.ConsentField{Optional: true}
	})
	for sentence, sent := range map[string]*registry.ServiceResource{
		"a consent": consent(), "an app": app, "every field there is": full,
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			w.must(w.client.Create(t.Context(), sent))
			for range 2 {
				got, err := w.client.Get(t.Context(), sent.Identifier)
				w.must(err)
				if got.VersionID == 0 {
					t.Error("want a version")
				}
				stored := *got
				got.VersionID = 0
				want := *sent
				if want.ContactPoints == nil {
					want.ContactPoints = []registry.ContactPoint{}
				}
				if diff := cmp.Diff(&want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				w.must(w.client.Put(t.Context(), &stored, sent))
			}
		})
	}
}

func TestResources(t *testing.T) {
	for sentence, tc := range map[string]struct {
		production bool
		do         func(w *world) error
		want       string
		cause      error
	}{
		"what was never registered is not found": {
			do:   func(w *world) error { _, err := w.client.Get(w.t.Context(), id); return err },
			want: "not found",
		},
		"an identifier that is taken is a conflict": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				return w.client.Create(w.t.Context(), consent())
			},
			want: "conflict",
		},
		"a deleted identifier is not found": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				w.must(w.client.Delete(w.t.Context(), id))
				_, err := w.client.Get(w.t.Context(), id)
				return err
			},
			want: "not found",
		},
		"a deleted identifier is taken for ever": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				w.must(w.client.Delete(w.t.Context(), id))
				return w.client.Create(w.t.Context(), consent())
			},
			want: "conflict",
		},
		"a deleted one cannot be replaced": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				w.must(w.client.Delete(w.t.Context(), id))
				return w.client.Put(w.t.Context(), consent(), consent())
			},
			want: "not found",
		},
		"what is not there is deleted": {
			do:   func(w *world) error { return w.client.Delete(w.t.Context(), id) },
			want: "ok",
		},
		"production deletes nothing, and says so": {
			production: true,
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				return w.client.Delete(w.t.Context(), id)
			},
			want: "refused", cause: registry.ErrDeletionForbidden,
		},
		"another's is not deleted either, for another reason": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				return w.as(sandbox.NAVNumber, patient).Delete(w.t.Context(), id)
			},
			want: "refused", cause: nil,
		},
		"another's may not be created": {
			do: func(w *world) error {
				return w.client.Create(w.t.Context(), consent(of(sandbox.NAVNumber, "nav")))
			},
			want: "refused",
		},
		"what is not valid is refused": {
			do: func(w *world) error {
				return w.client.Create(w.t.Context(), consent(func(r *registry.ServiceResource) { r.Title = nil }))
			},
			want: "refused",
		},
		"a name of dots is refused": {
			do:   func(w *world) error { _, err := w.client.Get(w.t.Context(), ".."); return err },
			want: "refused",
		},
		"no name is refused": {
			do:   func(w *world) error { return w.client.Delete(w.t.Context(), "") },
			want: "refused",
		},
		"a name that is a list of the registry's is not believed": {
			do:   func(w *world) error { _, err := w.client.Get(w.t.Context(), "orgs"); return err },
			want: "try later",
		},
		"a name with a slash stays one name": {
			do:   func(w *world) error { _, err := w.client.Get(w.t.Context(), "skd/../x"); return err },
			want: "not found",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t, func(o *sandbox.Options) { o.Production = tc.production })
			err := tc.do(w)
			w.wantKind(err, tc.want)
			if got := errors.Is(err, registry.ErrDeletionForbidden); got != (tc.cause != nil) {
				t.Errorf("want the cause %v, got %v", tc.cause, err)
			}
		})
	}
}

func TestPutGuardsAgainstAnotherOwner(t *testing.T) {
	mine := consent()
	for sentence, tc := range map[string]struct {
		stored, wanted *registry.ServiceResource
		refused        bool
	}{
		"the same owner":                   {mine, consent(titled("Ny")), false},
		"the same owner in other letters":  {consent(of(sandbox.SkatteetatenNumber, "SKD")), mine, false},
		"the same number without a code":   {consent(of(sandbox.SkatteetatenNumber, "")), mine, false},
		"another's is not taken over":      {consent(of(sandbox.NAVNumber, "nav")), mine, true},
		"another's code is another":        {consent(of(sandbox.SkatteetatenNumber, "ttd")), mine, true},
		"what is nobody's is not ours":     {consent(of("", "")), mine, true},
		"what is nobody's is not nobody's": {consent(of("", "")), consent(of("", "")), true},
		"ours is not given away":           {mine, consent(of(sandbox.NAVNumber, "nav")), true},
		"another resource is not replaced": {consent(func(r *registry.ServiceResource) { r.Identifier = "skd-other" }), mine, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			w.must(w.client.Create(t.Context(), mine))
			w.wire.sent = 0
			err := w.client.Put(t.Context(), tc.stored, tc.wanted)
			if tc.refused {
				w.wantKind(err, "refused")
				if !errors.Is(err, registry.ErrForeignOwner) || w.wire.sent != 0 {
					t.Errorf("want it refused by ourselves without a call, got %v after %d", err, w.wire.sent)
				}
				return
			}
			w.wantKind(err, "ok")
		})
	}
}

func TestPolicies(t *testing.T) {
	for sentence, tc := range map[string]struct {
		do    func(w *world) error
		want  string
		cause error
		said  string
	}{
		"a resource without a policy has none": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				_, err := w.client.Policy(w.t.Context(), id)
				return err
			},
			want: "not found", said: "requested policy",
		},
		"no resource has no policy": {
			do:   func(w *world) error { _, err := w.client.Policy(w.t.Context(), id); return err },
			want: "not found", said: "resource",
		},
		"a policy for no resource is not found": {
			do:   func(w *world) error { return w.client.PutPolicy(w.t.Context(), id, policy(id, "3")) },
			want: "not found",
		},
		"a policy comes back as it was sent": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				w.must(w.client.PutPolicy(w.t.Context(), id, policy(id, "3")))
				got, err := w.client.Policy(w.t.Context(), id)
				if diff := cmp.Diff(string(policy(id, "3")), string(got)); diff != "" {
					w.t.Error(diff)
				}
				return err
			},
			want: "ok",
		},
		"a policy that names another resource is refused": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				return w.client.PutPolicy(w.t.Context(), id, policy("skd-other", "3"))
			},
			want: "refused", said: "different registry resource",
		},
		"another's policy is refused": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				return w.as(sandbox.NAVNumber, patient).PutPolicy(w.t.Context(), id, policy(id, "3"))
			},
			want: "refused",
		},
		"what is not XML is refused before it is sent": {
			do:   func(w *world) error { return w.client.PutPolicy(w.t.Context(), id, []byte("<a><b></a>")) },
			want: "refused", cause: registry.ErrNotXML,
		},
		"nothing is refused before it is sent": {
			do:   func(w *world) error { return w.client.PutPolicy(w.t.Context(), id, nil) },
			want: "refused", cause: registry.ErrNotXML,
		},
		"two documents are refused before they are sent": {
			do:   func(w *world) error { return w.client.PutPolicy(w.t.Context(), id, []byte("<a/><b/>")) },
			want: "refused", cause: registry.ErrNotXML,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			err := tc.do(w)
			w.wantKind(err, tc.want)
			if tc.cause != nil && (!errors.Is(err, tc.cause) || w.wire.sent > 0) {
				t.Errorf("want %v and no call, got %v after %d", tc.cause, err, w.wire.sent)
			}
			if err != nil && !strings.Contains(err.Error(), tc.said) {
				t.Errorf("want %q said, got %v", tc.said, err)
			}
		})
	}
}

func TestAccessLists(t *testing.T) {
	unknown := "319999981"
	for sentence, tc := range map[string]struct {
		do    func(w *world) error
		want  string
		cause error
		code  string
	}{
		"a list that is not there is not found": {
			do:   func(w *world) error { _, err := w.client.List(w.t.Context(), listKey); return err },
			want: "not found",
		},
		"a list is not made over another": {
			do: func(w *world) error {
				w.list()
				_, err := w.client.PutList(w.t.Context(), listKey, registry.AccessList{Name: "Andre"})
				return err
			},
			want: "conflict",
		},
		"a list is not changed on an old version": {
			do: func(w *world) error {
				old := w.list()
				w.list2(companies[:1])
				_, err := w.client.PutList(w.t.Context(), listKey, registry.AccessList{Name: "Andre", Version: old.Version})
				return err
			},
			want: "conflict",
		},
		"a list that is gone is not changed": {
			do: func(w *world) error {
				old := w.list()
				w.must(w.client.DeleteList(w.t.Context(), listKey, old.Version))
				_, err := w.client.PutList(w.t.Context(), listKey, registry.AccessList{Name: "Andre", Version: old.Version})
				return err
			},
			want: "conflict",
		},
		"a list is deleted once and then is deleted": {
			do: func(w *world) error {
				version := w.list().Version
				w.must(w.client.DeleteList(w.t.Context(), listKey, version))
				return w.client.DeleteList(w.t.Context(), listKey, version)
			},
			want: "ok",
		},
		"a list is not deleted on an old version": {
			do: func(w *world) error {
				old := w.list()
				w.list2(companies[:1])
				return w.client.DeleteList(w.t.Context(), listKey, old.Version)
			},
			want: "conflict",
		},
		"whatever it is it can be deleted": {
			do: func(w *world) error {
				w.list()
				return w.client.DeleteList(w.t.Context(), listKey, registry.AnyVersion)
			},
			want: "ok",
		},
		"another's lists are closed": {
			do: func(w *world) error {
				w.list()
				_, err := w.as(sandbox.NAVNumber, patient).Members(w.t.Context(), listKey)
				return err
			},
			want: "refused",
		},
		"an owner named by number is refused": {
			do: func(w *world) error {
				_, err := w.client.List(w.t.Context(), registry.ListKey{Owner: sandbox.SkatteetatenNumber, Identifier: "x"})
				return err
			},
			want: "refused", code: registry.CodeOwnerUnknown,
		},
		"a member nobody knows is refused": {
			do: func(w *world) error {
				_, err := w.client.ReplaceMembers(w.t.Context(), listKey, w.list(), []string{unknown})
				return err
			},
			want: "refused", cause: registry.ErrPartyUnknown, code: registry.CodePartyUnknown,
		},
		"a person is not sent": {
			do: func(w *world) error {
				roster := w.list()
				w.wire.change = func(*http.Request) { w.t.Error("want no call") }
				_, err := w.client.ReplaceMembers(w.t.Context(), listKey, roster, []string{sandbox.BorrowerNumber})
				if strings.Contains(err.Error(), sandbox.BorrowerNumber) {
					w.t.Errorf("want the number kept out, got %v", err)
				}
				return err
			},
			want: "refused", cause: registry.ErrNotAnOrganisation,
		},
		"members are not changed on an old version": {
			do: func(w *world) error {
				old := w.list()
				w.list2(companies[:1])
				_, err := w.client.ReplaceMembers(w.t.Context(), listKey, old, companies[:2])
				return err
			},
			want: "conflict",
		},
		"members of a list that was not there have no list": {
			do: func(w *world) error {
				_, err := w.client.ReplaceMembers(w.t.Context(), listKey, &registry.Roster{}, companies[:2])
				return err
			},
			want: "not found",
		},
		"members of no list are not nobody": {
			do:   func(w *world) error { _, err := w.client.Members(w.t.Context(), listKey); return err },
			want: "not found",
		},
		"a resource that is not registered is not connected": {
			do: func(w *world) error {
				_, err := w.client.Connect(w.t.Context(), listKey, w.list().Version, registry.Connection{Resource: id})
				return err
			},
			want: "not found", code: registry.CodeResourceUnknown,
		},
		"another's resource is not connected": {
			do: func(w *world) error {
				foreign := w.as(sandbox.NAVNumber, patient)
				w.must(foreign.Create(w.t.Context(), consent(of(sandbox.NAVNumber, "nav"))))
				_, err := w.client.Connect(w.t.Context(), listKey, w.list().Version, registry.Connection{Resource: id})
				return err
			},
			want: "refused", cause: registry.ErrForeignOwner, code: registry.CodeForeignResource,
		},
		"no list is not connected": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				_, err := w.client.Connect(w.t.Context(), listKey, registry.AnyVersion, registry.Connection{Resource: id})
				return err
			},
			want: "not found",
		},
		"what is connected is shown and untied, twice if need be": {
			do: func(w *world) error {
				w.must(w.client.Create(w.t.Context(), consent()))
				want := registry.Connection{Resource: id, Actions: []string{"read"}}
				_, err := w.client.Connect(w.t.Context(), listKey, w.list().Version, want)
				w.must(err)
				got, version, err := w.client.Connections(w.t.Context(), listKey)
				w.must(err)
				if diff := cmp.Diff([]registry.Connection{want}, got); diff != "" {
					w.t.Error(diff)
				}
				w.must(w.client.Disconnect(w.t.Context(), listKey, version, id))
				return w.client.Disconnect(w.t.Context(), listKey, registry.AnyVersion, id)
			},
			want: "ok",
		},
		"no list is untied": {
			do:   func(w *world) error { return w.client.Disconnect(w.t.Context(), listKey, registry.AnyVersion, id) },
			want: "ok",
		},
		"an equal list keeps its version": {
			do: func(w *world) error {
				w.list(companies[:3]...)
				list, err := w.client.List(w.t.Context(), listKey)
				w.must(err)
				again, err := w.client.PutList(w.t.Context(), listKey, *list)
				if again != list.Version || list.Name != "Banker" {
					w.t.Errorf("want %v unchanged, got %v", list, again)
				}
				return err
			},
			want: "ok",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			err := tc.do(w)
			w.wantKind(err, tc.want)
			if tc.cause != nil && !errors.Is(err, tc.cause) {
				t.Errorf("want the cause %v, got %v", tc.cause, err)
			}
			if tc.code != "" && !strings.Contains(err.Error(), tc.code) {
				t.Errorf("want the code %s, got %v", tc.code, err)
			}
		})
	}
}

// list2 changes the members of the list as somebody else would.
func (w *world) list2(members []string) {
	w.t.Helper()
	_, err := w.client.ReplaceMembers(w.t.Context(), listKey, &registry.Roster{Version: registry.AnyVersion}, members)
	w.must(err)
}

func TestMembersAreReplacedInCallsOfAHundred(t *testing.T) {
	for sentence, tc := range map[string]struct {
		from, to []string
		calls    int
	}{
		"from nobody to some":             {nil, companies[:3], 1},
		"from some to nobody":             {companies[:3], nil, 1},
		"from a hundred to other hundred": {companies[:100], companies[100:200], 1},
		"from many to few":                {companies[:250], companies[:10], 1},
		"from few to many":                {companies[:10], companies[:250], 3},
		"from many to others":             {companies[:150], companies[50:250], 2},
		"from many to the same":           {companies[:150], companies[:150], 0},
		"named twice":                     {nil, append(slices.Clone(companies[:60]), companies[:60]...), 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			roster := w.list(tc.from...)
			w.server.ClearRequests()
			w.wire.change = func(*http.Request) { w.wantStayers(tc.from, tc.to) }
			version, err := w.client.ReplaceMembers(t.Context(), listKey, roster, tc.to)
			w.must(err)
			w.wantStayers(tc.from, tc.to)
			w.wire.change = nil
			if got := w.server.Writes(); got != tc.calls {
				t.Errorf("want %d calls, got %d", tc.calls, got)
			}
			after := w.roster()
			want := slices.Compact(slices.Sorted(slices.Values(tc.to)))
			if got := organisations(after); !slices.Equal(got, want) || after.Version != version {
				t.Errorf("want %d members at %s, got %d at %s", len(want), version, len(got), after.Version)
			}
		})
	}
}

// wantStayers wants everybody on the list who was and will be.
func (w *world) wantStayers(from, to []string) {
	w.t.Helper()
	change := w.wire.change
	w.wire.change = nil // so that our own reading is not watched
	defer func() { w.wire.change = change }()
	there := organisations(w.roster())
	for _, number := range from {
		if slices.Contains(to, number) && !slices.Contains(there, number) {
			w.t.Errorf("want %s never missing", number)
		}
	}
}

func organisations(roster *registry.Roster) []string {
	var read []string
	for _, member := range roster.Members {
		read = append(read, member.Organisation)
	}
	slices.Sort(read)
	return read
}

func TestAListThatChangesWhileItIsReadIsReadAgain(t *testing.T) {
	for sentence, tc := range map[string]struct {
		changes int
		want    string
	}{
		"once": {1, "ok"}, "always": {100, "try later"},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			w.list(companies[:150]...)
			other := w.as(sandbox.SkatteetatenNumber, patient)
			changes := 0
			w.wire.change = func(request *http.Request) {
				if request.URL.Query().Get("token") != "" && changes < tc.changes {
					changes++
					name := registry.AccessList{Name: strings.Repeat("x", changes), Version: registry.AnyVersion}
					_, err := other.PutList(t.Context(), listKey, name)
					w.must(err)
				}
			}
			roster, err := w.client.Members(t.Context(), listKey)
			w.wantKind(err, tc.want)
			if err == nil && len(roster.Members) != 150 {
				t.Errorf("want all members, got %d", len(roster.Members))
			}
		})
	}
}

// What an answer says of where the next page is leads our token nowhere else.
func TestALinkToAnotherHostIsNotFollowed(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("want no call to a stranger") }))
	defer stranger.Close()
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		out.Header().Set("ETag", `W/"1"`)
		if calls++; calls == 1 {
			_, _ = out.Write([]byte(`{"links":{"next":"` + stranger.URL + `/members?token=two"},"data":[]}`))
			return
		}
		_, _ = out.Write([]byte(`{"data":[]}`))
	}))
	defer server.Close()
	w := begin(t)
	w.url = server.URL
	client, err := registry.New(server.URL, mustHTTP(w), always{})
	w.must(err)
	if _, err := client.Members(t.Context(), listKey); err != nil || calls != 2 {
		t.Errorf("want two pages from the registry, got %v after %d", err, calls)
	}
}

func TestAnAnswerWithoutAVersionIsNotBelieved(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		_, _ = out.Write([]byte(`{"data":[]}`))
	}))
	defer server.Close()
	w := begin(t)
	client, err := registry.New(server.URL, mustHTTP(w), always{})
	w.must(err)
	_, err = client.List(t.Context(), listKey)
	w.wantKind(err, "try later")
	_, err = client.Members(t.Context(), listKey)
	w.wantKind(err, "try later")
}

// A server that does not mind changes between two pages is not believed to have shown one version.
func TestPagesOfTwoVersionsAreNotOneList(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		calls++
		out.Header().Set("Content-Type", "application/json")
		out.Header().Set("ETag", `W/"`+strings.Repeat("1", min(calls, 4))+`"`)
		next := ""
		if calls%2 == 1 {
			next = "/members?token=two"
		}
		_, _ = out.Write([]byte(`{"links":{"next":"` + next + `"},"data":[{"id":"x"}]}`))
	}))
	defer server.Close()
	w := begin(t)
	client, err := registry.New(server.URL, mustHTTP(w), always{})
	w.must(err)
	roster, err := client.Members(t.Context(), listKey)
	w.must(err)
	if calls != 6 || len(roster.Members) != 2 || roster.Version != `W/"1111"` {
		t.Errorf("want it read until both pages were of one version, got %v after %d calls", roster, calls)
	}
}

func mustHTTP(w *world) *external.Client {
	w.t.Helper()
	client, err := external.New(external.Defaults("stub", w.clock))
	w.must(err)
	return client
}
