// SPDX-License-Identifier: BSD-3-Clause

package selfservice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// answering gives the same answer to every request.
type answering struct {
	status int
	kind   string
	body   []byte
}

func (a *answering) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: request, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// Whatever self-service answers to any call, it went well, or there is an error of a kind that says what to do, in which
// is no token; and what is read of a key is public, and dated so that a status can tell it.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []struct {
		status     int
		kind, body string
	}{
		{200, "application/json", `{"client_id":"x","active":true,"integration_type":"maskinporten","scopes":["a:b"]}`}, {200, "application/json", `[{"client_id":"x","active":true}]`},
		{200, "application/json", `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a","exp":1767614400,"created":"2026-01-05T12:00:00Z"}]}`},
		{200, "application/json", `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a","exp":1767614400000000}]}`},
		{200, "application/json", `{"name":"skd:income","prefix":"skd","subscope":"income","active":true,"unknown":[1]}`}, {200, "application/json", `{"keys":[]}`},
		{400, "application/json", `{"status":400,"errors":[{"errorMessage":"no","fieldIdentifier":"scopes"}],"error_description":"canary-token"}`},
		{404, "application/json", `{"status":404,"error":"not_found","correlation_id":"x"}`}, {401, "", ""}, {403, "application/json", `{"error":"access_denied"}`}, {409, "application/json", "{}"},
		{200, "application/json", "null"}, {200, "text/html", "<html>"}, {503, "", ""}, {204, "", ""},
	} {
		f.Add(seed.status, seed.kind, []byte(seed.body))
	}
	names := make([]string, 0, len(calls))
	for name := range calls {
		names = append(names, name)
	}
	slices.Sort(names)
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		api, err := selfservice.New("https://selfservice.example", caller(t, startClock(), patient, &answering{status, kind, body}), always{&[]string{}})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			err := calls[name](t.Context(), api)
			if err == nil {
				continue
			}
			_, refused := errors.AsType[*external.Refused](err)
			if !refused && !external.IsTryLater(err) && !external.IsNotFound(err) && !external.IsConflict(err) {
				t.Fatalf("%s: an error of no kind: %v", name, err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("%s: %q is told", name, err)
			}
		}
		if set, err := api.Keys(t.Context(), "x"); err == nil {
			checkKeys(t, set)
		}
	})
}

func checkKeys(t *testing.T, set *selfservice.KeySet) {
	t.Helper()
	if set == nil || set.Keys == nil {
		t.Fatal("a set that did not come is taken for an empty one")
	}
	for _, key := range set.Keys {
		if key.JWK.Key != nil && !key.JWK.IsPublic() {
			t.Fatalf("a private key was kept: %T", key.JWK.Key)
		}
		for _, instant := range []time.Time{key.Expires, key.Created} {
			if _, err := instant.MarshalJSON(); err != nil {
				t.Fatalf("no status can tell %v: %v", instant, err)
			}
		}
	}
}

// No private half of a key that came is kept, whatever lies beside it.
func FuzzKey(f *testing.F) {
	private, err := jose.JSONWebKey{Key: privateKey(), KeyID: "a"}.MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(private)
	f.Add([]byte(`{"kty":"oct","k":"c2VjcmV0","exp":1}`))
	f.Add([]byte(`{"kty":"RSA","n":"AQAB","e":"AQAB","exp":9223372036854775807,"created":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var key selfservice.Key
		if json.Unmarshal(raw, &key) != nil {
			return
		}
		checkKeys(t, &selfservice.KeySet{Keys: []selfservice.Key{key}})
	})
}

// A client or a scope that came, sent back, is the same; and nothing else that a scope has is lost on the way.
func FuzzClientAndScope(f *testing.F) {
	for _, seed := range []string{
		`{"client_id":"x","client_name":"a","integration_type":"idporten","scopes":null,"redirect_uris":["b","a","b"],"sso_disabled":true}`,
		`{"prefix":"skd","subscope":"income","visibility":"","allowed_integration_types":["b","a"],"long_descriptions":{"nb":"x"},"token_type":"SELF_CONTAINED"}`,
		`{"name":"skd:income","description":"x","active":true,"created":"2026-01-05T12:00:00Z"}`, `{}`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var client, clientAgain selfservice.Client
		if json.Unmarshal(raw, &client) == nil {
			readAgain(t, client, &clientAgain)
			if !selfservice.Same(&client, &clientAgain) || !selfservice.Same(&client, &client) {
				t.Fatalf("written and read it is another client: %+v, %+v", client, clientAgain)
			}
		}
		var scope, scopeAgain selfservice.Scope
		if json.Unmarshal(raw, &scope) != nil || strings.Count(scope.Name, ":") != 1 {
			return
		}
		scope.OwnerOrgNo = "" // never sent
		readAgain(t, scope, &scopeAgain)
		if !selfservice.SameScope(&scope, &scopeAgain) {
			t.Fatalf("written and read it is another scope: %+v, %+v", scope, scopeAgain)
		}
		once, err := json.Marshal(scope)
		twice, also := json.Marshal(scopeAgain)
		if err != nil || also != nil || string(once) != string(twice) {
			t.Fatalf("it is written in two ways:\n%s\n%s", once, twice)
		}
	})
}

func readAgain(t *testing.T, value, again any) {
	t.Helper()
	written, err := json.Marshal(value)
	if err != nil {
		return // such as an instant that cannot be told
	}
	if err := json.Unmarshal(written, again); err != nil {
		t.Fatalf("what was written cannot be read: %v\n%s", err, written)
	}
}
