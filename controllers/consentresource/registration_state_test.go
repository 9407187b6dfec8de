// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	resources   = "/resourceregistry/api/v1/resource"
	accessLists = "/resourceregistry/api/v1/access-lists/"
)

// ask calls the sandbox as a test does: not over the operator's wire. What it answers may be told to be read into.
func (w *world) ask(method, path, body string, into any) int {
	GinkgoHelper()
	return w.askAs("", method, path, body, into)
}

// askAs calls the sandbox as somebody outside, an organisation with all scopes.
func (w *world) askAs(organisation, method, path, body string, into any) int {
	GinkgoHelper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if organisation != "" {
		var minted struct{ Token string }
		w.ask(http.MethodPost, "/sandbox/token", fmt.Sprintf(`{"organisation":%q,"scope":%q}`, organisation, strings.Join([]string{
			registry.ScopeResourceWrite, registry.ScopeAccessListRead, registry.ScopeAccessListWrite,
		}, " ")), &minted)
		request.Header.Set("Authorization", "Bearer "+minted.Token)
	}
	answer := httptest.NewRecorder()
	w.sandbox.ServeHTTP(answer, request)
	if into != nil && answer.Code < 300 {
		Expect(json.Unmarshal(answer.Body.Bytes(), into)).To(Succeed())
	}
	return answer.Code
}

// outside calls the sandbox as the service owner does in a portal, and must succeed.
func (w *world) outside(method, path, body string) {
	GinkgoHelper()
	Expect(w.askAs(sandbox.SkatteetatenNumber, method, path, body, nil)).To(BeNumerically("<", 300), "%s %s", method, path)
}

// resource is the newest version of a resource; nil when it is not there.
func (w *world) resource(id string) *registry.ServiceResource {
	GinkgoHelper()
	var read registry.ServiceResource
	if w.ask(http.MethodGet, resources+"/"+id, "", &read) == http.StatusNotFound {
		return nil
	}
	return &read
}

// policy is what a resource's policy says; empty when there is none.
func (w *world) policy(id string) string {
	GinkgoHelper()
	request, answer := httptest.NewRequest(http.MethodGet, resources+"/"+id+"/policy", nil), httptest.NewRecorder()
	w.sandbox.ServeHTTP(answer, request)
	if answer.Code == http.StatusNotFound {
		return ""
	}
	parsed, err := xacml.Parse(answer.Body.Bytes())
	Expect(err).NotTo(HaveOccurred())
	canonical, err := xacml.Marshal(parsed)
	Expect(err).NotTo(HaveOccurred())
	return string(canonical)
}

// list is an access list as somebody sees it who may.
type list struct {
	Name, Description string
	Members           []string
	Connections       []registry.Connection
}

// list is a list of the service owner's; nil when it is not there.
func (w *world) list(name string) *list {
	GinkgoHelper()
	var read list
	path := accessLists + w.code + "/" + name
	if w.askAs(sandbox.SkatteetatenNumber, http.MethodGet, path, "", &read) == http.StatusNotFound {
		return nil
	}
	for next := path + "/members"; next != ""; {
		var page struct {
			Links struct{ Next string }
			Data  []struct {
				Identifiers struct {
					Organisation string `json:"urn:altinn:organization:identifier-no"`
				}
			}
		}
		w.askAs(sandbox.SkatteetatenNumber, http.MethodGet, next, "", &page)
		for _, member := range page.Data {
			read.Members = append(read.Members, member.Identifiers.Organisation)
		}
		next = page.Links.Next
	}
	slices.Sort(read.Members)
	var ties struct{ Data []registry.Connection }
	w.askAs(sandbox.SkatteetatenNumber, http.MethodGet, path+"/resource-connections", "", &ties)
	read.Connections = ties.Data
	return &read
}

// state is all that the registry holds, and how many versions there are of it, as one text.
func (w *world) state() (said string, versions int64) {
	GinkgoHelper()
	var all []registry.ServiceResource
	w.ask(http.MethodGet, resources+"/resourcelist", "", &all)
	var text strings.Builder
	for _, found := range all {
		resource := w.resource(found.Identifier)
		versions = max(versions, resource.VersionID) // they are numbered for all resources together
		resource.VersionID = 0
		fmt.Fprintf(&text, "resource %s\npolicy %s\n", written(resource), w.policy(found.Identifier))
	}
	var lists struct {
		Data []struct{ Identifier string }
	}
	w.askAs(sandbox.SkatteetatenNumber, http.MethodGet, accessLists+w.code, "", &lists)
	for _, found := range lists.Data {
		fmt.Fprintf(&text, "list %s %s\n", found.Identifier, written(w.list(found.Identifier)))
	}
	return text.String(), versions
}

func written(value any) string {
	GinkgoHelper()
	text, err := json.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}
