// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// What an App may name lies in its own namespace: there is no field for another's, and no name reaches there.
func TestAttackByAnAppThatNamesWhatIsAnothers(t *testing.T) {
	const notAName = "with single dots and hyphens inside"
	secret := func(name string) change {
		return set("spec.env", list{obj{"name": "KEY", "secretKeyRef": obj{"name": name, "key": "key"}}})
	}
	apps.try(t, map[string]testCase{
		"a Secret of another namespace":             refused(`unknown field "spec.env[0].secretKeyRef.namespace"`, set("spec.env", list{obj{"name": "KEY", "secretKeyRef": obj{"namespace": "so-nav", "name": "keys", "key": "key"}}})),
		"a Secret by a path":                        refused(notAName, secret("../so-nav/keys")),
		"a Secret by namespace and name":            refused(notAName, secret("so-nav/keys")),
		"all of a ConfigMap of another namespace":   refused(`unknown field "spec.envFrom[0].configMapRef.namespace"`, set("spec.envFrom", list{obj{"configMapRef": obj{"namespace": "so-nav", "name": "settings"}}})),
		"a key that leads out of its folder":        refused("as in the data of a ConfigMap or Secret", set("spec.env", list{obj{"name": "KEY", "secretKeyRef": obj{"name": "keys", "key": "../../etc/passwd"}}})),
		"a container of another's account":          refused("must be at most thirty lower-case letters, digits and single hyphens", set("spec.storage.containers", list{obj{"name": "so-nav/letters", "retentionDays": 1}})),
		"an account to keep data in":                refused(`unknown field "spec.storage.account"`, set("spec.storage.account", "nav")),
		"a ServiceAccount to run as":                refused(`unknown field "spec.serviceAccountName"`, set("spec.serviceAccountName", "debt")),
		"labels to pass for another's pods":         refused(`unknown field "spec.labels"`, set("spec.labels", obj{"app.kubernetes.io/name": "debt"})),
		"a folder of the node to mount":             refused(`unknown field "spec.volumes"`, set("spec.volumes", list{obj{"name": "root", "hostPath": obj{"path": "/"}}})),
		"more rights for its process":               refused(`unknown field "spec.securityContext"`, set("spec.securityContext", obj{"privileged": true})),
		"the addresses where a cloud tells secrets": refused("where a cloud tells a machine its secrets", set("spec.access.outbound.hosts", list{obj{"cidr": "169.254.169.254/32", "ports": list{80}}})),
		"every address there is":                    refused("must be a range of addresses", set("spec.access.outbound.hosts", list{obj{"cidr": "0.0.0.0/0", "ports": list{443}}})),
		"a host by a wildcard that takes others in": refused("a wildcard would take in other apps", set("spec.ingress.host", "*.apps.tt02.altinn.no")),
		"a path that leads out of its own":          refused("have no empty, . or .. part", set("spec.ingress.path", "/skd/../nav/income")),
		"a path that is written otherwise":          refused("hold only letters, digits and / . _ ~ -", set("spec.ingress.path", "/nav%2fincome")),
	})
	consentResources.try(t, map[string]testCase{
		"another owner's identifier": refused("must start with skd-, the code of the service owner of namespace so-skd", set("spec.identifier", "nav-income")),
	})
	for name, who := range roles {
		t.Run("in another namespace "+name+" makes none at all", func(t *testing.T) {
			app := at("so-nav", apps.sampled(t, "income"))
			if err := creates("apps", app)(t.Context(), who); !apierrors.IsForbidden(err) {
				t.Errorf("not refused: %v", err)
			}
		})
	}
}

// A name that looks like another's, or that breaks what is made of it, is none.
func TestAttackByNamesThatPlayGames(t *testing.T) {
	games := map[string]string{
		"a letter of another alphabet":    "incоme",
		"a letter with a mark":            "incöme",
		"a letter of full width":          "ｉncome",
		"a letter without a width":        "inco\u200bme",
		"the other way round":             "in\u202eemoc",
		"capital letters":                 "Income",
		"a space":                         "in come",
		"a line break":                    "income\n",
		"a nought":                        "income\x00",
		"a folder above":                  "../income",
		"a slash":                         "so-nav/income",
		"a percent sign":                  "in%63ome",
		"a dot, as another part of a URL": "income.nav",
		"an underscore":                   "in_come",
		"one letter too many":             "a" + strings.Repeat("b", 30),
		"as long as a DNS name may be":    strings.Repeat("a", 253),
		"longer than any":                 strings.Repeat("a", 100_000),
		"nothing":                         "",
	}
	for sentence, name := range games {
		for kind, field := range map[string]change{
			"an App": set("metadata.name", name), "an App that is called": set("spec.access.inbound", list{obj{"app": name}}),
			"a service owner that calls": set("spec.access.inbound", list{obj{"app": "debt", "serviceOwner": name}}),
		} {
			t.Run(kind+": "+sentence, func(t *testing.T) {
				if err := apps.dryRun(t.Context(), field); !refusedAsInput(err) {
					t.Errorf("not refused: %v", err)
				}
			})
		}
		t.Run("a service owner: "+sentence, func(t *testing.T) {
			if err := serviceOwners.dryRun(t.Context(), set("metadata.name", name)); !refusedAsInput(err) {
				t.Errorf("not refused: %v", err)
			}
		})
	}
}

