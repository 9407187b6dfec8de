// SPDX-License-Identifier: BSD-3-Clause

package maskinporten_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/go-jose/go-jose/v4"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
)

const (
	vaultHost    = "operator.example.com"
	vaultKey     = "grants"
	vaultVersion = "0123456789abcdef0123456789abcdef"
	vaultTenant  = "11111111-2222-3333-4444-555555555555"
	vaultToken   = "canary-token"
	challenge    = `Bearer authorization="https://login.example.com/` + vaultTenant + `", resource="https://example.com"`
)

// vault stands in for Azure Key Vault: it keeps the contract of the operation Sign (Azure Key Vault REST API), and answers what
// is not in it as the vault would.
type vault struct {
	t         *testing.T
	server    *httptest.Server
	clock     *clocktesting.FakeClock
	challenge string
	asked     atomic.Int32 // with a token that was accepted
	unasked   atomic.Int32 // without a token
	logins    atomic.Int32 // tokens the credential gave

	// before answers in the vault's place where it gives true.
	before func(http.ResponseWriter, *http.Request) bool
	// login is the credential's error.
	login error
	// spoil changes what a signature's answer has in it.
	spoil func(map[string]string)
	// disabled is whether the key is.
	disabled bool
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{t: t, clock: clocktesting.NewFakeClock(time.Now()), challenge: challenge}
	v.server = httptest.NewTLSServer(v)
	t.Cleanup(v.server.Close)
	return v
}

// roundTripper leads every host to the stand-in, whose certificate is good for the vault's name.
func (v *vault) roundTripper() http.RoundTripper {
	v.t.Helper()
	own, ok := v.server.Client().Transport.(*http.Transport)
	if !ok {
		v.t.Fatal("the test server's client is of another kind than it was")
	}
	own = own.Clone()
	own.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, v.server.Listener.Addr().String())
	}
	v.t.Cleanup(own.CloseIdleConnections)
	return own
}

// config is right for the stand-in.
func (v *vault) config() maskinporten.KeyVault {
	return maskinporten.KeyVault{
		URL: "https://" + vaultHost + "/", Key: vaultKey, Version: vaultVersion, KeyID: "key-1", RoundTripper: v.roundTripper(),
	}
}

func (v *vault) signer(changes ...func(*maskinporten.KeyVault)) maskinporten.Signer {
	v.t.Helper()
	config := v.config()
	for _, change := range changes {
		change(&config)
	}
	signer, err := maskinporten.NewKeyVaultSigner(config, v, v.clock)
	if err != nil {
		v.t.Fatal(err)
	}
	return signer
}

// GetToken implements azcore.TokenCredential as strictly as the directory: only for the vault's resource and tenant.
func (v *vault) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	v.logins.Add(1)
	if v.login != nil {
		return azcore.AccessToken{}, v.login
	}
	if len(options.Scopes) != 1 || options.Scopes[0] != "https://example.com/.default" || options.TenantID != vaultTenant {
		return azcore.AccessToken{}, errors.New("a token for something else was asked for")
	}
	return azcore.AccessToken{Token: vaultToken, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// fault answers an error in the vault's form.
func fault(w http.ResponseWriter, status int, code, inner string) {
	body := map[string]any{"code": code, "message": "canary-message about " + vaultKey + " eyJcanary"}
	if inner != "" {
		body["innererror"] = map[string]any{"code": inner}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": body})
}

// signPath has no version where the newest is meant.
var signPath = regexp.MustCompile(`^/keys/([0-9A-Za-z-]{1,127})(?:/([0-9a-f]{32}))?/sign$`)

// ServeHTTP implements http.Handler.
func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch token := r.Header.Get("Authorization"); {
	case r.Host != vaultHost:
		http.Error(w, "no such host", http.StatusMisdirectedRequest)
		return
	case token == "":
		v.unasked.Add(1)
		w.Header().Set("WWW-Authenticate", v.challenge)
		fault(w, http.StatusUnauthorized, "Unauthorized", "")
		return
	case token != "Bearer "+vaultToken:
		w.Header().Set("WWW-Authenticate", v.challenge)
		fault(w, http.StatusUnauthorized, "Unauthorized", "")
		return
	}
	v.asked.Add(1)
	if v.before != nil && v.before(w, r) {
		return
	}
	path := signPath.FindStringSubmatch(r.URL.Path)
	if r.Method != http.MethodPost || path == nil {
		fault(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "")
		return
	}
	if query := r.URL.Query(); len(query) != 1 || !regexp.MustCompile(`^(7\.\d|20\d\d-\d\d-\d\d)$`).MatchString(query.Get("api-version")) {
		fault(w, http.StatusBadRequest, "BadParameter", "")
		return
	}
	if path[1] != vaultKey || path[2] != "" && path[2] != vaultVersion {
		fault(w, http.StatusNotFound, "KeyNotFound", "")
		return
	}
	if v.disabled {
		fault(w, http.StatusForbidden, "Forbidden", "KeyDisabled")
		return
	}
	v.sign(w, r)
}

// sign answers the operation itself.
func (v *vault) sign(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Algorithm string `json:"alg"`
		Value     string `json:"value"`
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	read := json.NewDecoder(r.Body)
	read.DisallowUnknownFields()
	if mediaType != "application/json" || read.Decode(&asked) != nil || read.Decode(new(any)) != io.EOF {
		fault(w, http.StatusBadRequest, "BadParameter", "")
		return
	}
	hash := map[string]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512}[asked.Algorithm]
	digest, err := base64.RawURLEncoding.Strict().DecodeString(asked.Value)
	if hash == 0 || err != nil || len(digest) != hash.Size() {
		fault(w, http.StatusBadRequest, "BadParameter", "")
		return
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, privateKey(), hash, digest)
	if err != nil {
		v.t.Error(err)
	}
	answer := map[string]string{
		"kid":   "https://" + vaultHost + "/keys/" + vaultKey + "/" + vaultVersion,
		"value": base64.RawURLEncoding.EncodeToString(signature),
	}
	if v.spoil != nil {
		v.spoil(answer)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer)
}

// verified reads a grant, whose signature it checks with the public key.
func verified(t *testing.T, grant string, algorithm jose.SignatureAlgorithm) (jose.Header, string) {
	t.Helper()
	read, err := jose.ParseSignedCompact(grant, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := read.Verify(privateKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	return read.Signatures[0].Protected, string(claims)
}

// wantHarmless fails for texts with something in them that must not be shown.
func wantHarmless(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"canary", "eyJ", "?", "api-version", vaultHost} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
}
