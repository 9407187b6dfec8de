// SPDX-License-Identifier: BSD-3-Clause

package keys

import (
	"regexp"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

var kidForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// The kid of a key follows from the key alone: it is the same for both halves, whatever else the JWK says, and after
// the key was written and read; and what is no asymmetric key has none.
func FuzzKeyID(f *testing.F) {
	for _, seed := range []string{
		`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`,
		`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`,
		`{"kty":"oct","k":"AAAA"}`, `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, `{"kty":"RSA","n":"","e":"AQAB"}`, `{}`, `null`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) != nil {
			return
		}
		id := KeyID(key)
		if public := key.Public(); public.Key == nil { // a key that both sides share has no half to show
			return
		} else if other := KeyID(public); other != id {
			t.Fatalf("%s is the kid of a key, and %s that of its public half", id, other)
		}
		if id != "" && !kidForm.MatchString(id) {
			t.Fatalf("the kid is %q", id)
		}
		same := jose.JSONWebKey{Key: key.Key, KeyID: "another", Algorithm: "another", Use: "enc"}
		if other := KeyID(same); other != id {
			t.Fatalf("%s is the kid of a key, and %s after its name was changed", id, other)
		}
		written, err := key.MarshalJSON()
		if err != nil {
			return
		}
		var again jose.JSONWebKey
		if err := again.UnmarshalJSON(written); err != nil {
			t.Fatalf("what was written is no key: %v", err)
		}
		if other := KeyID(again); other != id {
			t.Fatalf("%s is the kid of a key, and %s after it was written and read", id, other)
		}
	})
}
