// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestAValueShowsInTheRelease(t *testing.T) {
	c := committed(t)
	container := func(path ...string) func(*testing.T, map[string]object) any {
		return func(t *testing.T, objects map[string]object) any {
			_, container := theDeployment(t, objects)
			return container.field(path...)
		}
	}
	configuration := func(path ...string) func(*testing.T, map[string]object) any {
		return func(t *testing.T, objects map[string]object) any {
			_, said := theConfiguration(t, objects)
			return said.field(path...)
		}
	}
	keyVolumes := func(t *testing.T, objects map[string]object) any {
		deployment, container := theDeployment(t, objects)
		volume := named(deployment.field("spec", "template", "spec", "volumes"), keyVolume)
		return []any{volume.field("secret", "secretName"), named(container["volumeMounts"], keyVolume).field("mountPath")}
	}
	for _, tc := range []struct {
		name, values string
		look         func(*testing.T, map[string]object) any
		want         any
	}{
		{"the tag is the appVersion of the chart", ``, container("image"), "serviceowner-operator:" + c.Metadata.AppVersion},
		{"a tag", `image: {tag: v1.2.3}`, container("image"), "serviceowner-operator:v1.2.3"},
		{"a repository with a port", `image: {repository: "images.example:5000/operator"}`, container("image"),
			"images.example:5000/operator:" + c.Metadata.AppVersion},
		{"a digest goes before a tag", `image: {tag: v1.2.3, digest: "sha256:12ab"}`, container("image"), "serviceowner-operator@sha256:12ab"},
		{"no pull policy is Kubernetes' choice", ``, container("imagePullPolicy"), nil},
		{"a pull policy", `image: {pullPolicy: Always}`, container("imagePullPolicy"), "Always"},
		{"resources are merged", `resources: {limits: {memory: 1Gi}}`, container("resources", "limits", "memory"), "1Gi"},
		{"no resources", `resources: {limits: null, requests: null}`, container("resources"), map[string]any{}},
		{"arguments come behind those of config", `extraArgs: ["--zap-log-level=debug", "--a=b: c"]`, container("args"),
			[]any{"--config=/etc/operator/operator.yaml", "--leader-elect", "--zap-log-level=debug", "--a=b: c"}},
		{"the limit of the Go runtime", `goMemoryLimit: 900MiB`, func(t *testing.T, objects map[string]object) any {
			_, container := theDeployment(t, objects)
			return named(container["env"], memoryVariable)["value"]
		}, "900MiB"},
		{"the Secret with the key for Maskinporten", `maskinportenSecret: "2026"`, keyVolumes, []any{"2026", "/etc/serviceowner-operator/maskinporten"}},
		{"without Maskinporten no Secret is waited for", `configuration: {registry: null, maskinporten: null}`, keyVolumes, []any{nil, nil}},
		{"the client at Maskinporten", `configuration: {maskinporten: {clientId: mine}}`, configuration("maskinporten", "clientId"), "mine"},
		{"an organisation number stays a text", `configuration: {maskinporten: {organizationNumber: "974761076"}}`, configuration("maskinporten", "organizationNumber"), "974761076"},
		{"a registry is taken away", `configuration: {registry: null, maskinporten: null}`, configuration("registry"), nil},
		{"replicas", `replicas: 3`, func(t *testing.T, objects map[string]object) any {
			deployment, _ := theDeployment(t, objects)
			return deployment.field("spec", "replicas")
		}, 3.0},
		{"no replicas", `replicas: 0`, func(t *testing.T, objects map[string]object) any {
			deployment, _ := theDeployment(t, objects)
			return deployment.field("spec", "replicas")
		}, 0.0},
		{"the configuration is merged", `configuration: {environment: {name: at22}}`, configuration("environment", "name"), "at22"},
		{"the rest of the configuration stays", `configuration: {environment: {name: at22}}`, configuration("environment", "class"), "Test"},
		{"null takes a key of the configuration away", `configuration: {quotaProfiles: {Large: null}}`, configuration("quotaProfiles", "Large"), nil},
		{"a large number stays one", `configuration: {environment: {number: 139000000}}`, configuration("environment", "number"), 139000000.0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if have := tc.look(t, render(t, c, installed, tc.values)); !reflect.DeepEqual(have, tc.want) {
				t.Errorf("want %v, have %v", tc.want, have)
			}
		})
	}
}

func TestAChangedConfigurationRollsThePods(t *testing.T) {
	mounted := func(values string) any {
		objects := render(t, committed(t), installed, values)
		holder, _ := theConfiguration(t, objects)
		deployment, _ := theDeployment(t, objects)
		volume := named(deployment.field("spec", "template", "spec", "volumes"), "configuration")
		name := volume.field("configMap", "name")
		if name != holder.name() {
			t.Errorf("the pods mount %v, the configuration is in %s", name, holder.name())
		}
		return name
	}
	before, after := mounted(``), mounted(`configuration: {environment: {name: at22}}`)
	if before == after {
		t.Errorf("the pods mount %v before and after", before)
	}
	if again := mounted(`replicas: 3`); again != before {
		t.Errorf("the pods mount %v, and %v when something else changes", before, again)
	}
}

func TestWithoutInstallingCRDsTheReleaseHasAllElse(t *testing.T) {
	all, without := render(t, committed(t), installed, ``), render(t, committed(t), installed, `crds: {install: false}`)
	for key, o := range all {
		if _, found := without[key]; found == (o.kind() == definitionKind) {
			t.Errorf("%s: in the release without CRDs: %v", key, found)
		}
	}
}

func TestAReleaseStandsInItsOwnNamespace(t *testing.T) {
	// 2026 must stay a text.
	for _, namespace := range []string{"elsewhere", "2026"} {
		objects := render(t, committed(t), namespace, ``)
		for key, o := range objects {
			if strings.Contains(asJSON(t, o), installed) {
				t.Errorf("%s names %s", key, installed)
			}
		}
		deployment, _ := theDeployment(t, objects)
		if have := deployment.field("metadata", "namespace"); have != namespace {
			t.Errorf("want namespace %s, have %v", namespace, have)
		}
	}
}
