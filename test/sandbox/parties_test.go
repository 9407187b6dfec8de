// SPDX-License-Identifier: BSD-3-Clause

package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const lists = "/resourceregistry/api/v1/access-lists/"

// tokenOf is a token of an organisation's, for resources and access lists.
func (w *world) tokenOf(number string) string {
	w.t.Helper()
	read := w.call(http.MethodPost, "/sandbox/token", "", fmt.Sprintf(`{"organisation":%q,"scope":%q}`, number, allScopes), http.StatusOK)
	token, _ := field(w.t, read, "token").(string)
	return token
}

func sampleFile(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../config/samples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestTheDemonstrationKnowsWhomTheSamplesName(t *testing.T) {
	var owner v1alpha1.ServiceOwner
	sampleFile(t, "serviceowner-skd.yaml", &owner)
	var consent v1alpha1.ConsentResource
	sampleFile(t, "consentresource-income.yaml", &consent)
	w := serve(t, sandbox.Demo())
	token := w.tokenOf(string(owner.Spec.OrganizationNumber))
	w.call(http.MethodPut, lists+owner.Name+"/sample", token, `{"name":"Sample"}`, http.StatusOK)
	var members []string
	for _, number := range consent.Spec.Requesters.Organizations {
		members = append(members, "urn:altinn:organization:identifier-no:"+string(number))
	}
	if len(members) == 0 {
		t.Fatal("the sample names nobody")
	}
	body, err := json.Marshal(map[string]any{"data": members})
	if err != nil {
		t.Fatal(err)
	}
	w.call(http.MethodPost, lists+owner.Name+"/sample/members", token, string(body), http.StatusOK)
}

func TestATokenSpeaksForTheAliasesOfItsCode(t *testing.T) {
	options := sandbox.Demo()
	options.Organisations = append(options.Organisations,
		sandbox.Organisation{Code: "skd", Aliases: []string{"alone", "Second"}, Number: sandbox.SkatteetatenNumber})
	w := serve(t, options)
	token := w.token()
	for _, code := range []string{"skd", "alone", "second"} {
		w.call(http.MethodPut, lists+code+"/banks", token, `{"name":"Banks"}`, http.StatusOK)
		w.call(http.MethodPut, lists+code+"/banks", w.tokenOf(sandbox.NAVNumber), `{"name":"Banks"}`, http.StatusForbidden)
		id := code + "-one"
		w.call(http.MethodPost, resources, token, strings.Replace(resource(id), `"skd"`, `"`+code+`"`, 1), http.StatusCreated)
		w.call(http.MethodPut, lists+code+"/banks/resource-connections/"+id, token, `{}`, http.StatusOK)
	}
	var known struct {
		Orgs map[string]struct{ Orgnr string }
	}
	if err := json.Unmarshal([]byte(w.call(http.MethodGet, resources+"/orgs", "", "", http.StatusOK)), &known); err != nil {
		t.Fatal(err)
	}
	if got := known.Orgs["alone"].Orgnr; got != sandbox.SkatteetatenNumber {
		t.Errorf("want the alias to be a code of Skatteetaten's, got %q", got)
	}
}

// As in the real registry, where a token has one code: of two service owners with one number it speaks for one.
func TestATokenDoesNotSpeakForAnotherCodeOfItsNumber(t *testing.T) {
	w := serve(t, sandbox.Demo())
	token := w.tokenOf(sandbox.DigdirNumber)
	w.call(http.MethodPut, lists+"digdir/banks", token, `{"name":"Banks"}`, http.StatusOK)
	w.call(http.MethodPut, lists+"ttd/banks", token, `{"name":"Banks"}`, http.StatusForbidden)
}
