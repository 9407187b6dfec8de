// SPDX-License-Identifier: BSD-3-Clause

package journey_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/test/journey"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestADataSourceAsksNobodyButForTheKeys(t *testing.T) {
	s := newScene(t)
	first, second := s.token(s.accepted(s.request())), s.token(s.accepted(s.request()))
	url := s.serving(s.source)
	s.server.ClearRequests()
	for _, token := range []string{first, second, first} {
		_, err := s.bank.Fetch(t.Context(), url, token, s.question())
		s.must(err)
	}
	equal(t, map[string]int{"GET /.well-known/oauth-authorization-server": 1, "GET /jwk": 1}, s.server.Counts())
}

func TestADataSourceRefusesWhatTheCitizenDidNotConsentTo(t *testing.T) {
	scene := newScene(t)
	token, url := scene.token(scene.accepted(scene.request())), scene.serving(scene.source)
	t.Run("another resource", func(t *testing.T) {
		s := scene.in(t)
		s.register("skd-fortune", nil)
		request := s.request()
		request.Resource = "skd-fortune"
		s.denied(url, s.token(s.accepted(request)), s.question(), 403, "for something else")
	})
	t.Run("another year", func(t *testing.T) {
		question := scene.question()
		question.Metadata = map[string]string{"inntektsaar": "2024"}
		scene.in(t).denied(url, token, question, 403, "for other values")
	})
	t.Run("no year at all, which would be every year", func(t *testing.T) {
		scene.in(t).denied(url, token, journey.Question{From: scene.question().From}, 403, "for other values")
	})
	t.Run("another person", func(t *testing.T) {
		question := scene.question()
		question.From = journey.PersonURN(sandbox.ManagerNumber)
		scene.in(t).denied(url, token, question, 403, "given by another")
	})
	t.Run("anything, in a token without a consent", func(t *testing.T) {
		s := scene.in(t)
		plain, err := s.bank.PlainToken(t.Context(), scope)
		s.must(err)
		s.denied(url, plain, s.question(), 403, "no consent")
	})
	t.Run("anything, in a token without the source's scope", func(t *testing.T) {
		s := scene.in(t)
		id := s.accepted(s.request())
		foreign, err := s.bank.Token(t.Context(), id, s.citizen.Number, "altinn:consentrequests.read")
		s.must(err)
		s.denied(url, foreign, s.question(), 403, "lacks the scope skd:inntekt")
	})
}

func TestADataSourceRefusesTokensThatAreNotMaskinportens(t *testing.T) {
	scene := newScene(t)
	token, url := scene.token(scene.accepted(scene.request())), scene.serving(scene.source)
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	scene.must(err)
	later := base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(payload), "2025", "2024")))
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for sentence, c := range map[string]struct{ token, reason string }{
		"none at all":                          {"", "there is no token"},
		"what is no token":                     {"abc", "not one that is signed"},
		"one with another year written in":     {parts[0] + "." + later + "." + parts[2], "signature is not the issuer's"},
		"one without its signature":            {parts[0] + "." + parts[1] + ".", "signature is not the issuer's"},
		"one that says it needs none":          {unsigned + "." + parts[1] + ".", "not one that is signed"},
		"the bank's own, by a name of its own": {signWith(t, "bank-1", payload), "no such key"},
		"the bank's own, by the issuer's name": {signWith(t, "maskinporten-1", payload), "signature is not the issuer's"},
	} {
		t.Run(sentence, func(t *testing.T) {
			question := scene.question()
			question.Metadata = map[string]string{"inntektsaar": "2024"}
			scene.in(t).denied(url, c.token, question, 401, c.reason)
		})
	}
}

// signWith signs claims with the key of these tests.
func signWith(t *testing.T, kid string, payload []byte) string {
	t.Helper()
	key := jose.JSONWebKey{Key: newKey(t), KeyID: kid}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// issuerOf serves what an issuer publishes: its metadata, under a name, and the key of these tests.
func issuerOf(t *testing.T, name func(base string) string) string {
	t.Helper()
	var base string
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, value any) {
		if err := json.NewEncoder(w).Encode(value); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]string{"issuer": name(base), "jwks_uri": base + "/keys"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newKey(t).Public(), KeyID: "1", Algorithm: "RS256"}}})
	})
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	base = web.URL
	return base + "/"
}

