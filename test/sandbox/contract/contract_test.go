// SPDX-License-Identifier: BSD-3-Clause

package contract_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/test/sandbox"
	"github.com/altinn/serviceowner-operator/test/sandbox/contract"
)

const (
	registryScopes = "altinn:resourceregistry/resource.write altinn:resourceregistry/accesslist.read " +
		"altinn:resourceregistry/accesslist.write"
	supplierScopes = "idporten:dcr.read idporten:dcr.modify idporten:dcr.write idporten:dcr.supplier idporten:scopes.write"
	consentScopes  = "altinn:consentrequests.read altinn:consentrequests.write"
)

func TestSandboxKeepsTheContract(t *testing.T) { contract.Run(t, target(t, sandbox.Demo())) }

func TestSandboxKeepsTheContractInProduction(t *testing.T) {
	options := sandbox.Demo()
	options.Production = true
	contract.Run(t, target(t, options))
}

func TestSandboxKeepsTheContractWhenTheTokenEndpointIsBehind(t *testing.T) {
	options := sandbox.Demo()
	options.Propagation = 100 * time.Millisecond
	contract.Run(t, target(t, options))
}

// target starts a sandbox, with the clients and organisations the contract needs.
func target(t *testing.T, options sandbox.Options) contract.Target {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	client := func(id, organisation, code, scopes string) contract.Credentials {
		public := func(kid string) jose.JSONWebKey {
			return jose.JSONWebKey{Key: key.Public(), KeyID: kid, Algorithm: "RS256"}
		}
		options.Clients = append(options.Clients, sandbox.Client{
			ID: id, Organisation: organisation, Prefixes: []string{code},
			Scopes: append(strings.Fields(scopes), "closed:scope"), Ungranted: []string{"closed:scope"},
			Keys: []sandbox.Key{
				{JWK: public(id + "-old"), Expires: time.Now().Add(-time.Hour)},
				{JWK: public(id + "-1"), Expires: time.Now().AddDate(1, 0, 0)},
			},
		})
		return contract.Credentials{
			ClientID: id, KeyID: id + "-1", Key: key, ExpiredKeyID: id + "-old", ExpiredKey: key,
			Organisation: organisation, Code: code, Scopes: scopes, Ungranted: "closed:scope",
		}
	}
	made := contract.Target{
		Production:  options.Production,
		Propagation: options.Propagation,
		Owner:       client("owner", sandbox.SkatteetatenNumber, "skd", registryScopes),
		Foreign:     client("foreign", sandbox.NAVNumber, "nav", registryScopes),
		Bank:        client("bank", sandbox.BankNumber, "", consentScopes),
		Outsider:    client("outsider", sandbox.FinanceNumber, "", consentScopes),
		Unknown:     "319999981",
		Borrower:    sandbox.BorrowerNumber,
	}
	made.Supplier = client("supplier", sandbox.DigdirNumber, "digdir", supplierScopes)
	options.Clients[len(options.Clients)-1].Represents = []string{sandbox.SkatteetatenNumber, sandbox.NAVNumber}
	companies := sandbox.Companies(101)
	options.Organisations = append(options.Organisations, companies...)
	for _, company := range companies {
		made.Members = append(made.Members, company.Number)
	}
	server, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	made.Issuers = []string{web.URL + "/idporten", web.URL + "/ansattporten"}
	made.BaseURL, made.MaskinportenURL, made.HTTP = web.URL, web.URL, web.Client()
	made.Advance = func(_ testing.TB, by time.Duration) { server.Advance(by) }
	made.LogIn = func(t testing.TB, person string) string {
		response, err := http.Post(web.URL+"/sandbox/login", "application/json", strings.NewReader(`{"person":"`+person+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close() //nolint:errcheck // it has been read
		var read struct{ Token string }
		if err := json.NewDecoder(response.Body).Decode(&read); err != nil {
			t.Fatal(err)
		}
		return read.Token
	}
	return made
}
