// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"context"
	"crypto"
	_ "crypto/sha256" // for RS256
	_ "crypto/sha512" // for RS384 and RS512
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/go-jose/go-jose/v4"
	"k8s.io/utils/clock"
)

const (
	// vaultTimeout is how long one attempt may take, with getting a token for the vault. A signature takes tens of
	// milliseconds.
	vaultTimeout = 3 * time.Second
	// vaultAttempts is how often a signature is asked for at most; asking twice does no harm.
	vaultAttempts = 3
	vaultBackoff  = 200 * time.Millisecond
	// vaultPatience is the longest wait between attempts. A longer wish is TryLater, so that no worker sleeps long.
	vaultPatience = 2 * time.Second
)

// hashes are those of the algorithms that Maskinporten takes (Maskinporten guide).
var hashes = map[jose.SignatureAlgorithm]crypto.Hash{
	jose.RS256: crypto.SHA256, jose.RS384: crypto.SHA384, jose.RS512: crypto.SHA512,
}

// KeyVault is a private RSA key in Azure Key Vault, and how to ask for its signatures.
type KeyVault struct {
	// URL is the vault's, such as https://operator.vault.azure.net.
	URL string
	// Key is its name in the vault.
	Key string
	// Version is the key's in the vault. Empty is the newest, which is another key after each rotation there: Maskinporten
	// must know that one by the same KeyID.
	Version string
	// KeyID is the kid under which Maskinporten knows it.
	KeyID string
	// Algorithm is RS256, RS384 or RS512; empty is RS256.
	Algorithm jose.SignatureAlgorithm
	// Timeout is how long one attempt may take; 0 is 3 seconds.
	Timeout time.Duration
	// RoundTripper is for tests; nil is one made for this vault alone.
	RoundTripper http.RoundTripper
}

func (v *KeyVault) complete() error {
	if v.Algorithm == "" {
		v.Algorithm = jose.RS256
	}
	if v.Timeout <= 0 {
		v.Timeout = vaultTimeout
	}
	if v.RoundTripper == nil {
		v.RoundTripper = http.DefaultTransport
		if shared, ok := v.RoundTripper.(*http.Transport); ok {
			v.RoundTripper = shared.Clone()
		}
	}
	v.URL = strings.TrimRight(v.URL, "/")
	at, err := url.Parse(v.URL)
	switch {
	case err != nil || at.Scheme != "https" || v.URL != "https://"+at.Host || at.Host == "":
		return errors.New("configuring the key vault: its URL is not https:// and a host alone")
	case v.Key == "" || v.KeyID == "":
		return errors.New("configuring the key vault: the key's name, or the kid by which Maskinporten knows it, is missing")
	case hashes[v.Algorithm] == 0:
		return fmt.Errorf("configuring the key vault: the algorithm %s is none that Maskinporten takes", v.Algorithm)
	}
	return nil
}

// vaultSigner has digests signed by the vault, so that the private key never is in the operator's memory.
type vaultSigner struct {
	vault  KeyVault
	keys   *azkeys.Client
	clock  clock.PassiveClock
	header string

	mu     sync.Mutex
	paused time.Time // until when the vault asked to be left alone
}

// NewKeyVaultSigner signs with a key in Azure Key Vault. It needs the right keys/sign and no other. The credential is
// WorkloadIdentity but in tests.
func NewKeyVaultSigner(vault KeyVault, credential azcore.TokenCredential, clk clock.PassiveClock) (Signer, error) {
	if err := vault.complete(); err != nil {
		return nil, err
	}
	if credential == nil || clk == nil {
		return nil, errors.New("configuring the key vault: the credential or the clock is missing")
	}
	keys, err := azkeys.NewClient(vault.URL, withholding{credential}, &azkeys.ClientOptions{ClientOptions: azcore.ClientOptions{
		Retry: policy.RetryOptions{
			MaxRetries: vaultAttempts - 1, TryTimeout: vault.Timeout,
			RetryDelay: vaultBackoff, MaxRetryDelay: vaultPatience,
		},
		Telemetry: policy.TelemetryOptions{ApplicationID: "serviceowner-operator"},
		Transport: &http.Client{
			Transport:     vault.RoundTripper,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}})
	if err != nil {
		return nil, errors.New("configuring the key vault: its client cannot be made")
	}
	header, err := json.Marshal(struct {
		Algorithm jose.SignatureAlgorithm `json:"alg"`
		KeyID     string                  `json:"kid"`
		Type      string                  `json:"typ"`
	}{vault.Algorithm, vault.KeyID, "JWT"})
	if err != nil {
		return nil, fmt.Errorf("writing the header of grants: %w", err)
	}
	return &vaultSigner{vault: vault, keys: keys, clock: clk, header: base64.RawURLEncoding.EncodeToString(header)}, nil
}

// Sign implements Signer. TryLater is for a vault that is away, slow or asks to be left alone; Refused is for what the
// platform must mend: no such key, a disabled one, no right to it.
func (s *vaultSigner) Sign(ctx context.Context, claims []byte) (string, error) {
	if wait := s.pause(); wait > 0 {
		return "", left(wait)
	}
	input := s.header + "." + base64.RawURLEncoding.EncodeToString(claims)
	hash := hashes[s.vault.Algorithm].New()
	hash.Write([]byte(input))
	limited, cancel := context.WithTimeout(ctx, vaultAttempts*s.vault.Timeout)
	defer cancel()
	signature, err := s.ask(limited, hash.Sum(nil))
	if err != nil {
		return "", s.judge(ctx, err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// ask has a digest signed. The SDK panics at a challenge whose parts it does not find, and that would end the operator.
func (s *vaultSigner) ask(ctx context.Context, digest []byte) (signature []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errNoAnswer
		}
	}()
	algorithm := azkeys.SignatureAlgorithm(s.vault.Algorithm)
	answer, err := s.keys.Sign(ctx, s.vault.Key, s.vault.Version,
		azkeys.SignParameters{Algorithm: &algorithm, Value: digest}, nil)
	if err != nil {
		return nil, err
	}
	if answer.KID == nil || !s.isOurs(string(*answer.KID)) || len(answer.Result) < minKeyBits/8 {
		return nil, errNoAnswer
	}
	return answer.Result, nil
}

// isOurs says whether a key's URL in the vault is of the key that was asked for. Names there know no case.
func (s *vaultSigner) isOurs(kid string) bool {
	_, path, _ := strings.Cut(strings.ToLower(kid), "/keys/")
	name, version, _ := strings.Cut(path, "/")
	return name == strings.ToLower(s.vault.Key) && (s.vault.Version == "" || version == strings.ToLower(s.vault.Version))
}
