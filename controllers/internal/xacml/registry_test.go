// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	resourcePath = "/resourceregistry/api/v1/resource"
	// adminScope lets one client write for every service owner, so that codes can be drawn.
	adminScope = "altinn:resourceregistry/resource.admin altinn:resourceregistry/resource.write"
)

// registry is the stand-in for the Resource Registry behind real HTTP, and a token for it.
type registry struct {
	web   *httptest.Server
	token string
	known map[string]bool
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	options := sandbox.Demo()
	options.Clients = []sandbox.Client{{
		ID: "operator", Organisation: sandbox.DigdirNumber, Scopes: strings.Fields(adminScope),
		Keys: []sandbox.Key{{JWK: jose.JSONWebKey{Key: key.Public(), KeyID: "k", Algorithm: "RS256"}, Expires: time.Now().AddDate(1, 0, 0)}},
	}}
	server, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	r := &registry{web: httptest.NewServer(server), known: map[string]bool{}}
	t.Cleanup(r.web.Close)
	r.logIn(t, key)
	return r
}

// logIn gets a token of Maskinporten for a signed grant, and exchanges it for Altinn's.
func (r *registry) logIn(t *testing.T, key *rsa.PrivateKey) {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{
		"aud": r.web.URL + "/", "iss": "operator", "scope": adminScope, "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Unix() + 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	status, body := r.call(t, http.MethodPost, "/token", "application/x-www-form-urlencoded", []byte(form.Encode()))
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &granted); err != nil || status != http.StatusOK {
		t.Fatalf("asking for a token: %d %s", status, body)
	}
	r.token = granted.Token
	status, body = r.call(t, http.MethodGet, "/authentication/api/v1/exchange/maskinporten", "", nil)
	if status != http.StatusOK {
		t.Fatalf("exchanging the token: %d %s", status, body)
	}
	r.token = string(body)
}

func (r *registry) call(t fataler, method, path, contentType string, content []byte) (int, []byte) {
	t.Helper()
	request, err := http.NewRequest(method, r.web.URL+path, bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%v", err)
	}
	request.Header.Set("Content-Type", contentType)
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := r.web.Client().Do(request)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return response.StatusCode, body
}

// register makes a resource that policies can be uploaded for. References are for Apps only.
func (r *registry) register(t fataler, id, kind string, references ...map[string]string) {
	t.Helper()
	if r.known[id] {
		return
	}
	texts := map[string]string{"nb": "Inntekt", "nn": "Inntekt", "en": "Income"}
	code := strings.FieldsFunc(strings.TrimPrefix(id, "app_"), func(r rune) bool { return r == '_' || r == '-' })[0]
	content, err := json.Marshal(map[string]any{
		"identifier": id, "resourceType": kind, "status": "Completed", "delegable": true, "visible": true,
		"title": texts, "description": texts, "rightDescription": texts, "resourceReferences": references,
		"hasCompetentAuthority": map[string]any{"organization": sandbox.SkatteetatenNumber, "orgcode": code, "name": texts},
		"contactPoints":         []any{map[string]string{"category": "Support", "email": "support@example.no"}},
		"availableForType":      []string{"PrivatePerson"}, "accessListMode": "Disabled",
		"consentTemplate": "default", "consentText": texts,
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if status, body := r.call(t, http.MethodPost, resourcePath, "application/json", content); status != http.StatusCreated {
		t.Fatalf("registering %s: %d %s", id, status, body)
	}
	r.known[id] = true
}

func (r *registry) registerApp(t fataler, org, app string) string {
	t.Helper()
	id := "app_" + org + "_" + app
	r.register(t, id, "AltinnApp", map[string]string{
		"referenceType": "ApplicationId", "referenceSource": "Altinn3", "reference": org + "/" + app,
	})
	return id
}

// upload puts a policy as the form the registry asks for.
func (r *registry) upload(t fataler, id string, policy []byte) (int, string) {
	t.Helper()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("policyFile", "policy.xml")
	if err == nil {
		_, err = file.Write(policy)
	}
	if err == nil {
		err = parts.Close()
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	status, body := r.call(t, http.MethodPost, resourcePath+"/"+id+"/policy", parts.FormDataContentType(), form.Bytes())
	return status, string(body)
}

// rights are the pairs "subject: action" the registry reads out of a policy by itself.
func (r *registry) rights(t fataler, id string) map[string]bool {
	t.Helper()
	status, body := r.call(t, http.MethodGet, resourcePath+"/"+id+"/policy/rules", "", nil)
	type attribute struct{ Type, Value string }
	var rules []struct {
		Subject []attribute
		Action  attribute
	}
	if err := json.Unmarshal(body, &rules); err != nil || status != http.StatusOK {
		t.Fatalf("reading the rules of %s: %d %s", id, status, body)
	}
	found := map[string]bool{}
	for _, rule := range rules {
		found[strings.ToLower(fmt.Sprintf("%s=%s: %s", rule.Subject[0].Type, rule.Subject[0].Value, rule.Action.Value))] = true
	}
	return found
}

// accepted uploads a policy and wants it taken, given back as the same one, and read as the rights that are wanted.
func (r *registry) accepted(t fataler, id string, policy Policy, rights map[string]bool) {
	t.Helper()
	written := mustMarshal(t, policy)
	if status, body := r.upload(t, id, written); status != http.StatusCreated {
		t.Fatalf("uploading the policy of %s: %d %s\n%s", id, status, body, written)
	}
	status, back := r.call(t, http.MethodGet, resourcePath+"/"+id+"/policy", "", nil)
	if status != http.StatusOK || !Equal(policy, mustParse(t, back)) {
		t.Fatalf("the registry gives back another policy: %d\n%s", status, back)
	}
	got := r.rights(t, id)
	for right := range rights {
		if !got[right] {
			t.Fatalf("%s: the registry does not read %s out of\n%s", id, right, written)
		}
	}
	for right := range got {
		if !rights[right] {
			t.Fatalf("%s: the registry reads %s out of the policy, and nobody declared it\n%s", id, right, written)
		}
	}
}
