// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	clientsPath = "/api/v1/clients"
	scopesPath  = "/api/v1/scopes"

	scopeDCRRead     = "idporten:dcr.read"
	scopeDCRModify   = "idporten:dcr.modify"
	scopeDCRWrite    = "idporten:dcr.write"
	scopeDCRSupplier = "idporten:dcr.supplier"
	scopeScopesWrite = "idporten:scopes.write"
)

func (s *session) selfServiceURL() string { return cmp.Or(s.target.SelfServiceURL, s.target.BaseURL) }

// customer calls self-service as the target's supplier, on behalf of a customer.
type customer struct {
	*session
	who Credentials
}

// owned and foreign are two customers of the supplier's. Without a supplier the rule is skipped.
func (s *session) owned() customer   { return s.customer(s.target.Owner) }
func (s *session) foreign() customer { return s.customer(s.target.Foreign) }

func (s *session) customer(who Credentials) customer {
	s.t.Helper()
	if s.target.Supplier.ClientID == "" {
		s.t.Skip("the target has no supplier who may call self-service")
	}
	return customer{s, who}
}

// token is one with some scopes; the same one until the clock is moved.
func (c customer) token(scopes string) string {
	c.t.Helper()
	key := "self-service " + c.who.Organisation + " " + scopes
	if known := c.tokens[key]; known != "" {
		return known
	}
	got := c.want(c.grant(c.target.Supplier, claims{"scope": scopes, "consumer_org": c.who.Organisation}), http.StatusOK)
	c.tokens[key], _ = got.object()["access_token"].(string)
	return c.tokens[key]
}

// do makes a call with all the scopes.
func (c customer) do(method, path string, body any) answer {
	c.t.Helper()
	return c.with(c.target.Supplier.Scopes, method, path, body)
}

func (c customer) with(scopes, method, path string, body any) answer {
	c.t.Helper()
	return c.as(c.token(scopes), method, c.selfServiceURL()+path, body)
}

// machine is a client of Maskinporten that is right, with some fields changed; nil takes one out.
func (s *session) machine(changes object) object {
	return changed(object{
		"client_name": s.fresh(), "description": "Kontrakt", "application_type": "web", "integration_type": "maskinporten",
		"token_endpoint_auth_method": "private_key_jwt", "grant_types": []string{jwtBearer}, "scopes": []string{},
	}, changes)
}

// login is a client of ID-porten that is right.
func (s *session) login(changes object) object {
	return changed(object{
		"client_name": s.fresh(), "description": "Kontrakt", "application_type": "web", "integration_type": "idporten",
		"token_endpoint_auth_method": "private_key_jwt", "grant_types": []string{"authorization_code", "refresh_token"},
		"scopes": []string{"openid", "profile"}, "redirect_uris": []string{"https://app.example.no/signin-oidc"},
	}, changes)
}

func changed(made, changes object) object {
	maps.Copy(made, changes)
	maps.DeleteFunc(made, func(_ string, value any) bool { return value == nil })
	return made
}

// make registers a client, and gives its id.
func (c customer) make(client object) string {
	c.t.Helper()
	id, _ := c.want(c.do(http.MethodPost, clientsPath, client), http.StatusCreated).object()["client_id"].(string)
	return id
}

func (c customer) get(id string) map[string]any {
	c.t.Helper()
	return c.want(c.do(http.MethodGet, clientsPath+"/"+id, nil), http.StatusOK).object()
}

// refuses wants a client to be refused with 400, and the field to be named.
func (c customer) refuses(field string, client object) {
	c.t.Helper()
	c.wantField(c.do(http.MethodPost, clientsPath, client), field)
}

// wantField wants a refusal that names a field.
func (s *session) wantField(got answer, field string) {
	s.t.Helper()
	s.want(got, http.StatusBadRequest)
	var read struct {
		Errors []struct{ ErrorMessage, FieldIdentifier string }
	}
	_ = json.Unmarshal(got.body, &read) // what cannot be read names no field
	for _, one := range read.Errors {
		if one.FieldIdentifier == field && one.ErrorMessage != "" {
			return
		}
	}
	s.t.Errorf("want a refusal of %s, got %s", field, got)
}

// scope makes a scope of the customer's, and gives its name.
func (c customer) scope(changes object) string {
	c.t.Helper()
	body := changed(object{"prefix": c.who.Code, "subscope": c.fresh(), "description": "Kontrakt"}, changes)
	name, _ := c.want(c.do(http.MethodPost, scopesPath, body), http.StatusCreated).object()["name"].(string)
	return name
}

func named(name string) string { return scopesPath + "?scope=" + url.QueryEscape(name) }

func accessTo(name, organisation string) string {
	return scopesPath + "/access/" + organisation + "?scope=" + url.QueryEscape(name)
}

// contractKey is made once, since RSA takes time.
var contractKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (s *session) key() *rsa.PrivateKey {
	s.t.Helper()
	made, err := contractKey()
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// jwk is a public key that is right, with some fields changed.
func (s *session) jwk(kid string, changes object) object {
	public := s.key().PublicKey
	return changed(object{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
		"n": encoded(public.N), "e": encoded(big.NewInt(int64(public.E))),
	}, changes)
}

func encoded(number *big.Int) string { return base64.RawURLEncoding.EncodeToString(number.Bytes()) }

func (c customer) putKeys(id string, keys ...object) answer {
	c.t.Helper()
	return c.do(http.MethodPost, clientsPath+"/"+id+"/jwks", object{"keys": keys})
}

// kids are the names of the keys that are in a client's set.
func (c customer) kids(id string) []string {
	c.t.Helper()
	got := c.want(c.do(http.MethodGet, clientsPath+"/"+id+"/jwks", nil), http.StatusOK)
	return names(got.object()["keys"], "kid")
}

// names takes one field out of each object of a list, sorted.
func names(list any, field string) []string {
	found := []string{}
	entries, _ := list.([]any)
	for _, entry := range entries {
		read, _ := entry.(map[string]any)
		name, _ := read[field].(string)
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

// ask presents a grant of a client made through self-service, signed with the key.
func (c customer) ask(id, kid, scopes string) answer {
	c.t.Helper()
	return c.present(c.sign(kid, c.key(), c.claimsOf(Credentials{ClientID: id}, claims{"scope": scopes})))
}

// soon asks until the answer has a status, for as long as the token endpoint may be behind.
func (c customer) soon(ask func() answer, status int) answer {
	c.t.Helper()
	ticker := time.NewTicker(max(c.target.Propagation/100, time.Millisecond))
	defer ticker.Stop()
	got := ask()
	longest := c.target.Propagation + time.Second // the target tells its time in whole seconds
	for begun := c.now(); got.status != status && c.now().Sub(begun) <= longest; got = ask() {
		<-ticker.C
	}
	return got
}

// known waits until a client's grant with the key "one" is answered with a token.
func (c customer) known(id, scope string) answer {
	c.t.Helper()
	return c.want(c.soon(func() answer { return c.ask(id, "one", scope) }, http.StatusOK), http.StatusOK)
}

func containsText(got answer, text string) bool { return strings.Contains(string(got.body), text) }

func sorted(texts ...string) []string { return slices.Sorted(slices.Values(texts)) }

func has(list any, field, name string) bool { return slices.Contains(names(list, field), name) }

func spaced(scopes ...string) string { return strings.Join(scopes, " ") }
