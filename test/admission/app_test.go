// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"strings"
	"testing"
)

func TestApp(t *testing.T) {
	const name = " must be three to thirty lower-case letters, digits and hyphens, start with a letter, end with a letter or digit, and not be datamodels"
	apps.try(t, map[string]testCase{
		"the sample is taken in as it stands":        accepted(),
		"the shortest name has three characters":     accepted(set("metadata.name", "abc")),
		"the longest name has thirty characters":     accepted(set("metadata.name", "a"+strings.Repeat("b", 29))),
		"a name of two characters is refused":        refused("app name ab"+name, set("metadata.name", "ab")),
		"a name of 31 characters is refused":         refused(name, set("metadata.name", "a"+strings.Repeat("b", 30))),
		"a name that starts with a digit is refused": refused("app name 1abc"+name, set("metadata.name", "1abc")),
		"a name with a dot is refused":               refused("app name a.b.c"+name, set("metadata.name", "a.b.c")),
		"the name datamodels is refused":             refused("app name datamodels"+name, set("metadata.name", "datamodels")),
		"an unknown field is refused":                refused(`unknown field "spec.replicas.minimum"`, set("spec.replicas.minimum", 2)),
		"an image is needed":                         refused("spec.image: Required value", remove("spec.image")),
		"an empty image is refused":                  refused("must be an OCI reference with a tag or a sha256 digest", set("spec.image", "")),
		"an image without a tag is refused":          refused("image r.no/income must be an OCI reference", set("spec.image", "r.no/income")),
		"an image that ends its line is refused":     refused("spec.image: Invalid value", set("spec.image", "r.no/income:1\n")),
		"a digest is as good as a tag":               accepted(set("spec.image", "r.no/income"+digest)),
		"port 0 is refused":                          refused("spec.port in body should be greater than or equal to 1", set("spec.port", 0)),
		"port 65536 is refused":                      refused("spec.port in body should be less than or equal to 65535", set("spec.port", 65536)),
		"a port in words is refused":                 refused("spec.port in body must be of type integer", set("spec.port", "5005")),
		"min may equal max":                          accepted(set("spec.replicas", obj{"min": 3, "max": 3})),
		"min above max is refused":                   refused("replicas.min 7 is more than replicas.max 6: lower min or raise max", set("spec.replicas.min", 7)),
		"min above the default of max is refused":    refused("replicas.min 7 is more than replicas.max 6", set("spec.replicas", obj{"min": 7})),
		"max below the default of min is refused":    refused("replicas.min 2 is more than replicas.max 1", set("spec.replicas", obj{"max": 1})),
		"no pods at all are refused":                 refused("spec.replicas.min in body should be greater than or equal to 1", set("spec.replicas.min", 0)),
		"a negative request is refused":              refused(`the amounts of ["cpu"] must be quantities that are not negative, as 500m or 2Gi`, set("spec.resources.requests.cpu", "-1")),
		"so is a negative limit":                     refused(`the amounts of ["memory"] must be quantities that are not negative`, set("spec.resources.limits.memory", -1)),
		"an amount only the API server could read":   refused(`the amounts of ["cpu"] must be quantities`, set("spec.resources.requests.cpu", "1e1.5")),
		"an amount beyond all bounds":                refused(`the amounts of ["cpu"] must be quantities`, set("spec.resources.requests.cpu", "1e99999999999999999999")),
		"an amount too large for a whole number":     refused("spec.resources.requests", set("spec.resources.requests.cpu", 1e20)),
		"a request above its limit is refused":       refused("resources.requests asks for more cpu or memory than resources.limits allows", set("spec.resources.requests.memory", "513Mi")),
		"a request in whole numbers too":             refused("resources.requests asks for more cpu or memory", set("spec.resources.requests.cpu", 3), set("spec.resources.limits.cpu", "2500m")),
		"a request at its limit is taken in":         accepted(set("spec.resources.requests.memory", "0.5Gi")),
		"a request without a limit is taken in":      accepted(set("spec.resources", obj{"requests": obj{"cpu": 4}})),
		"processing must be declared":                refused("spec.processing: Required value", remove("spec.processing")),
		"a retention of no days is refused":          refused("should be greater than or equal to 1", set("spec.processing.retentionDays", 0)),
		"a kind of data stands once":                 refused("spec.processing.dataCategories[2]: Duplicate value", add("spec.processing.dataCategories", "Economic")),
		"a kind of data nobody knows is refused":     refused(`Unsupported value: "Gossip"`, set("spec.processing.dataCategories[0]", "Gossip")),
		"a container that keeps data for no days":    refused("spec.storage.containers[1].retentionDays: Invalid value: 0: spec.storage.containers[1].retentionDays in body should be greater than or equal to 1", add("spec.storage.containers", obj{"name": "none", "retentionDays": 0})),
		"a container stands once":                    refused("spec.storage.containers[1]: Duplicate value", add("spec.storage.containers", obj{"name": "responses", "retentionDays": 1})),
		"a consent stands once":                      refused("spec.consents[1]: Duplicate value", add("spec.consents", "income")),
	})
}

