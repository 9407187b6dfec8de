// SPDX-License-Identifier: BSD-3-Clause

// Package leaks finds keys and tokens where none may be: in logs, events, status, metrics, and in what tests
// print. It tells where they stand and what they look like, and never what they are.
package leaks

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Finding is a place where something secret stands.
type Finding struct {
	// Line counts from one, and Column in bytes from one.
	Line, Column int
	// Kind is what stands there, in words.
	Kind string
}

// String says where and what, without the thing itself.
func (f Finding) String() string {
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Kind)
}

// Kinds of findings.
const (
	PrivateKey = "a private key (PEM)"
	PrivateJWK = "a private part of a JWK"
	Token      = "a token or a signed grant (JWT)"
	Known      = "a secret that is known to be one"
)

// The patterns take what a text becomes when it is quoted in JSON or by Go, also twice. Lengths keep words of
// prose and examples out: the private exponent of an RSA key takes 342 characters and more, its primes 171, and
// that of an elliptic curve 43.
var (
	pemKey = regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:(?:\\+[nr]|\s)*[A-Za-z0-9+/=]{16,})+`)
	jwkKey = regexp.MustCompile(`\\*"(?:d|p|q|dp|dq|qi|k)\\*"\s*:\s*\\*"[A-Za-z0-9_-]{40,}`)
	jwt    = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}`)
)

// kinds are what is found by what it looks like.
var kinds = []struct {
	kind    string
	pattern *regexp.Regexp
}{{PrivateKey, pemKey}, {PrivateJWK, jwkKey}, {Token, jwt}}

// Hide puts what Search finds by its looks out of sight, so that the rest can be shown.
func Hide(text string) string {
	for _, one := range kinds {
		text = one.pattern.ReplaceAllLiteralString(text, "["+one.kind+"]")
	}
	return text
}

// Search finds keys and tokens of any kind in a text, and the known ones, by their place.
func Search(text []byte, known ...string) []Finding {
	var found []Finding
	add := func(at int, kind string) {
		before := text[:at]
		found = append(found, Finding{
			Line: bytes.Count(before, []byte("\n")) + 1, Column: at - bytes.LastIndexByte(before, '\n'), Kind: kind,
		})
	}
	for _, one := range kinds {
		for _, at := range one.pattern.FindAllIndex(text, -1) {
			add(at[0], one.kind)
		}
	}
	for _, secret := range known {
		for _, form := range forms(secret) {
			if at := bytes.Index(text, []byte(form)); at >= 0 {
				add(at, Known)
			}
		}
	}
	slices.SortFunc(found, func(a, b Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Column != b.Column {
			return a.Column - b.Column
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	return slices.Compact(found)
}

// forms are how a secret may stand in a text: as it is, quoted, and as Kubernetes shows what a Secret holds.
// What is short may stand anywhere by chance, and is no secret.
func forms(secret string) []string {
	const shortest = 16
	if len(secret) < shortest {
		return nil
	}
	quoted := fmt.Sprintf("%q", secret)
	all := []string{secret, quoted[1 : len(quoted)-1], base64.StdEncoding.EncodeToString([]byte(secret))}
	slices.Sort(all)
	return slices.Compact(all)
}
