// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// run is what sessions share: tokens, and a name that no other run has.
type run struct {
	target Target
	name   string
	count  int
	tokens map[string]string
}

func newRun(target Target) *run {
	return &run{target: target, name: "ct" + strings.ToLower(rand.Text())[:8], tokens: map[string]string{}}
}

// session is one rule's view of the target.
type session struct {
	*run
	t testing.TB
}

func (r *run) session(t testing.TB) *session { return &session{run: r, t: t} }

// fresh gives an identifier nobody has used.
func (s *session) fresh() string {
	s.count++
	return fmt.Sprintf("%s-%s-%d", s.target.Owner.Code, s.name, s.count)
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// object reads the body as a JSON object; what is none is empty.
func (a answer) object() map[string]any {
	var read map[string]any
	_ = json.Unmarshal(a.body, &read) // the comparison that follows fails, and shows the body
	return read
}

func (a answer) list() []any {
	var read []any
	_ = json.Unmarshal(a.body, &read) // as above
	return read
}

// data are the entries of a page.
func (a answer) data() []any {
	entries, _ := a.object()["data"].([]any)
	return entries
}

// next is where the following page is.
func (a answer) next() string {
	links, _ := a.object()["links"].(map[string]any)
	next, _ := links["next"].(string)
	return next
}

// header is one header of a call.
type header struct{ key, value string }

// as makes a call with a token. A body is sent as it is when it is text or bytes, and else as JSON.
func (s *session) as(token, method, path string, body any, headers ...header) answer {
	s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.target.BaseURL + path
	}
	var content []byte
	switch body := body.(type) {
	case nil:
	case string:
		content = []byte(body)
	case []byte:
		content = body
	default:
		var err error
		if content, err = json.Marshal(body); err != nil {
			s.t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, path, bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		request.Header.Set(h.key, h.value)
	}
	return s.send(request)
}

func (s *session) send(request *http.Request) answer {
	s.t.Helper()
	response, err := s.target.HTTP.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, body}
}

// owner makes a call as the service owner, with all its scopes.
func (s *session) owner(method, path string, body any, headers ...header) answer {
	s.t.Helper()
	return s.as(s.altinn(s.target.Owner), method, path, body, headers...)
}

func (s *session) anyone(path string) answer {
	s.t.Helper()
	return s.as("", http.MethodGet, path, nil)
}

func (s *session) want(got answer, status int) answer {
	s.t.Helper()
	if got.status != status {
		s.t.Errorf("want status %d, got %s", status, got)
	}
	return got
}

// wantText also wants the body to hold a text.
func (s *session) wantText(got answer, status int, text string) {
	s.t.Helper()
	if s.want(got, status); !strings.Contains(string(got.body), text) {
		s.t.Errorf("want a body with %q, got %s", text, got)
	}
}

func (s *session) equal(want, got any) {
	s.t.Helper()
	if fmt.Sprint(want) != fmt.Sprint(got) {
		s.t.Errorf("want %v, got %v", want, got)
	}
}

// altinn gives an exchanged token for a client, with all its scopes.
func (s *session) altinn(who Credentials) string {
	s.t.Helper()
	return s.altinnFor(who, who.Scopes)
}

// altinnFor gives an exchanged token with some scopes; the same one until the clock is moved.
func (s *session) altinnFor(who Credentials, scopes string) string {
	s.t.Helper()
	key := who.ClientID + " " + scopes
	if known := s.tokens[key]; known != "" {
		return known
	}
	got := s.want(s.grant(who, claims{"scope": scopes}), http.StatusOK)
	token, _ := got.object()["access_token"].(string)
	exchanged := s.want(s.as(token, http.MethodGet, exchangePath, nil), http.StatusOK)
	s.tokens[key] = string(exchanged.body)
	return s.tokens[key]
}

const exchangePath = "/authentication/api/v1/exchange/maskinporten"

// claims are put into a grant over those of a right one; nil takes a claim out.
type claims map[string]any

// grant asks for a token with a grant that is right but for the changes.
func (s *session) grant(who Credentials, changes claims) answer {
	s.t.Helper()
	return s.present(s.sign(who.KeyID, who.Key, s.claimsOf(who, changes)))
}

func (s *session) claimsOf(who Credentials, changes claims) claims {
	now := s.now().Unix()
	made := claims{
		"aud": s.target.MaskinportenURL + "/", "iss": who.ClientID, "scope": who.Scopes,
		"iat": now, "exp": now + 100, "jti": rand.Text(),
	}
	maps.Copy(made, changes)
	maps.DeleteFunc(made, func(_ string, value any) bool { return value == nil })
	return made
}

// now is the target's time, by its own account: the clocks of test environments are theirs to set.
func (s *session) now() time.Time {
	metadata := s.as("", http.MethodGet, s.target.MaskinportenURL+"/.well-known/oauth-authorization-server", nil)
	if date, err := http.ParseTime(metadata.header.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

func (s *session) sign(keyID string, key any, payload claims) string {
	s.t.Helper()
	return s.signWith(jose.RS256, keyID, key, payload)
}

func (s *session) signWith(algorithm jose.SignatureAlgorithm, keyID string, key any, payload claims) string {
	s.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		s.t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return compact
}

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// present gives a signed grant to the token endpoint.
func (s *session) present(assertion string) answer {
	s.t.Helper()
	return s.tokenForm(url.Values{"grant_type": {jwtBearer}, "assertion": {assertion}})
}

func (s *session) tokenForm(form url.Values) answer {
	s.t.Helper()
	return s.as("", http.MethodPost, s.target.MaskinportenURL+"/token", form.Encode(),
		header{"Content-Type", "application/x-www-form-urlencoded"})
}

// wantMP wants a refusal of the token endpoint with a number.
func (s *session) wantMP(got answer, number string) {
	s.t.Helper()
	s.wantText(got, http.StatusBadRequest, number)
	if got.object()["error"] == nil {
		s.t.Errorf("want an OAuth error, got %s", got)
	}
}

// wantCode wants a problem with a code, among its own, its validation errors and its problems.
func (s *session) wantCode(got answer, status int, code string) {
	s.t.Helper()
	s.wantText(got, status, `"`+code+`"`)
	if !strings.Contains(got.header.Get("Content-Type"), "json") {
		s.t.Errorf("want JSON, got %s", got.header.Get("Content-Type"))
	}
}
