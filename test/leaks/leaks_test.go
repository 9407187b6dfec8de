// SPDX-License-Identifier: BSD-3-Clause

package leaks_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/test/leaks"
)

// material is made for one run: nothing secret stands in a file.
type material struct{ jwk, public, pem, token string }

func made(t *testing.T) material {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private := jose.JSONWebKey{Key: key, KeyID: "a", Algorithm: "RS256", Use: "sig"}
	whole, err := private.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	half := private.Public()
	public, err := half.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"iss":"a client"}`))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return material{jwk: string(whole), public: string(public), pem: string(encoded), token: token}
}

func quoted(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw)
}

func TestWhatIsSecretIsFound(t *testing.T) {
	secret := made(t)
	for sentence, tc := range map[string]struct {
		text, kind string
		known      []string
	}{
		"a JWK as it stands":                 {secret.jwk, leaks.PrivateJWK, nil},
		"a JWK in an error that quotes it":   {fmt.Sprintf("reading %q: no key", secret.jwk), leaks.PrivateJWK, nil},
		"a JWK in a log line that quotes it": {quoted(quoted(secret.jwk)), leaks.PrivateJWK, nil},
		"a key in PEM":                       {secret.pem, leaks.PrivateKey, nil},
		"a key in PEM, on one line of JSON":  {quoted(secret.pem), leaks.PrivateKey, nil},
		"a token":                            {"Authorization: Bearer " + secret.token, leaks.Token, nil},
		"a grant in a form":                  {"grant_type=x&assertion=" + secret.token, leaks.Token, nil},
		"what is known to be secret":         {"got hush-hush-hush-hush", leaks.Known, []string{"hush-hush-hush-hush"}},
		"what is known, as a Secret shows it": {
			base64.StdEncoding.EncodeToString([]byte("hush-hush-hush-hush")), leaks.Known, []string{"hush-hush-hush-hush"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			found := leaks.Search([]byte("one\ntwo "+tc.text+"\nthree"), tc.known...)
			if len(found) == 0 {
				t.Fatal("nothing found")
			}
			for _, one := range found {
				if one.Kind != tc.kind || one.Line < 2 {
					t.Errorf("want %s in line 2 or later, got %s", tc.kind, one)
				}
				if told := one.String(); strings.Contains(told, secret.token) || strings.Contains(told, "hush") || strings.Contains(told, `"d"`) {
					t.Errorf("the secret is told: %s", told)
				}
			}
		})
	}
}

func TestWhatIsHiddenIsNotThere(t *testing.T) {
	secret := made(t)
	hidden := leaks.Hide("a " + secret.token + " b " + secret.jwk + " c " + secret.pem + " d " + quoted(secret.pem) + " e")
	if found := leaks.Search([]byte(hidden)); len(found) > 0 {
		t.Errorf("want nothing, got %v", found)
	}
	for _, rest := range []string{"a [" + leaks.Token + "] b", `"kid":"a"`, "[" + leaks.PrivateJWK + "]", "c [" + leaks.PrivateKey + "]"} {
		if !strings.Contains(hidden, rest) {
			t.Errorf("want %q left", rest)
		}
	}
	for _, line := range strings.Split(secret.pem, "\n")[8:20] { // those before hold the modulus, which is public
		if strings.Contains(hidden, line) {
			t.Error("a line of a key is left")
		}
	}
}

func TestThePlaceIsTold(t *testing.T) {
	found := leaks.Search([]byte("one\nab hush-hush-hush-hush\n"), "hush-hush-hush-hush")
	if len(found) != 1 || found[0] != (leaks.Finding{Line: 2, Column: 4, Kind: leaks.Known}) {
		t.Errorf("want line 2, column 4, got %v", found)
	}
}

func TestWhatIsNotSecretIsLeftAlone(t *testing.T) {
	secret := made(t)
	for sentence, text := range map[string]string{
		"a public key":               secret.public,
		"a name of a field":          `{"d": "short", "k": 1} the field "d": is missing`,
		"the head of a token":        secret.token[:strings.Index(secret.token, ".")],
		"a test's name with an eyJ":  "TestX/eyJhbGciOiJub25lIn0_is_refused",
		"a word about a private key": "-----BEGIN PRIVATE KEY----- is where it begins",
		"a digest":                   `"revision":"` + strings.Repeat("0a", 32) + `"`,
	} {
		t.Run(sentence, func(t *testing.T) {
			if found := leaks.Search([]byte(text), "short"); len(found) > 0 {
				t.Errorf("want nothing, got %v", found)
			}
		})
	}
	for i := range 3 { // more than one line is one search
		if found := leaks.Search([]byte(strings.Repeat(strconv.Itoa(i)+"\n", 1000))); len(found) > 0 {
			t.Errorf("want nothing, got %v", found)
		}
	}
}
