// SPDX-License-Identifier: BSD-3-Clause

package journey_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// registry is the service owner at work: it registers by plain HTTP what the operator is to register.
type registry struct {
	t     *testing.T
	url   string
	token string
}

const (
	income    = "skd-income"
	lists     = "/resourceregistry/api/v1/access-lists/skd/skd-income"
	resources = "/resourceregistry/api/v1/resource"
	scopes    = "altinn:resourceregistry/resource.write altinn:resourceregistry/accesslist.read " +
		"altinn:resourceregistry/accesslist.write"
)

// startSandbox serves a sandbox where only the demonstration's people exist.
func startSandbox(t *testing.T) (*registry, *sandbox.Server) {
	t.Helper()
	server, err := sandbox.New(sandbox.Demo())
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	r := &registry{t: t, url: web.URL}
	var minted struct{ Token string }
	asked := map[string]string{"organisation": sandbox.SkatteetatenNumber, "scope": scopes}
	if err := json.Unmarshal(r.json(http.MethodPost, "/sandbox/token", asked), &minted); err != nil {
		t.Fatal(err)
	}
	r.token = minted.Token
	return r, server
}

// fields are those of a resource.
type fields map[string]any

// register makes a resource as in testdata, under a name and with some fields changed, and its policy. Who may ask is on the
// list skd:skd-income; the list needs no connection to the resource, since the policy names it.
func (r *registry) register(id string, changes fields) {
	r.t.Helper()
	r.json(http.MethodPost, resources, r.resource(id, changes))
	policy := string(r.testdata("consentresource-income-policy.xml"))
	for _, named := range []string{">%<", "resource:%:"} {
		policy = strings.ReplaceAll(policy, strings.ReplaceAll(named, "%", income), strings.ReplaceAll(named, "%", id))
	}
	r.upload(resources+"/"+id+"/policy", policy)
}

// replace makes a new version of a resource.
func (r *registry) replace(id string, changes fields) {
	r.t.Helper()
	r.json(http.MethodPut, resources+"/"+id, r.resource(id, changes))
}

func (r *registry) resource(id string, changes fields) fields {
	r.t.Helper()
	made := fields{}
	if err := json.Unmarshal(r.testdata("consentresource-income.json"), &made); err != nil {
		r.t.Fatal(err)
	}
	made["identifier"] = id
	maps.Copy(made, changes)
	return made
}

// list makes the access list, with the banks on it that may ask.
func (r *registry) list(banks ...string) {
	r.t.Helper()
	r.json(http.MethodPut, lists, fields{"name": "Banker", "description": "De som kan be om samtykke"})
	r.json(http.MethodPut, lists+"/members", members(banks))
}

func members(banks []string) fields {
	urns := []string{}
	for _, bank := range banks {
		urns = append(urns, "urn:altinn:organization:identifier-no:"+bank)
	}
	return fields{"data": urns}
}

func (r *registry) testdata(name string) []byte {
	r.t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		r.t.Fatal(err)
	}
	return content
}

func (r *registry) json(method, path string, body any) []byte {
	r.t.Helper()
	content, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.send(method, path, "application/json", content)
}

func (r *registry) upload(path, policy string) {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("policyFile", "policy.xml")
	if err == nil {
		_, err = io.WriteString(file, policy)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.send(http.MethodPost, path, form.FormDataContentType(), body.Bytes())
}

func (r *registry) send(method, path, contentType string, body []byte) []byte {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", "Bearer "+r.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		r.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer)
	}
	return answer
}
