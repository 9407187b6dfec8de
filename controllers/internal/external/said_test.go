// SPDX-License-Identifier: BSD-3-Clause

package external_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// canaries must be in no error, wherever a server puts them.
var canaries = map[string]string{
	"a token":              "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ",
	"a key":                "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
	"a private part":       "X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqij",
	"a person's number":    "13886099995",
	"a number with blanks": "138860 99995",
	"an address of mail":   "kari.nordmann@example.no",
	"a query":              "https://altinn.example/y?person=canary&x=1",
	"a secret":             "client_secret=hunter2canary",
}

// bodies are the ways in which a server says something.
var bodies = map[string]func(text string) (contentType, body string){
	"in a problem's detail": func(text string) (string, string) {
		return external.TypeProblem, written(map[string]any{"detail": "Wrong: " + text + "."})
	},
	"in a problem's title": func(text string) (string, string) {
		return external.TypeProblem, written(map[string]any{"title": text})
	},
	"in model errors": func(text string) (string, string) {
		return external.TypeProblem, written(map[string]any{"errors": map[string][]string{text: {"x '" + text + "' y"}}})
	},
	"in validation errors": func(text string) (string, string) {
		return external.TypeProblem, written(map[string]any{"validationErrors": []map[string]string{{"code": text, "detail": text}}})
	},
	"in an OAuth error": func(text string) (string, string) {
		return external.TypeJSON, written(map[string]string{"error": "x", "error_description": "assertion " + text})
	},
	"in a quoted text": func(text string) (string, string) { return external.TypeJSON, written("The value " + text) },
	"in plain text":    func(text string) (string, string) { return external.TypeText, "value\n" + text + "\ttrailing" },
	"in a page":        func(text string) (string, string) { return "text/html", "<p>" + text },
	"in nothing known": func(text string) (string, string) { return "application/xml", "<e>" + text + "</e>" },
}

func written(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func TestErrorsHoldNothingThatMustNotBeSeen(t *testing.T) {
	for what, canary := range canaries {
		for where, body := range bodies {
			t.Run(what+" "+where, func(t *testing.T) {
				contentType, text := body(canary)
				for _, status := range []int{200, 400, 401, 403, 404, 409, 422, 429, 500} {
					r := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, status, contentType, text) })
					_, err := r.get(once, func(call *external.Call) {
						call.URL += "?secret=" + strings.ReplaceAll(canary, " ", "+")
						call.Bearer = fixed(canary)
						call.Answers = []string{"nothing/at-all"}
					})
					if err == nil {
						t.Fatal("want an error")
					}
					wantHarmless(t, err, canary)
				}
			})
		}
	}
}

func TestErrorsOfTheNetworkHoldNoQueryAndNoToken(t *testing.T) {
	r := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for sentence, url := range map[string]string{
		"a broken connection": r.url + "/?key=canary-query",
		"no such host":        "http://nowhere.invalid/?key=canary-query",
		"no port":             "http://127.0.0.1:1/?key=canary-query",
		"no URL":              "http://[::1/?key=canary-query",
		"no scheme":           "canary-query://x/?key=canary-query",
	} {
		t.Run(sentence, func(t *testing.T) {
			_, err := r.get(once, func(call *external.Call) { call.URL, call.Bearer = url, fixed("canary-token") })
			if err == nil {
				t.Fatal("want an error")
			}
			wantHarmless(t, err, "canary-query")
			wantHarmless(t, err, "canary-token")
		})
	}
}

func wantHarmless(t *testing.T, err error, canary string) {
	t.Helper()
	for ; err != nil; err = unwrap(err) {
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%q is in %q", canary, err)
		}
	}
}

func unwrap(err error) error {
	wrapper, ok := err.(interface{ Unwrap() error })
	if !ok {
		return nil
	}
	return wrapper.Unwrap()
}

// fixed is one token for ever.
type fixed string

func (f fixed) Token(context.Context) (string, error) { return string(f), nil }
func (fixed) Rejected(string)                         {}

func TestErrorsSayWhatTheServerSaid(t *testing.T) {
	for sentence, tc := range map[string]struct {
		status            int
		contentType, body string
		want              string
	}{
		"model errors by field": {
			400, external.TypeProblem, `{"title":"One or more validation errors occurred.","errors":{"Title":["Missing title in english en"]},"traceId":"00-1"}`,
			"test: get thing: refused with status 400: Title: Missing title in english en",
		},
		"model errors in a list": {
			400, external.TypeJSON, `{"error":"invalid_request","errors":[{"errorMessage":"no access to nav:x","isFieldError":true,"fieldIdentifier":"scopes"}]}`,
			"test: get thing: refused with status 400: scopes: no access to nav:x",
		},
		"a code and its detail": {
			400, external.TypeProblem, `{"code":"STD-00000","detail":"One or more.","validationErrors":[{"code":"RR.VLD-00010","detail":"Not an org-code."}]}`,
			"test: get thing: refused with status 400: RR.VLD-00010: One or more.; Not an org-code.",
		},
		"a quoted text": {409, external.TypeJSON, `"The Resource already exist: skd-one"`,
			"test: get thing: conflict with status 409: The Resource already exist: skd-one"},
		"a challenge": {401, "", "",
			"test: get thing: try later with status 401: the token was not accepted: the token expired"},
		"nothing": {403, "", "", "test: get thing: refused with status 403"},
		"a long speech is cut": {400, external.TypeText, strings.Repeat("æ ", 400),
			"test: get thing: refused with status 400: " + strings.Repeat("æ ", 150) + "…"},
		"an identifier stays readable": {
			400, external.TypeText, "app_skd_a-rather-long-application-name-2 of 974761076",
			"test: get thing: refused with status 400: app_skd_a-rather-long-application-name-2 of 974761076",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.status == 401 {
					w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="the token expired"`)
				}
				reply(w, tc.status, tc.contentType, tc.body)
			})
			_, err := r.get(once)
			if err == nil || err.Error() != tc.want {
				t.Errorf("want %q\n got %q", tc.want, err)
			}
		})
	}
}

func TestNoPersonsNumberSurvivesAnyText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.StringMatching(`[0-9]{11}`).Draw(rt, "number")
		text := rapid.String().Draw(rt, "before") + number + rapid.String().Draw(rt, "after")
		if kept := external.Harmless(text); strings.Contains(kept, number) {
			rt.Errorf("%q is in %q", number, kept)
		}
	})
}