// TestADataSourceReadsEveryClaim holds it to tokens no real issuer would sign, or that only some do.
func TestADataSourceReadsEveryClaim(t *testing.T) {
	scene := newScene(t)
	bank := map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + sandbox.BankNumber}
	other := map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + sandbox.FinanceNumber}
	now := time.Now()
	type object = map[string]any
	right := object{
		"action":   []string{"consent"},
		"resource": []object{{"type": "urn:altinn:resource", "value": income}},
		"metadata": object{"inntektsaar": "2025"},
	}
	for sentence, c := range map[string]struct {
		claims, consent, right object
		status                 int
		reason                 string
	}{
		"a right token is taken, with the bank named as Maskinporten's guide does": {status: 200},
		"a right token is taken, with the bank named as Altinn does": {
			consent: object{"to": journey.OrganisationURN(sandbox.BankNumber)}, status: 200,
		},
		"a consent to another bank is refused":           {consent: object{"to": other}, status: 403, reason: "given to another"},
		"a token that another bank shows is refused":     {claims: object{"consumer": other}, status: 403, reason: "given to another"},
		"a consent to nobody is refused":                 {claims: object{"consumer": nil}, consent: object{"to": nil}, status: 403, reason: "given to another"},
		"a bank of another country is refused":           {consent: object{"to": object{"authority": "iso6523-actorid-upis", "ID": "0007:1"}}, status: 401, reason: "claims cannot be read"},
		"a bank by another register's number is refused": {consent: object{"to": object{"authority": "duns", "ID": "0192:" + sandbox.BankNumber}}, status: 401, reason: "claims cannot be read"},
		"a consent that was not given is refused":        {consent: object{"consented": nil}, status: 403, reason: "not given yet"},
		"a consent that is given tomorrow is refused":    {consent: object{"consented": now.Add(24 * time.Hour)}, status: 403, reason: "not given yet"},
		"a consent that ended is refused":                {consent: object{"validTo": now.Add(-time.Second)}, status: 403, reason: "has ended"},
		"details of another type are refused":            {consent: object{"type": "urn:altinn:systemuser"}, status: 403, reason: "no consent"},
		"a right to another action is refused":           {right: object{"action": []string{"read"}}, status: 403, reason: "for something else"},
		"a right to a resource of another type is":       {right: object{"resource": []object{{"type": "urn:altinn:app", "value": income}}}, status: 403, reason: "for something else"},
		"a right without values is refused":              {right: object{"metadata": nil}, status: 403, reason: "for other values"},
		"a token of another issuer is refused":           {claims: object{"iss": "https://issuer.example.no/"}, status: 401, reason: "another issuer"},
		"a token that has expired is refused":            {claims: object{"exp": now.Add(-time.Minute).Unix()}, status: 401, reason: "has expired"},
		"a token without an end is refused":              {claims: object{"exp": nil}, status: 401, reason: "has expired"},
		"a token that begins in an hour is refused":      {claims: object{"iat": now.Add(time.Hour).Unix()}, status: 401, reason: "not valid yet"},
		"a scope that only begins like the right one is": {claims: object{"scope": scope + ".read"}, status: 403, reason: "lacks the scope"},
	} {
		t.Run(sentence, func(t *testing.T) {
			issuer := issuerOf(t, func(base string) string { return base + "/" })
			right := changed(right, c.right)
			consent := changed(object{
				"type": "urn:altinn:consent", "id": "0d2f1c5e-7f43-4a55-9f0e-2a51a1a5c001", "from": scene.question().From, "to": bank,
				"consented": now, "validTo": now.Add(time.Hour), "consentRights": []object{right},
			}, c.consent)
			payload, err := json.Marshal(changed(object{
				"iss": issuer, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "scope": "openid " + scope,
				"consumer": bank, "authorization_details": []object{{"type": "urn:other"}, consent},
			}, c.claims))
			if err != nil {
				t.Fatal(err)
			}
			s := scene.in(t)
			url := s.serving(&journey.DataSource{Issuer: issuer, Scope: scope, Resource: income, Records: s.source.Records})
			token := signWith(t, "1", payload)
			if c.status != 200 {
				s.denied(url, token, s.question(), c.status, c.reason)
				return
			}
			_, err = s.bank.Fetch(t.Context(), url, token, s.question())
			s.must(err)
		})
	}
}

// changed is an object with some fields replaced; nil takes one out.
func changed(from, changes map[string]any) map[string]any {
	made := maps.Clone(from)
	maps.Copy(made, changes)
	maps.DeleteFunc(made, func(_ string, value any) bool { return value == nil })
	return made
}

func TestADataSourceTakesKeysOnlyFromTheIssuerItTrusts(t *testing.T) {
	s := newScene(t)
	issuer := issuerOf(t, func(string) string { return "https://issuer.example.no/" })
	url := s.serving(&journey.DataSource{Issuer: issuer, Scope: scope, Resource: income})
	s.denied(url, signWith(t, "1", []byte("{}")), s.question(), 503, "keys cannot be had")
}

func TestADataSourceRefusesWhatIsNoQuestion(t *testing.T) {
	s := newScene(t)
	url, token := s.serving(s.source), s.token(s.accepted(s.request()))
	s.denied(url, token, journey.Question{}, 400, "names nobody")
	response, err := http.Get(url)
	s.must(err)
	defer response.Body.Close() //nolint:errcheck // nothing is read
	equal(t, http.StatusMethodNotAllowed, response.StatusCode)
}
