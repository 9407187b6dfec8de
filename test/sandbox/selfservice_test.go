// SPDX-License-Identifier: BSD-3-Clause

package sandbox_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	clientsPath = "/api/v1/clients"
	adminPath   = "/sandbox/selfservice"
	krrScope    = "krr:global/digitalpost.read"
	newcomer    = "310000035"

	adminScopes = "idporten:dcr.write idporten:dcr.supplier idporten:scopes.write"
)

// testKey is made once, since RSA takes time.
var testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// portal is a sandbox whose client "supplier" may call self-service for Skatteetaten, NAV and a newcomer.
type portal struct {
	*world
	key *rsa.PrivateKey
}

func openPortal(t *testing.T, changes ...func(*sandbox.Options)) *portal {
	t.Helper()
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	options := sandbox.Demo()
	options.Clients = []sandbox.Client{{
		ID: "supplier", Organisation: sandbox.DigdirNumber, Scopes: strings.Fields(adminScopes),
		Keys:       []sandbox.Key{{JWK: public(key, "supplier-1")}},
		Represents: []string{sandbox.SkatteetatenNumber, sandbox.NAVNumber, newcomer},
	}}
	for _, change := range changes {
		change(&options)
	}
	return &portal{serve(t, options), key}
}

func public(key *rsa.PrivateKey, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid, Algorithm: "RS256", Use: "sig"}
}

// ask presents a grant, at the sandbox's time.
func (p *portal) ask(client, kid, scope string, changes ...func(map[string]any)) (int, string) {
	p.t.Helper()
	response, _, err := p.try(http.MethodGet, "/jwk", "", "")
	if err != nil {
		p.t.Fatal(err)
	}
	now, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		p.t.Fatal(err)
	}
	claims := map[string]any{
		"iss": client, "aud": p.url + "/", "iat": now.Unix(), "exp": now.Unix() + 100, "jti": rand.Text(), "scope": scope,
	}
	for _, change := range changes {
		change(claims)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: kid}}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {compact}}
	answer, err := p.client.PostForm(p.url+"/token", form)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it has been read
	var read map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil {
		p.t.Fatal(err)
	}
	if token, is := read["access_token"].(string); is {
		return answer.StatusCode, token
	}
	return answer.StatusCode, fmt.Sprint(read["error_description"])
}

// wantToken wants a token to be refused with a number, and given with none.
func (p *portal) wantToken(client, kid, number string) {
	p.t.Helper()
	status, text := p.ask(client, kid, krrScope)
	if given := status == http.StatusOK; given != (number == "") || !given && !strings.HasPrefix(text, number) {
		p.t.Errorf("want the answer %q with the key %s, got %d %s", number, kid, status, text)
	}
}

// admin is the supplier's token for a customer.
func (p *portal) admin(customer string) string {
	p.t.Helper()
	status, token := p.ask("supplier", "supplier-1", adminScopes, func(c map[string]any) { c["consumer_org"] = customer })
	if status != http.StatusOK {
		p.t.Fatalf("want a token, got %d %s", status, token)
	}
	return token
}

