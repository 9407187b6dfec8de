// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// mustGo are the words that must never be told, as they come in a server's words.
var mustGo = []string{
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJvcGVyYXRvciJ9.c2lnbmF0dXJl", "13097248022", "130972 48022", "130972-48022", "kari.nordmann@example.no",
}

// checkHarmless says what must hold of all words that are told.
func checkHarmless(t *testing.T, of, told string) {
	t.Helper()
	if n := utf8.RuneCountInString(told); n > maxSaid+1 {
		t.Fatalf("%d characters are told of %q", n, of)
	}
	for _, pattern := range []interface{ FindString(string) string }{jwt, mailAddress, personNumber} {
		if found := pattern.FindString(told); found != "" && !strings.Contains(found, left) { // what was taken out may stand before an @
			t.Fatalf("%q is told of %q", found, of)
		}
	}
	if strings.ContainsFunc(told, unicode.IsControl) {
		t.Fatalf("%q has control characters in it", told)
	}
}

// Whatever stands around them, tokens, numbers of persons and addresses of mail are not told, and what is told is short
// and of one line.
func FuzzHarmless(f *testing.F) {
	for _, seed := range []struct{ before, after string }{
		{"", ""}, {"the token ", " is not accepted"}, {"Bearer ", ""}, {"?assertion=", "&x=y"}, {"id ", ", ask support@example.no"},
		{strings.Repeat("long ", 60), ""}, {"1309", "72"}, {"<", ">"}, {"\u00a0", "\u2028"}, {"\xff", "\xfe"}, {"a@", "@b"},
	} {
		f.Add(seed.before, seed.after)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		checkHarmless(t, before+after, harmless(before+after))
		for _, secret := range mustGo {
			told := harmless(before + secret + after)
			checkHarmless(t, before+secret+after, told)
			if strings.Contains(told, secret) {
				t.Fatalf("%q is told of %q", secret, before+secret+after)
			}
		}
	})
}

// Of any answer, code and words are harmless.
func FuzzSaid(f *testing.F) {
	for _, seed := range []struct{ kind, challenge, body string }{
		{TypeJSON, "", `{"title":"Not valid","errors":{"orgNo":["must be nine digits"]}}`},
		{TypeJSON, "", `{"errors":[{"errorMessage":"x","fieldIdentifier":"y"}]}`},
		{TypeProblem, "", `{"detail":"13097248022","validationErrors":[{"code":"RR-00001","detail":"no"}]}`},
		{TypeJSON, "", `{"error":"invalid_grant","error_description":"MP-250: denied"}`},
		{TypeJSON, "", `"a text"`}, {TypeText, "", "kari.nordmann@example.no"}, {typeHTML, "", "<html>"},
		{"", `Bearer error="invalid_token", error_description="eyJhbGciOiJSUzI1NiJ9 has expired"`, ""}, {"application/json; charset=utf-8", "", "null"},
	} {
		f.Add(seed.kind, seed.challenge, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, kind, challenge string, body []byte) {
		answer := &Answer{Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {kind}, "Www-Authenticate": {challenge}}, Body: body}
		code, words := said(answer)
		checkHarmless(t, string(body), code)
		checkHarmless(t, string(body), words)
		if again, more := said(answer); again != code || more != words {
			t.Fatalf("the same answer says %q %q, and %q %q", code, words, again, more)
		}
	})
}

// A wish to be left alone is an hour at most, and never one when the header names the past.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "30", "-1", "3601", "99999999999999999999", "-9223372037", "-9223372036854775808", "Mon, 05 Jan 2026 12:00:30 GMT", "Mon, 05 Jan 2026 11:59:30 GMT", "soon"} {
		f.Add(seed)
	}
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		wish := retryAfter(http.Header{"Retry-After": {text}}, now)
		if wish < 0 || wish > maxRetryAfter {
			t.Fatalf("%q is a wish of %s", text, wish)
		}
		if strings.HasPrefix(text, "-") && wish != 0 {
			t.Fatalf("%q is a wish of %s", text, wish)
		}
	})
}
