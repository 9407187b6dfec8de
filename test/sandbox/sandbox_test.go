// SPDX-License-Identifier: BSD-3-Clause

package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	resources = "/resourceregistry/api/v1/resource"
	allScopes = "altinn:resourceregistry/resource.write altinn:resourceregistry/accesslist.write"
)

// world is a sandbox that is being served, and a token of skd's for it.
type world struct {
	t      *testing.T
	server *sandbox.Server
	url    string
	client *http.Client
}

func serve(t *testing.T, options sandbox.Options) *world {
	t.Helper()
	server, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return &world{t: t, server: server, url: web.URL, client: web.Client()}
}

// try makes a call and reads the whole answer; the error is what a client would see.
func (w *world) try(method, path, token, body string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	read, err := io.ReadAll(response.Body)
	return response, string(read), err
}

func (w *world) call(method, path, token, body string, want int) string {
	w.t.Helper()
	response, read, err := w.try(method, path, token, body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	if response.StatusCode != want {
		w.t.Fatalf("%s %s: want %d, got %d %s", method, path, want, response.StatusCode, read)
	}
	return read
}

func (w *world) token() string {
	w.t.Helper()
	read := w.call(http.MethodPost, "/sandbox/token", "",
		fmt.Sprintf(`{"organisation":%q,"scope":%q}`, sandbox.SkatteetatenNumber, allScopes), http.StatusOK)
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(read), &answer); err != nil {
		w.t.Fatal(err)
	}
	return answer.Token
}

func resource(id string) string {
	text := `{"nb":"Inntekt","nn":"Inntekt","en":"Income"}`
	return `{"identifier":"` + id + `","resourceType":"Consent","title":` + text + `,"description":` + text +
		`,"rightDescription":` + text + `,"contactPoints":[],"consentTemplate":"default",` +
		`"hasCompetentAuthority":{"organization":"` + sandbox.SkatteetatenNumber + `","orgcode":"skd"}}`
}

// field reads one field of a JSON object.
func field(t *testing.T, text, name string) any {
	t.Helper()
	var read map[string]any
	if err := json.NewDecoder(bytes.NewBufferString(text)).Decode(&read); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return read[name]
}