func machine(scopes ...string) string {
	text, _ := json.Marshal(map[string]any{ // cannot fail
		"client_name": "skd-app", "integration_type": "maskinporten", "token_endpoint_auth_method": "private_key_jwt",
		"grant_types": []string{"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "scopes": scopes,
	})
	return string(text)
}

func (p *portal) register(token string, scopes ...string) string {
	p.t.Helper()
	id, _ := field(p.t, p.call(http.MethodPost, clientsPath, token, machine(scopes...), http.StatusCreated), "client_id").(string)
	return id
}

func (p *portal) put(token, id string, kids ...string) {
	p.t.Helper()
	p.call(http.MethodPost, clientsPath+"/"+id+"/jwks", token, p.set(kids...), http.StatusCreated)
}

func (p *portal) set(kids ...string) string {
	set := jose.JSONWebKeySet{}
	for _, kid := range kids {
		set.Keys = append(set.Keys, public(p.key, kid))
	}
	text, err := json.Marshal(set)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func TestTheTokenEndpointIsBehindSelfService(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := openPortal(t, func(o *sandbox.Options) {
		o.Clock = func() time.Time { return begin }
		o.Propagation = 2 * time.Minute
	})
	token := p.admin(sandbox.SkatteetatenNumber)
	id := p.register(token)
	p.wantToken(id, "one", "MP-100")

	p.server.Advance(119 * time.Second)
	p.wantToken(id, "one", "MP-100")
	p.server.Advance(time.Second)
	p.wantToken(id, "one", "MP-120")

	token = p.admin(sandbox.SkatteetatenNumber)
	p.put(token, id, "one")
	p.server.Advance(time.Minute)
	p.call(http.MethodPut, clientsPath+"/"+id, token, machine(krrScope), http.StatusOK)
	p.wantToken(id, "one", "MP-120")
	p.server.Advance(time.Minute)
	p.wantToken(id, "one", "MP-200") // the key got through, the scope came later
	p.server.Advance(time.Minute)
	p.wantToken(id, "one", "")

	token = p.admin(sandbox.SkatteetatenNumber)
	p.put(token, id, "two")
	p.wantToken(id, "one", "")
	p.wantToken(id, "two", "MP-120")
	p.server.Advance(2 * time.Minute)
	p.wantToken(id, "one", "MP-120")
	p.wantToken(id, "two", "")

	p.call(http.MethodDelete, clientsPath+"/"+id, p.admin(sandbox.SkatteetatenNumber), "", http.StatusNoContent)
	p.wantToken(id, "two", "")
	p.server.Advance(2 * time.Minute)
	p.wantToken(id, "two", "MP-100")
}

func TestAnAccessTokenLivesAsLongAsItsClientSays(t *testing.T) {
	p := openPortal(t)
	token := p.admin(sandbox.SkatteetatenNumber)
	id := p.register(token, krrScope)
	p.put(token, id, "one")
	if err := p.server.PatchClient(id, `{"access_token_lifetime":10}`); err != nil {
		t.Fatal(err)
	}
	_, given := p.ask(id, "one", krrScope)
	p.call(http.MethodGet, "/protected/"+krrScope, given, "", http.StatusOK)
	p.server.Advance(10 * time.Second)
	p.call(http.MethodGet, "/protected/"+krrScope, given, "", http.StatusUnauthorized)
}

func TestAnAPIIsOpenedByATokenWithItsScope(t *testing.T) {
	p := openPortal(t)
	token := p.admin(sandbox.SkatteetatenNumber)
	id := p.register(token, krrScope)
	p.put(token, id, "one")
	_, given := p.ask(id, "one", krrScope)
	answer := p.call(http.MethodGet, "/protected/"+krrScope, given, "", http.StatusOK)
	if got := field(t, answer, "consumer"); got != sandbox.SkatteetatenNumber {
		t.Errorf("want the consumer, got %v", got)
	}
	for _, tc := range []struct {
		name, path, token, challenge string
		status                       int
	}{
		{"without a token", krrScope, "", "Bearer", http.StatusUnauthorized},
		{"with a token of Altinn's", krrScope, p.token(), "invalid_token", http.StatusUnauthorized},
		{"with a spoiled token", krrScope, given + "x", "invalid_token", http.StatusUnauthorized},
		{"with a token for another scope", "krr:other", given, "insufficient_scope", http.StatusForbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			response, _, err := p.try(http.MethodGet, "/protected/"+tc.path, tc.token, "")
			if err != nil || response.StatusCode != tc.status {
				t.Fatalf("want %d, got %v, %v", tc.status, response, err)
			}
			if got := response.Header.Get("WWW-Authenticate"); !strings.Contains(got, tc.challenge) {
				t.Errorf("want a challenge with %s, got %s", tc.challenge, got)
			}
		})
	}
}

func TestScopesComeBackInAnotherOrder(t *testing.T) {
	p := openPortal(t)
	sent := []string{"altinn:broker.read", "altinn:serviceowner", krrScope}
	answer := p.call(http.MethodPost, clientsPath, p.admin(sandbox.SkatteetatenNumber), machine(sent...), http.StatusCreated)
	slices.Reverse(sent)
	if got := fmt.Sprint(field(t, answer, "scopes")); got != fmt.Sprint(sent) {
		t.Errorf("want %v, got %s", sent, got)
	}
}

func TestEveryServiceOwnerHasTheScopesOfSharedSolutions(t *testing.T) {
	p := openPortal(t)
	p.register(p.admin(sandbox.NAVNumber), krrScope)
	p.call(http.MethodPost, clientsPath, p.admin(sandbox.NAVNumber), machine(sandbox.ClosedScope), http.StatusBadRequest)
	p.call(http.MethodPost, clientsPath, p.admin(newcomer), machine(krrScope), http.StatusBadRequest)
	p.call(http.MethodPut, "/sandbox/organisations/"+newcomer, "", `{"number":"`+newcomer+`","code":"new"}`, http.StatusNoContent)
	p.register(p.admin(newcomer), krrScope)
	p.call(http.MethodPost, "/api/v1/scopes", p.admin(newcomer), `{"prefix":"new","subscope":"x"}`, http.StatusCreated)
	if err := p.server.SetAccess(krrScope, newcomer, "DENIED"); err != nil {
		t.Fatal(err)
	}
	p.call(http.MethodPost, clientsPath, p.admin(newcomer), machine(krrScope), http.StatusBadRequest)
	p.register(p.admin(sandbox.NAVNumber), krrScope)
}

func TestSelfServiceOutlivesTheServerAndIsForgottenByReset(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	keep := func(o *sandbox.Options) { o.StateFile, o.Propagation = file, time.Minute }
	one := openPortal(t, keep)
	token := one.admin(sandbox.SkatteetatenNumber)
	id := one.register(token, krrScope)
	one.put(token, id, "one")
	one.call(http.MethodPost, "/api/v1/scopes", token, `{"prefix":"skd","subscope":"mine"}`, http.StatusCreated)
	if err := one.server.SetAccess(krrScope, sandbox.NAVNumber, "DENIED"); err != nil {
		t.Fatal(err)
	}
	before := one.call(http.MethodGet, adminPath, "", "", http.StatusOK)
	if err := one.server.Close(); err != nil {
		t.Fatal(err)
	}

	two := openPortal(t, keep)
	if after := two.call(http.MethodGet, adminPath, "", "", http.StatusOK); after != before {
		t.Errorf("want %s, got %s", before, after)
	}
	two.wantToken(id, "one", "MP-100")
	two.server.Advance(time.Minute)
	two.wantToken(id, "one", "")
	two.server.Reset()
	if left := two.server.Clients(); len(left) != 0 {
		t.Errorf("want no clients, got %v", left)
	}
	if left := two.server.Scopes(); len(left) != len(sandbox.Demo().Scopes) {
		t.Errorf("want the scopes of the start, got %v", left)
	}
}

func TestOthersChangeClientsInThePortal(t *testing.T) {
	p := openPortal(t)
	token := p.admin(sandbox.SkatteetatenNumber)
	id := p.register(token, krrScope)
	path := adminPath + "/clients/" + id
	p.put(token, id, "one")

	p.call(http.MethodPatch, path, "", `{"client_name":"edited","scopes":[]}`, http.StatusNoContent)
	read := p.call(http.MethodGet, clientsPath+"/"+id, token, "", http.StatusOK)
	if field(t, read, "client_name") != "edited" || fmt.Sprint(field(t, read, "scopes")) != "[]" || field(t, read, "active") != true {
		t.Errorf("want the edited client, got %s", read)
	}
	p.call(http.MethodPut, path+"/jwks", "", p.set("two"), http.StatusNoContent)
	if got := p.server.Clients()[0]; len(got.Keys) != 1 || got.Keys[0].ID != "two" {
		t.Errorf("want the key two, got %v", got.Keys)
	}
	if err := p.server.SetKeys(id, public(p.key, "three")); err != nil {
		t.Fatal(err)
	}
	p.call(http.MethodPatch, path, "", `{"scopes":["`+krrScope+`"]}`, http.StatusNoContent)
	p.wantToken(id, "two", "MP-120")
	p.wantToken(id, "three", "")
	access := fmt.Sprintf(`{"scope":%q,"consumer_orgno":%q,"state":`, krrScope, sandbox.SkatteetatenNumber)
	p.call(http.MethodPut, adminPath+"/access", "", access+`"DENIED"}`, http.StatusNoContent)
	p.wantToken(id, "three", "MP-250")
	p.call(http.MethodPut, adminPath+"/access", "", access+`"APPROVED"}`, http.StatusNoContent)
	p.wantToken(id, "three", "")
	p.call(http.MethodDelete, path, "", "", http.StatusNoContent)
	p.wantToken(id, "three", "MP-100")
	p.call(http.MethodGet, clientsPath+"/"+id, token, "", http.StatusNotFound)
}

func TestWhatIsNotThereCannotBeChangedInThePortal(t *testing.T) {
	p := openPortal(t)
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodDelete, "/clients/none", "", http.StatusNotFound},
		{http.MethodPatch, "/clients/none", "{}", http.StatusNotFound},
		{http.MethodPut, "/clients/none/jwks", p.set("one"), http.StatusNotFound},
		{http.MethodPut, "/clients/none/jwks", "{half", http.StatusBadRequest},
		{http.MethodPut, "/access", `{"scope":"no:such","consumer_orgno":"310000019","state":"DENIED"}`, http.StatusNotFound},
		{http.MethodPut, "/access", `{"scope":"` + krrScope + `","consumer_orgno":"310000019","state":"PERHAPS"}`, http.StatusBadRequest},
		{http.MethodPut, "/scopes", `{}`, http.StatusBadRequest},
	} {
		p.call(call.method, adminPath+call.path, "", call.body, call.status)
	}
}