// refusedAsInput says whether an answer is a refusal of what was sent.
func refusedAsInput(err error) bool {
	return apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsRequestEntityTooLargeError(err) ||
		err != nil && (strings.Contains(err.Error(), "name is required") || strings.Contains(err.Error(), "generateName"))
}

// Texts are shown in terminals and logs: what would hide or forge a line there is refused where it comes in.
func TestAttackByTextsThatForgeLines(t *testing.T) {
	const control = "the text holds a control character, or one that turns the direction of writing"
	texts := map[string]string{
		"it clears the screen": "quiet\x1b[2J", "it goes back in its line": "quiet\x08\x08\x08", "it turns the direction": "quiet \u202e drowssap",
		"it isolates a direction": "quiet \u2066", "it ends as C does": "quiet\x00 more", "it deletes": "quiet\x7f",
	}
	for sentence, text := range texts {
		apps.try(t, map[string]testCase{
			sentence + ", where an App is suspended": refused(control, set("spec.suspend", obj{"reason": text})),
			sentence + ", in an App's name":          refused(control, set("spec.displayName.nb", text)),
		})
		serviceOwners.try(t, map[string]testCase{
			sentence + ", where a service owner is suspended": refused(control, set("spec.suspend", obj{"reason": text})),
		})
	}
	agreements.try(t, map[string]testCase{
		"a line break in a reference":      refused("the text must be one line", set("spec.signature.reference", "archive\nlevel=info msg=signed")),
		"a line break where one may stand": accepted(set("spec.purposes[0].description", "One line\nand another")),
	})
	// The API server itself leaves out a message that would hold the line break, and quotes the value.
	apps.try(t, map[string]testCase{
		"a line break in an image":  refused("spec.image: Invalid value", set("spec.image", "r.no/income:1\nlevel=error")),
		"a line break in a host":    refused("spec.ingress.host: Invalid value", set("spec.ingress.host", "a.example.no\nlevel=error")),
		"a line break in a name":    refused("spec.env[0].name: Invalid value", set("spec.env", list{obj{"name": "A\nB", "value": "x"}})),
		"a line break in a scope":   refused("spec.integrations[0].scopes[0]: Invalid value", set("spec.integrations[0].scopes", list{"skd:a\nb"})),
		"a line break in a purpose": refused("spec.processing.purposes", set("spec.processing.purposes", list{"income\nx"})),
	})
}

// sends posts a body as it stands, as somebody of the service owner's who deploys.
func sends(ctx context.Context, contentType string, body []byte) error {
	config := roles["a deployer of the service owner"].config()
	config.GroupVersion, config.NegotiatedSerializer, config.APIPath = &schema.GroupVersion{Version: "v1"}, scheme.Codecs.WithoutConversion(), "/api"
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return err
	}
	return client.Post().RequestURI("/apis/"+v1alpha1.GroupVersion.String()+"/namespaces/so-skd/apps?dryRun=All").
		SetHeader("Content-Type", contentType).Body(body).Do(ctx).Error()
}

// What is small to send and large to read, or just large, the API server refuses, and goes on.
func TestAttackByBodiesThatGrow(t *testing.T) {
	laughs := "apiVersion: tenancy.altinn.cloud/v1alpha1\nkind: App\nmetadata: {name: laughs}\na0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
	for i := 1; i < 12; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	app := apps.sampled(t, "large")
	app.Object["spec"].(obj)["config"] = obj{"large": strings.Repeat("x", 1<<20)}
	oneMegabyte, err := json.Marshal(app)
	if err != nil {
		t.Fatal(err)
	}
	app.Object["spec"].(obj)["config"] = obj{"large": strings.Repeat("x", 4<<20)}
	fourMegabytes, err := json.Marshal(app)
	if err != nil {
		t.Fatal(err)
	}
	for sentence, tc := range map[string]struct{ kind, body, says string }{
		"aliases of aliases":      {"application/yaml", laughs, "document contains excessive aliasing"},
		"brackets without an end": {"application/json", `{"apiVersion":"tenancy.altinn.cloud/v1alpha1","kind":"App","spec":` + strings.Repeat("[", 1<<20), "exceeded max depth"},
		"the same in YAML":        {"application/yaml", "spec: " + strings.Repeat("[", 1<<20), ""},
		"a megabyte in one value": {"application/json", string(oneMegabyte), "Too long"},
		"more than a body may be": {"application/json", string(fourMegabytes), "limit is 3145728"},
	} {
		t.Run(sentence, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := sends(ctx, tc.kind, []byte(tc.body))
			if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("want %q, got %.300v", tc.says, err)
			}
			if err := apps.dryRun(t.Context()); err != nil {
				t.Errorf("and then: %v", err)
			}
		})
	}
}
