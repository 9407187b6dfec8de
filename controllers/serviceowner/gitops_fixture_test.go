// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// The kinds of Flux, as its CRDs name them.
var (
	ociRepository = schema.GroupVersionKind{Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "OCIRepository"}
	gitRepository = schema.GroupVersionKind{Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "GitRepository"}
	kustomization = schema.GroupVersionKind{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"}
)

// fluxWithout is Flux in a cluster that does not know some of its kinds.
func fluxWithout(unknown ...string) *serviceowner.Flux {
	return &serviceowner.Flux{Known: func(kind schema.GroupVersionKind) bool { return !slices.Contains(unknown, kind.Kind) }}
}

// fromSource is a source that Apps are deployed from.
func fromSource() *v1alpha1.GitOps {
	return &v1alpha1.GitOps{
		Source: v1alpha1.GitOpsSource{Kind: v1alpha1.SourceOCIRepository, URL: "oci://registry.skd.example.no/apps", Ref: &v1alpha1.GitOpsRef{Tag: "tt02"}},
		Path:   "./tt02",
	}
}

// told is one of Flux's conditions, of generation 2.
func told(kind, status, reason, message string) map[string]any {
	return map[string]any{
		"type": kind, "status": status, "reason": reason, "message": message,
		"observedGeneration": int64(2), "lastTransitionTime": "2026-03-01T12:00:00Z",
	}
}

// ofFlux is an object of Flux's of generation 2, as Flux has told of it.
func ofFlux(kind schema.GroupVersionKind, status map[string]any, conditions ...map[string]any) *unstructured.Unstructured {
	all := make([]any, 0, len(conditions))
	for _, condition := range conditions {
		all = append(all, condition)
	}
	status = maps.Clone(status)
	if status == nil {
		status = map[string]any{}
	}
	status["conditions"] = all
	obj := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{}, "status": status}}
	obj.SetGroupVersionKind(kind)
	obj.SetNamespace("so-skd")
	obj.SetName("skd")
	obj.SetGeneration(2)
	return obj
}

// settledAt says that Flux has come to a good end with a generation.
func settledAt(generation int64) map[string]any {
	return map[string]any{
		"observedGeneration": generation, "artifact": map[string]any{"revision": "tt02@sha256:1"},
		"lastAppliedRevision": "tt02@sha256:1", "lastAttemptedRevision": "tt02@sha256:1",
	}
}

// What Flux says when all is well, when it fails, and while it does again what it has done.
var (
	isReady     = told("Ready", "True", "Succeeded", "well")
	isBusy      = told("Ready", "Unknown", "Progressing", "Reconciliation in progress")
	pullFailed  = told("FetchFailed", "True", "OCIArtifactPullFailed", "MANIFEST_UNKNOWN: manifest unknown")
	pullNotDone = told("Ready", "False", "OCIArtifactPullFailed", "MANIFEST_UNKNOWN: manifest unknown")
)