func TestAppEnvironment(t *testing.T) {
	several := "environment variable LOG_LEVEL needs one of value, configMapKeyRef and secretKeyRef, not several"
	either := "an entry of envFrom needs either configMapRef or secretRef"
	key := obj{"name": "settings", "key": "level"}
	secret := obj{"secretRef": obj{"name": "keys"}}
	apps.try(t, map[string]testCase{
		"a variable may be empty":                  accepted(remove("spec.env[0].value")),
		"a variable from a ConfigMap":              accepted(remove("spec.env[0].value"), set("spec.env[0].configMapKeyRef", key)),
		"a variable from a Secret":                 accepted(remove("spec.env[0].value"), set("spec.env[0].secretKeyRef", key)),
		"a value and a ConfigMap are refused":      refused(several, set("spec.env[0].configMapKeyRef", key)),
		"a value and a Secret are refused":         refused(several, set("spec.env[0].secretKeyRef", key)),
		"a ConfigMap and a Secret are refused":     refused(several, remove("spec.env[0].value"), set("spec.env[0].configMapKeyRef", key), set("spec.env[0].secretKeyRef", key)),
		"a variable stands once":                   refused("spec.env[1]: Duplicate value", add("spec.env", obj{"name": "LOG_LEVEL", "value": "debug"})),
		"all keys of a Secret":                     accepted(set("spec.envFrom", list{secret})),
		"the same Secret twice is refused":         refused(`envFrom names ["keys", "keys"]: name each once`, set("spec.envFrom", list{secret, secret})),
		"a Secret and a ConfigMap of one name":     accepted(set("spec.envFrom", list{secret, obj{"configMapRef": obj{"name": "keys"}}})),
		"a source that names nothing is refused":   refused(either, set("spec.envFrom", list{obj{}})),
		"a source that names both is refused":      refused(either, set("spec.envFrom", list{obj{"secretRef": obj{"name": "keys"}, "configMapRef": obj{"name": "keys"}}})),
		"a Secret of another namespace is refused": refused("name so-nav/keys must be lower-case letters and digits", set("spec.envFrom", list{obj{"secretRef": obj{"name": "so-nav/keys"}}})),
		"a namespace beside the name is refused":   refused(`unknown field "spec.envFrom[0].secretRef.namespace"`, set("spec.envFrom", list{obj{"secretRef": obj{"name": "keys", "namespace": "so-nav"}}})),
		"config keys are names of variables":       accepted(set("spec.config", obj{"A": "1", "_b": "2", "C__D.e-f": "3"})),
		"config keys that are not are refused":     refused(`the config keys ["A B"] must be names of environment variables`, set("spec.config", obj{"A": "1", "A B": "2"})),
		"a config key may not start with a digit":  refused(`the config keys ["1A"]`, set("spec.config", obj{"1A": "1"})),
		"a config value is a text":                 refused("must be of type string", set("spec.config", obj{"A": 1})),
	})
}

