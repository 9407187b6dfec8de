// SPDX-License-Identifier: BSD-3-Clause

package selfservice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// always is one token, and a source of it that writes down what was rejected.
type always struct{ rejected *[]string }

func (a always) For(...string) external.Bearer         { return a }
func (a always) Token(context.Context) (string, error) { return "canary-token", nil }
func (a always) Rejected(token string)                 { *a.rejected = append(*a.rejected, token) }

// calls are all the API's calls.
var calls = map[string]func(context.Context, *selfservice.API) error{
	"list":       func(ctx context.Context, a *selfservice.API) error { _, err := a.List(ctx); return err },
	"get":        func(ctx context.Context, a *selfservice.API) error { _, err := a.Get(ctx, "x"); return err },
	"create":     func(ctx context.Context, a *selfservice.API) error { _, err := a.Create(ctx, machine()); return err },
	"put":        func(ctx context.Context, a *selfservice.API) error { return a.Put(ctx, "x", machine()) },
	"deactivate": func(ctx context.Context, a *selfservice.API) error { return a.Deactivate(ctx, "x") },
	"keys":       func(ctx context.Context, a *selfservice.API) error { _, err := a.Keys(ctx, "x"); return err },
	"replace": func(ctx context.Context, a *selfservice.API) error {
		_, err := a.Replace(ctx, "x", publics("a"))
		return err
	},
	"clear":            func(ctx context.Context, a *selfservice.API) error { return a.Clear(ctx, "x") },
	"scope":            func(ctx context.Context, a *selfservice.API) error { _, err := a.Scope(ctx, ownScope); return err },
	"create scope":     func(ctx context.Context, a *selfservice.API) error { return a.CreateScope(ctx, income()) },
	"put scope":        func(ctx context.Context, a *selfservice.API) error { return a.PutScope(ctx, income()) },
	"deactivate scope": func(ctx context.Context, a *selfservice.API) error { return a.DeactivateScope(ctx, ownScope) },
	"open":             func(ctx context.Context, a *selfservice.API) error { _, err := a.Open(ctx); return err },
	"consumers":        func(ctx context.Context, a *selfservice.API) error { _, err := a.Consumers(ctx, ownScope); return err },
	"granted":          func(ctx context.Context, a *selfservice.API) error { _, err := a.Granted(ctx); return err },
	"grant":            func(ctx context.Context, a *selfservice.API) error { return a.Grant(ctx, ownScope, "889640782") },
	"take":             func(ctx context.Context, a *selfservice.API) error { return a.Take(ctx, ownScope, "889640782") },
}

func TestWhatTheAPIDidNotSayIsNotBelieved(t *testing.T) {
	for sentence, said := range map[string]struct {
		status     int
		kind, body string
	}{
		"a 404 of a gateway":                 {404, "application/json", `{"message":"no Route matched"}`},
		"a 404 of a server without the path": {404, "application/json", `{"timestamp":"x","status":404,"error":"Not Found","path":"/api/v1/x"}`},
		"a 404 in plain text":                {404, "text/plain", "404 page not found"},
		"a 404 without a body":               {404, "", ""},
		"a 404 as a page":                    {404, "text/html", "<html>"},
		"a page of a login":                  {200, "text/html", "<html>"},
		"a 503":                              {503, "application/json", `{"status":503,"error_description":"down"}`},
	} {
		for name, call := range calls {
			t.Run(name+" with "+sentence, func(t *testing.T) {
				wantKind(t, call(t.Context(), stub(t, said.status, said.kind, said.body)), "try later")
			})
		}
	}
}

// Nothing read is not the same as read that there is nothing.
func TestAnAnswerWithoutWhatWasAskedForIsNotNone(t *testing.T) {
	for _, body := range []string{`null`, `{}`, `"x"`, `{"keys":null}`, `{"client_id":"y","name":"skd:y"}`, `[{"client_id":`} {
		for _, name := range []string{"list", "get", "keys", "replace", "create", "scope", "open", "consumers", "granted"} {
			t.Run(name+" with "+body, func(t *testing.T) {
				wantKind(t, calls[name](t.Context(), stub(t, 200, "application/json", body)), "try later")
			})
		}
	}
}

