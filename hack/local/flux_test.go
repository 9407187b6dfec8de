// SPDX-License-Identifier: BSD-3-Clause

package local_test

import (
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/hack/local"
)

// playFlux is the annotation that chooses what is played of Flux.
const playFlux = "flux.sandbox/play"

const (
	ociRepository = "source.toolkit.fluxcd.io/v1 OCIRepository"
	gitRepository = "source.toolkit.fluxcd.io/v1 GitRepository"
	kustomization = "kustomize.toolkit.fluxcd.io/v1 Kustomization"
)

// kindsOfFlux has for each kind what is declared, what Flux then reports of it, and why it is Ready.
var kindsOfFlux = map[string]struct{ spec, status, reason string }{
	ociRepository: {
		`{url: "oci://registry.example.no/apps", interval: 5m, ref: {tag: tt02}}`,
		`{observedGeneration: 1, artifact: {revision: "tt02@sha256:3f5a1c0a5b0d9c0e8f5d7a2b4c6e8f0a1b3c5d7e9f1a2b4c6d8e0f1a3b5c7d9e"}}`, "Succeeded",
	},
	gitRepository: {
		`{url: "https://git.example.no/apps", interval: 5m}`,
		`{observedGeneration: 1, artifact: {revision: "master@sha256:3f5a1c0a5b0d9c0e8f5d7a2b4c6e8f0a1b3c5d7e9f1a2b4c6d8e0f1a3b5c7d9e"}}`, "Succeeded",
	},
	kustomization: {
		`{sourceRef: {kind: OCIRepository, name: one}, interval: 5m, prune: true, path: ./tt02}`,
		`{observedGeneration: 1, lastAppliedRevision: "latest@sha256:3f5a1c0a5b0d9c0e8f5d7a2b4c6e8f0a1b3c5d7e9f1a2b4c6d8e0f1a3b5c7d9e"}`, "ReconciliationSucceeded",
	},
}

func TestFluxThatIsNotMadeIsToldOf(t *testing.T) {
	err := local.InstallFlux(t.Context(), nil, nil, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "run make flux") {
		t.Errorf("the error does not say what makes it: %v", err)
	}
}

// TestFluxIsPlayed shares one control plane among its cases.
func TestFluxIsPlayed(t *testing.T) {
	flux := playing(t, local.InstallFlux)
	for kind, declared := range kindsOfFlux {
		t.Run("a "+kind+" becomes Ready, with what Flux reports", func(t *testing.T) {
			object := flux.create(t, kind, "one", declared.spec, nil)
			flux.becomes(t, object, declared.reason)
			if missing := lacking(parsed(t, declared.status), object.Object["status"]); missing != "" {
				t.Errorf("status lacks %s: %v", missing, object.Object["status"])
			}
		})
	}
	for kind, plays := range map[string]map[string]string{
		ociRepository: {"unreachable": "OCIArtifactPullFailed", "unauthorized": "AuthenticationFailed", "busy": "Progressing", "nonsense": "UnknownPlay"},
		kustomization: {"folderless": "ArtifactFailed", "refused": "ReconciliationFailed"},
	} {
		for name, reason := range plays {
			t.Run("a "+kind+" that is "+name+" says so, and heals when that is over", func(t *testing.T) {
				object := flux.create(t, kind, name, kindsOfFlux[kind].spec, map[string]string{playFlux: name})
				flux.becomes(t, object, reason)
				if ready := condition(object); ready["status"] == "True" || ready["message"] == "" {
					t.Errorf("want a reason that is told, got %v", ready)
				}
				flux.patch(t, object, `{"metadata": {"annotations": {"flux.sandbox/play": null}}}`)
				flux.becomes(t, object, kindsOfFlux[kind].reason)
			})
		}
	}
	t.Run("one that is suspended is not played, and is when it goes on", func(t *testing.T) {
		object := flux.create(t, kustomization, "paused", `{sourceRef: {kind: OCIRepository, name: one}, interval: 5m, prune: true, suspend: true}`, nil)
		other := flux.create(t, kustomization, "after", kindsOfFlux[kustomization].spec, nil)
		flux.becomes(t, other, "ReconciliationSucceeded")
		flux.read(t, object)
		if ready := condition(object); ready != nil {
			t.Errorf("it was played: %v", ready)
		}
		flux.patch(t, object, `{"spec": {"suspend": false}}`)
		flux.becomes(t, object, "ReconciliationSucceeded")
	})
}