func TestAppAccess(t *testing.T) {
	const either = "an entry of access.outbound.hosts needs either host or cidr, not both and not none"
	ports := list{443}
	hosts := func(entries ...any) change { return set("spec.access.outbound.hosts", entries) }
	apps.try(t, map[string]testCase{
		"nobody to talk to":                     accepted(remove("spec.access")),
		"an app of another owner":               accepted(add("spec.access.inbound", obj{"app": "benefits", "serviceOwner": "nav"})),
		"an app of the own owner, by its code":  accepted(add("spec.access.inbound", obj{"app": "debt", "serviceOwner": "skd"})),
		"an app stands once":                    refused(`the list names the apps ["tax-return", "tax-return"]: name each once`, add("spec.access.inbound", obj{"app": "tax-return"})),
		"an app of each of two owners":          accepted(add("spec.access.inbound", obj{"app": "tax-return", "serviceOwner": "nav"})),
		"an app to call stands once":            refused(`the list names the apps ["tax-return", "tax-return"]: name each once`, add("spec.access.outbound.apps", obj{"app": "tax-return"})),
		"all apps at once are refused":          refused("app name * must be three to thirty lower-case letters", add("spec.access.inbound", obj{"app": "*"})),
		"all owners at once are refused":        refused("service owner code * must be two to twelve lower-case letters", add("spec.access.inbound", obj{"app": "benefits", "serviceOwner": "*"})),
		"a range of addresses":                  accepted(hosts(obj{"cidr": "139.105.36.164/32", "ports": ports})),
		"a host and a range are refused":        refused(either, hosts(obj{"host": "a.no", "cidr": "139.105.36.164/32", "ports": ports})),
		"neither is refused":                    refused(either, hosts(obj{"ports": ports})),
		"a bare wildcard is refused":            refused("host * must be a full DNS name in lower case, as data.brreg.no; a bare * is not allowed", hosts(obj{"host": "*", "ports": ports})),
		"the whole internet is refused":         refused("everything (/0) is not allowed", hosts(obj{"cidr": "0.0.0.0/0", "ports": ports})),
		"a host needs ports":                    refused("spec.access.outbound.hosts[0].ports: Required value", hosts(obj{"host": "a.no"})),
		"a host stands once":                    refused(`access.outbound.hosts names ["a.no", "a.no"]: give each host or cidr once, with all its ports`, hosts(obj{"host": "a.no", "ports": ports}, obj{"host": "b.no", "ports": ports}, obj{"host": "a.no", "ports": list{80}})),
		"a range stands once":                   refused(`access.outbound.hosts names ["10.0.0.0/8", "10.0.0.0/8"]`, hosts(obj{"cidr": "10.0.0.0/8", "ports": ports}, obj{"cidr": "10.0.0.0/8", "ports": list{80}})),
		"two hosts and two ranges are taken in": accepted(hosts(obj{"host": "a.no", "ports": ports}, obj{"host": "b.no", "ports": ports}, obj{"cidr": "10.0.0.0/8", "ports": ports}, obj{"cidr": "11.0.0.0/8", "ports": ports})),
		"an ingress host may be the app's own":  accepted(set("spec.ingress", obj{"host": "skatt.example.no"})),
		"an ingress host for all is refused":    refused("host *.example.no must be one name: a wildcard would take in other apps", set("spec.ingress", obj{"host": "*.example.no"})),
		"a way out of the ingress path":         refused("path /skd/../nav must start with /", set("spec.ingress", obj{"path": "/skd/../nav"})),
	})
}