func TestReplaceWantsTheKeysItSent(t *testing.T) {
	keys, err := json.Marshal(map[string]any{"keys": publics("a", "b")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stub(t, 201, "application/json", string(keys)).Replace(t.Context(), "x", publics("a"))
	wantKind(t, err, "try later")
}

func TestOpenBelievesNoServerThatDoesNotHeedTheQuery(t *testing.T) {
	const all = `[{"name":"b:x","active":true,"accessible_for_all":true},{"name":"a:x","active":true,"accessible_for_all":true},
		{"name":"a:closed","active":true},{"name":"a:ended","accessible_for_all":true}]`
	got, err := stub(t, 200, "application/json", all).Open(t.Context())
	if err != nil || !slices.Equal(got, []string{"a:x", "b:x"}) {
		t.Errorf("want the open ones, got %v, %v", got, err)
	}
}

func TestOnlyWhatIsApprovedIsGranted(t *testing.T) {
	const all = `[{"scope":"b:x","state":"APPROVED"},{"scope":"c:x","state":"REQUESTED"},{"scope":"d:x","state":"DENIED"},
		{"scope":"a:x","state":"APPROVED"},{"scope":"a:x","state":"APPROVED"}]`
	got, err := stub(t, 200, "application/json", all).Granted(t.Context())
	if err != nil || !slices.Equal(got, []string{"a:x", "b:x"}) {
		t.Errorf("want what is approved, got %v, %v", got, err)
	}
}

func TestA401IsAlwaysAboutTheToken(t *testing.T) {
	for sentence, challenge := range map[string]string{"with a challenge": `Bearer error="invalid_token"`, "without one": ""} {
		t.Run(sentence, func(t *testing.T) {
			tokens, asked := always{&[]string{}}, 0
			api := at(t, tokens, func(out http.ResponseWriter, _ *http.Request) {
				asked++
				if challenge != "" {
					out.Header().Set("WWW-Authenticate", challenge)
				}
				out.Header().Set("Content-Type", "application/json")
				out.WriteHeader(http.StatusUnauthorized)
				_, _ = out.Write([]byte(`{"status":401,"correlation_id":"x","error":"invalid_token","error_description":"The token is expired"}`))
			})
			_, err := api.List(t.Context())
			wantKind(t, err, "try later")
			if len(*tokens.rejected) != asked || asked != 3 {
				t.Errorf("want each of 3 tokens rejected, got %v of %d", *tokens.rejected, asked)
			}
		})
	}
}

func TestWhat403Means(t *testing.T) {
	for sentence, tc := range map[string]struct {
		body  string
		call  string
		cause error
		actor v1alpha1.Actor
	}{
		"a token that lacks a scope":      {`{"status":403,"error":"insufficient_scope"}`, "create scope", nil, v1alpha1.ActorPlatform},
		"a token of somebody else":        {`{"status":403,"error":"access_denied"}`, "create", nil, v1alpha1.ActorPlatform},
		"a scope of somebody else":        {`{"status":403,"error":"access_denied"}`, "put scope", selfservice.ErrForeignScope, v1alpha1.ActorServiceOwner},
		"access to somebody else's scope": {`{"status":403,"error":"access_denied"}`, "grant", selfservice.ErrForeignScope, v1alpha1.ActorServiceOwner},
	} {
		t.Run(sentence, func(t *testing.T) {
			err := calls[tc.call](t.Context(), stub(t, 403, "application/json", tc.body))
			wantRefused(t, err, tc.cause, tc.actor)
			if tc.cause == nil && errors.Is(err, selfservice.ErrForeignScope) {
				t.Errorf("want no scope blamed, got %v", err)
			}
		})
	}
}

func TestHowAClientIsRefusedForAScope(t *testing.T) {
	for sentence, tc := range map[string]struct {
		body string
		want bool
	}{
		"in a list of fields": {`{"errors":[{"errorMessage":"No access to the scope a:b","fieldIdentifier":"scopes[0]"}]}`, true},
		"in Norwegian":        {`{"errors":[{"errorMessage":"Mangler tilgang til a:b","fieldIdentifier":"scopes"}]}`, true},
		"in the description":  {`{"error_description":"Consumer has no access to scope a:b"}`, true},
		"for its form":        {`{"errors":[{"errorMessage":"is not well formed","fieldIdentifier":"scopes"}]}`, false},
		"for another field":   {`{"error_description":"scope","errors":[{"errorMessage":"no access","fieldIdentifier":"client_name"}]}`, false},
		"for a lifetime":      {`{"error_description":"access_token_lifetime is too long for the scope"}`, false},
		"for nothing said":    {``, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			err := calls["create"](t.Context(), stub(t, 400, "application/json", tc.body))
			wantKind(t, err, "refused")
			if errors.Is(err, selfservice.ErrScopeNotAccessible) != tc.want {
				t.Errorf("want a scope to blame: %v, got %v", tc.want, err)
			}
		})
	}
}

func TestErrorsHoldNothingThatMustNotBeSeen(t *testing.T) {
	for name, call := range calls {
		for _, status := range []int{400, 401, 403, 404, 409, 500} {
			body := fmt.Sprintf(`{"status":%d,"correlation_id":"x","error_description":"Bearer canary-token"}`, status)
			err := call(t.Context(), stub(t, status, "application/json", body))
			if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "canary") || strings.Contains(text, "scope=") {
				t.Errorf("%s with %d: want no token and no query in %s", name, status, text)
			}
		}
	}
}

// A field that others set on a scope, and that we know nothing of, is not lost when we change the scope.
func TestAScopeKeepsWhatWeDoNotUse(t *testing.T) {
	const stored = `{"prefix":"skd","subscope":"income","name":"skd:income","active":true,"owner_orgno":"974761076",
		"delegation_source":"https://www.altinn.no/","at_max_age":30,"description":"Old","description#en":"Old","created":"2024-05-21T15:05:45.862Z"}`
	var put map[string]any
	api := stubbed(t, func(out http.ResponseWriter, request *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		if request.Method == http.MethodPut {
			_ = json.NewDecoder(request.Body).Decode(&put)
		}
		_, _ = out.Write([]byte(stored))
	})
	got, err := api.Scope(t.Context(), ownScope)
	if err != nil {
		t.Fatal(err)
	}
	got.Description = "New"
	if err := api.PutScope(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{
		"delegation_source": "https://www.altinn.no/", "at_max_age": 30.0, "description#en": "Old", "description": "New",
		"prefix": "skd", "subscope": "income", "active": true, "owner_orgno": nil, "created": nil, "name": nil,
	} {
		if put[field] != want {
			t.Errorf("want %s %v, got %v", field, want, put[field])
		}
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	http, tokens := caller(t, startClock(), patient), always{&[]string{}}
	for sentence, made := range map[string]func() (*selfservice.API, error){
		"no address": func() (*selfservice.API, error) { return selfservice.New("api.samarbeid.digdir.no", http, tokens) },
		"no client":  func() (*selfservice.API, error) { return selfservice.New("https://api.example.no", nil, tokens) },
		"no tokens":  func() (*selfservice.API, error) { return selfservice.New("https://api.example.no", http, nil) },
	} {
		if _, err := made(); err == nil {
			t.Errorf("%s: want an error", sentence)
		}
	}
}