func TestAScopeIsAddedWhileItRuns(t *testing.T) {
	p := openPortal(t)
	p.call(http.MethodPut, adminPath+"/scopes", "", `{"name":"nav:late","owner":"`+sandbox.NAVNumber+`"}`, http.StatusNoContent)
	p.call(http.MethodPost, clientsPath, p.admin(sandbox.SkatteetatenNumber), machine("nav:late"), http.StatusBadRequest)
	p.register(p.admin(sandbox.NAVNumber), "nav:late")
	p.server.RegisterScope(sandbox.Scope{Name: "nav:open", Owner: sandbox.NAVNumber, AccessibleForAll: true})
	p.register(p.admin(sandbox.SkatteetatenNumber), "nav:open")
}

func TestFaultsReachSelfService(t *testing.T) {
	p := openPortal(t)
	token := p.admin(sandbox.SkatteetatenNumber)
	set(t, p.world, sandbox.Fault{
		Method: http.MethodPost, Path: "^" + clientsPath + "$", Kind: sandbox.FaultStatus, Status: 503, AfterEffect: true, Count: 1,
	})
	p.call(http.MethodPost, clientsPath, token, machine(), http.StatusServiceUnavailable)
	if made := p.server.Clients(); len(made) != 1 {
		t.Errorf("want the client made although the answer was lost, got %v", made)
	}
}

// Clients are found by id: among three thousand each call takes about as long as among three.
func TestManyClientsDoNotMakeOneSlow(t *testing.T) {
	const few, many, calls = 3, 3000, 200
	p := openPortal(t)
	token := p.admin(sandbox.SkatteetatenNumber)
	took := func() time.Duration {
		id := p.register(token, krrScope)
		best := time.Hour
		for range calls { // the fastest of many is what the work costs, without what else the machine does
			begin := time.Now()
			p.call(http.MethodGet, clientsPath+"/"+id, token, "", http.StatusOK)
			best = min(best, time.Since(begin))
		}
		return best
	}
	for range few {
		p.register(token)
	}
	before := took()
	for range many {
		p.register(token)
	}
	if after := took(); after > 10*before+time.Millisecond {
		t.Errorf("want a call among many to take about %s, got %s", before, after)
	}
}
