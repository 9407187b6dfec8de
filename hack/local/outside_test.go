// SPDX-License-Identifier: BSD-3-Clause

package local_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	installed = "../../config/manager/operator.yaml"
	ofRun     = "../run/operator.yaml"
	scopes    = "altinn:resourceregistry/resource.write altinn:resourceregistry/accesslist.read altinn:resourceregistry/accesslist.write"
)

// neighbour is an operator that has read its configuration and calls what it names.
type neighbour struct {
	t       *testing.T
	outside *local.Outside
	config  *configuration.Operator
}

func start(t *testing.T, options local.OutsideOptions) *neighbour {
	t.Helper()
	if options.Base == "" {
		options.Base = installed
	}
	if options.Folder == "" {
		options.Folder = t.TempDir()
	}
	outside, err := local.StartOutside(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := outside.Stop(); err != nil {
			t.Error(err)
		}
	})
	config, err := configuration.Load(outside.Config)
	if err != nil {
		t.Fatal(err)
	}
	return &neighbour{t, outside, config}
}

// send makes a call and reads the whole answer.
func (n *neighbour) send(method, address, contentType, token, body string) (int, string) {
	n.t.Helper()
	request, err := http.NewRequestWithContext(n.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	read, err := io.ReadAll(response.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// grant asks Maskinporten for a token on behalf of a service owner.
func (n *neighbour) grant(consumer, scope string) (int, string) {
	n.t.Helper()
	text, err := os.ReadFile(n.config.Maskinporten.KeyFile)
	if err != nil {
		n.t.Fatal(err)
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(text); err != nil {
		n.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	claims := map[string]any{
		"iss": n.config.Maskinporten.ClientID, "aud": n.config.Maskinporten.Issuer, "scope": scope, "jti": rand.Text(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	if consumer != "" {
		claims["consumer_org"] = consumer
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		n.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		n.t.Fatal(err)
	}
	assertion, err := signed.CompactSerialize()
	if err != nil {
		n.t.Fatal(err)
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	return n.send(http.MethodPost, n.config.Maskinporten.Issuer+"token", "application/x-www-form-urlencoded", "", form.Encode())
}

// token is a token of Altinn's on behalf of a service owner.
func (n *neighbour) token(consumer string) string {
	n.t.Helper()
	status, body := n.grant(consumer, scopes)
	var granted struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &granted); err != nil || status != http.StatusOK {
		n.t.Fatalf("want a token, got %d %s", status, body)
	}
	status, token := n.send(http.MethodGet, n.config.Registry.URL+"/authentication/api/v1/exchange/maskinporten", "", granted.AccessToken, "")
	if status != http.StatusOK {
		n.t.Fatalf("want the token exchanged, got %d %s", status, token)
	}
	return token
}

// putList makes an access list of a service owner's.
func (n *neighbour) putList(token, code string) int {
	n.t.Helper()
	status, _ := n.send(http.MethodPut, n.listOf(code), "application/json", token, `{"name":"Banks"}`)
	return status
}

func (n *neighbour) listOf(code string) string {
	return n.config.Registry.URL + "/resourceregistry/api/v1/access-lists/" + code + "/banks"
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("want a token, got %s", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestTheConfigurationIsTheBaseWithWhereToCall(t *testing.T) {
	for _, base := range []string{installed, ofRun} {
		t.Run(base, func(t *testing.T) {
			got := start(t, local.OutsideOptions{Base: base})
			if got.config.Registry == nil || got.config.Registry.URL != got.outside.BaseURL {
				t.Errorf("want the registry at %s, got %+v", got.outside.BaseURL, got.config.Registry)
			}
			want := configuration.Maskinporten{
				Issuer: got.outside.BaseURL + "/", ClientID: "operator", OrganizationNumber: sandbox.DigdirNumber,
				KeyFile: filepath.Join(filepath.Dir(got.outside.Config), "operator.jwk"),
			}
			if got.config.Maskinporten == nil || *got.config.Maskinporten != want {
				t.Errorf("want %+v, got %+v", want, got.config.Maskinporten)
			}
			rest, err := configuration.Load(base)
			if err != nil {
				t.Fatal(err)
			}
			rest.Registry, rest.Maskinporten = got.config.Registry, got.config.Maskinporten
			rest.SelfService, rest.Catalogue = got.config.SelfService, got.config.Catalogue
			issuers := []string{
				got.config.SelfService.URL, got.config.Solution("Maskinporten").Issuer, got.config.Solution("IDPorten").Issuer, got.config.Solution("Ansattporten").Issuer,
			}
			at := got.outside.BaseURL
			if !slices.Equal(issuers, []string{at, at + "/", at + "/idporten", at + "/ansattporten"}) {
				t.Errorf("want all of it at the sandbox, got %v", issuers)
			}
			if got.config.SelfService.Keys.Ready != 16 {
				t.Errorf("want few keys made ahead, got %d", got.config.SelfService.Keys.Ready)
			}
			if !equality.Semantic.DeepEqual(rest, got.config) {
				t.Errorf("want the rest as it was:\n%+v\n%+v", rest, got.config)
			}
		})
	}
}

func TestHowTheRegistryIsCalledStaysAsTheBaseSays(t *testing.T) {
	text, err := os.ReadFile(ofRun)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(t.TempDir(), "base.yaml")
	text = append(text, "registry: {url: \"https://altinn.example.no\", callsPerSecond: 3, resync: 7m}\n"...)
	if err := os.WriteFile(base, text, 0o600); err != nil {
		t.Fatal(err)
	}
	n := start(t, local.OutsideOptions{Base: base})
	got := n.config.Registry
	if got.URL != n.outside.BaseURL || got.CallsPerSecond != 3 || got.Resync.Duration != 7*time.Minute {
		t.Errorf("want the sandbox, 3 calls a second and 7m, got %+v", got)
	}
}

func TestTheKeyIsForItsUserOnly(t *testing.T) {
	info, err := os.Stat(start(t, local.OutsideOptions{}).config.Maskinporten.KeyFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("want mode 0600, got %v, %v", info.Mode(), err)
	}
}

func TestTheOperatorActsForServiceOwners(t *testing.T) {
	n := start(t, local.OutsideOptions{Organisations: []sandbox.Organisation{
		{Code: "skd", Aliases: []string{"another"}, Number: sandbox.SkatteetatenNumber},
		{Code: "tenant0001", Number: "810000002"},
	}})
	for code, number := range map[string]string{
		"skd": sandbox.SkatteetatenNumber, "another": sandbox.SkatteetatenNumber, "nav": sandbox.NAVNumber, "tenant0001": "810000002",
	} {
		token := n.token(number)
		claims := claimsOf(t, token)
		consumer, _ := claims["consumer"].(map[string]any)
		supplier, _ := claims["supplier"].(map[string]any)
		if consumer["ID"] != "0192:"+number || supplier["ID"] != "0192:"+sandbox.DigdirNumber {
			t.Errorf("%s: want a token of %s by Digdir, got %v", code, number, claims)
		}
		if status := n.putList(token, code); status != http.StatusOK {
			t.Errorf("%s: want its access list made, got %d", code, status)
		}
	}
	if status := n.putList(n.token(sandbox.NAVNumber), "skd"); status != http.StatusForbidden {
		t.Errorf("want a token of one to be of no use for another, got %d", status)
	}
	if status := n.putList(n.token(""), "digdir"); status != http.StatusOK {
		t.Errorf("want Digdir's own access list made, got %d", status)
	}
}

func TestTheOperatorActsForNobodyElse(t *testing.T) {
	n := start(t, local.OutsideOptions{Scopes: []string{"skd:inntekt"}})
	for sentence, tc := range map[string]struct {
		consumer, scope string
		status          int
		says            string
	}{
		"a bank has delegated nothing":       {sandbox.BankNumber, scopes, http.StatusBadRequest, "MP-251"},
		"a scope that was asked for is good": {sandbox.SkatteetatenNumber, "skd:inntekt", http.StatusOK, "access_token"},
		"another scope is not":               {sandbox.SkatteetatenNumber, "nav:trygd", http.StatusBadRequest, "MP-200"},
	} {
		t.Run(sentence, func(t *testing.T) {
			if status, body := n.grant(tc.consumer, tc.scope); status != tc.status || !strings.Contains(body, tc.says) {
				t.Errorf("want %d with %s, got %d %s", tc.status, tc.says, status, body)
			}
		})
	}
}

func TestStateOutlivesTheOutside(t *testing.T) {
	options := local.OutsideOptions{Folder: t.TempDir(), State: filepath.Join(t.TempDir(), "sandbox.json")}
	before := start(t, options)
	before.putList(before.token(sandbox.SkatteetatenNumber), "skd")
	if err := before.outside.Stop(); err != nil {
		t.Fatal(err)
	}
	after := start(t, options)
	token := after.token(sandbox.SkatteetatenNumber)
	if status, body := after.send(http.MethodGet, after.listOf("skd"), "", token, ""); status != http.StatusOK {
		t.Errorf("want the list, by a new key, got %d %s", status, body)
	}
}

func TestFaultsReachWhoeverCalls(t *testing.T) {
	n := start(t, local.OutsideOptions{})
	if err := n.outside.Sandbox.SetFaults(sandbox.Fault{Path: "/token", Kind: sandbox.FaultStatus, Status: 503, Count: 1}); err != nil {
		t.Fatal(err)
	}
	if status, _ := n.grant(sandbox.SkatteetatenNumber, scopes); status != http.StatusServiceUnavailable {
		t.Errorf("want the fault, got %d", status)
	}
	n.token(sandbox.SkatteetatenNumber)
}

func TestAfterStopNobodyAnswers(t *testing.T) {
	n := start(t, local.OutsideOptions{})
	for range 2 {
		if err := n.outside.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if response, err := http.Get(n.outside.BaseURL); err == nil {
		_ = response.Body.Close()
		t.Error("want no answer")
	}
}

func TestWhatCannotBeStartedIsAnError(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for sentence, options := range map[string]local.OutsideOptions{
		"a folder that is not there":    {Base: installed, Folder: filepath.Join(folder, "none")},
		"a base that is not there":      {Base: filepath.Join(folder, "none.yaml"), Folder: folder},
		"a base that is no YAML":        {Base: file("list.yaml", "- a"), Folder: folder},
		"a base that names a key twice": {Base: file("twice.yaml", "kind: a\nkind: b\n"), Folder: folder},
		"a base that is empty":          {Base: file("empty.yaml", "# nothing\n"), Folder: folder},
		"a state that cannot be read":   {Base: installed, Folder: folder, State: file("state.json", "{")},
	} {
		t.Run(sentence, func(t *testing.T) {
			if outside, err := local.StartOutside(t.Context(), options); err == nil {
				_ = outside.Stop()
				t.Error("want an error")
			}
		})
	}
}