func TestAppIntegrationsAndAuthorization(t *testing.T) {
	const empty = "a rule needs roles or accessPackages: without either it would let nobody in"
	const either = "consumers needs either anyOrganization: true or organizations, not both and not none"
	consumers := func(to obj) change { return set("spec.integrations[0].exposes[0].consumers", to) }
	redirect, exposes := list{"/signin-oidc"}, list{obj{"name": "inntekt", "description": "Income"}}
	apps.try(t, map[string]testCase{
		"a solution stands once":               refused("spec.integrations[3]: Duplicate value", add("spec.integrations", obj{"solution": "KRR"})),
		"an unknown solution is refused":       refused(`Unsupported value: "Vipps": supported values: "IDPorten"`, add("spec.integrations", obj{"solution": "Vipps"})),
		"a solution needs nothing more":        accepted(add("spec.integrations", obj{"solution": "Dialogporten"})),
		"Ansattporten has redirect paths":      accepted(add("spec.integrations", obj{"solution": "Ansattporten", "redirectPaths": redirect})),
		"KRR has no redirect paths":            refused("redirectPaths are for IDPorten and Ansattporten, not for KRR", set("spec.integrations[2].redirectPaths", redirect)),
		"KRR exposes nothing":                  refused("exposes is for Maskinporten, not for KRR", set("spec.integrations[2].exposes", exposes)),
		"a redirect path is no address":        refused("path https://evil.example must start with /", set("spec.integrations[1].redirectPaths", list{"https://evil.example"})),
		"an exposed scope stands once":         refused("spec.integrations[0].exposes[1]: Duplicate value", add("spec.integrations[0].exposes", exposes[0])),
		"an exposed scope has no prefix":       refused("exposed scope nav:inntekt must be lower-case letters, digits and / . _ -, without the prefix", set("spec.integrations[0].exposes[0].name", "nav:inntekt")),
		"ID-porten without single sign-on":     accepted(set("spec.integrations[1].singleSignOn", false)),
		"KRR has no single sign-on":            refused("singleSignOn is for IDPorten, not for KRR", set("spec.integrations[2].singleSignOn", false)),
		"a scope is for anyone":                accepted(consumers(obj{"anyOrganization": true})),
		"a scope is for some":                  accepted(consumers(obj{"organizations": list{"974761076"}})),
		"a scope is not for anyone and some":   refused(either, consumers(obj{"anyOrganization": true, "organizations": list{"974761076"}})),
		"a scope is for somebody":              refused(either, consumers(obj{})),
		"an organisation is nine digits":       refused("should match '^[0-9]{9}$'", consumers(obj{"organizations": list{"13886099995"}})),
		"no authorization":                     accepted(remove("spec.authorization")),
		"a rule for roles":                     accepted(set("spec.authorization.rules", list{obj{"roles": list{"DAGL"}, "actions": list{"read"}}})),
		"a rule for access packages":           accepted(set("spec.authorization.rules", list{obj{"accessPackages": list{"skatt-naering"}, "actions": list{"read"}}})),
		"a rule for nobody is refused":         refused(empty, set("spec.authorization.rules", list{obj{"actions": list{"read"}}})),
		"a rule for an empty list is refused":  refused("should have at least 1 items", set("spec.authorization.rules", list{obj{"roles": list{}, "actions": list{"read"}}})),
		"a rule without actions is refused":    refused("spec.authorization.rules[0].actions: Required value", remove("spec.authorization.rules[0].actions")),
		"a rule stands once":                   refused("authorization.rules holds the same rule several times: give it once", add("spec.authorization.rules", obj{"roles": list{"PRIV"}, "actions": list{"read", "instantiate"}})),
		"level 0 asks for nothing":             accepted(set("spec.authorization.minimumAuthenticationLevel", 0)),
		"level 5 is refused":                   refused("should be less than or equal to 4", set("spec.authorization.minimumAuthenticationLevel", 5)),
		"a party type stands once":             refused("spec.authorization.partyTypes[1]: Duplicate value", set("spec.authorization.partyTypes", list{"Company", "Company"})),
		"a party type nobody knows is refused": refused(`Unsupported value: "Martian"`, set("spec.authorization.partyTypes", list{"Martian"})),
		"a suspended app needs a reason":       refused("spec.suspend.reason: Required value", set("spec.suspend", obj{})),
		"a suspended app with one is taken in": accepted(set("spec.suspend", obj{"reason": "Closed until January"})),
	})
}
