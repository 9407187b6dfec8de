// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// The kinds of Flux that Apps are deployed from a source with. None of its Go packages is in the operator.
var (
	ociRepositoryKind = schema.GroupVersionKind{Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "OCIRepository"}
	gitRepositoryKind = schema.GroupVersionKind{Group: "source.toolkit.fluxcd.io", Version: "v1", Kind: "GitRepository"}
	kustomizationKind = schema.GroupVersionKind{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"}

	fluxKinds = []schema.GroupVersionKind{ociRepositoryKind, gitRepositoryKind, kustomizationKind}
)

// crdOf is the name of the CRD of one of Flux's kinds.
func crdOf(kind schema.GroupVersionKind) string {
	plural := strings.ToLower(kind.Kind) + "s"
	if stem, isY := strings.CutSuffix(plural, "ys"); isY {
		plural = stem + "ies"
	}
	return plural + "." + kind.Group
}

// ofFlux says whether a child is of a kind of Flux's.
func ofFlux(ref v1alpha1.Child) bool {
	return slices.Contains(fluxKinds, schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind))
}

// fluxKindNames are the kinds whose condition is GitOpsReady.
func fluxKindNames() []string {
	names := make([]string, 0, len(fluxKinds))
	for _, kind := range fluxKinds {
		names = append(names, kind.Kind)
	}
	return names
}

func sourceKindOf(declared *v1alpha1.GitOps) schema.GroupVersionKind {
	if declared.Source.Kind == v1alpha1.SourceGitRepository {
		return gitRepositoryKind
	}
	return ociRepositoryKind
}

// deployer is the ServiceAccount of the baseline that Flux acts as.
const deployer = "deployer"

// How long Flux may take for one try, and how soon it tries again what failed.
const (
	fetchTimeout    = time.Minute
	applyTimeout    = 3 * time.Minute
	longestRetry    = 2 * time.Minute
	defaultInterval = 5 * time.Minute
)

// handOver are the objects by which Flux deploys the owner's Apps: the source first, since the other reads it. Kinds
// that the cluster did not know when the facts were read are left out. A suspended owner keeps its hand-over: what is
// corrected in the source while its Apps are out of service is what comes back.
func (k *Kind) handOver(owner *v1alpha1.ServiceOwner, facts Facts) []apply.Child {
	declared := owner.Spec.GitOps
	if k.Flux == nil || declared == nil {
		return nil
	}
	interval := defaultInterval
	if declared.Interval != nil {
		interval = declared.Interval.Duration
	}
	kind := sourceKindOf(declared)
	children := []apply.Child{
		fluxChild(kind, owner, sourceSpec(declared.Source, interval)),
		fluxChild(kustomizationKind, owner, map[string]any{
			"sourceRef":     map[string]any{"kind": kind.Kind, "name": owner.Name}, // no namespace: never another's source
			"path":          declared.Path,
			"interval":      lasting(interval),
			"retryInterval": lasting(min(interval, longestRetry)),
			"timeout":       lasting(applyTimeout),
			// What leaves the source leaves the namespace; but the end of a hand-over is not the end of what was handed over.
			"prune":          true,
			"deletionPolicy": "Orphan",
			// Whatever the source says: into this namespace, and with no more rights than its deployer has.
			"targetNamespace":    namespaceOf(owner),
			"serviceAccountName": deployer,
			// How Apps are they tell themselves; a Kustomization that waited for them would hold up the next commit.
			"wait":  false,
			"force": false, // an object that cannot be changed is never deleted and made anew
		}),
	}
	return slices.DeleteFunc(children, func(child apply.Child) bool {
		return slices.Contains(facts.HandedOver.Missing, crdOf(child.GetObjectKind().GroupVersionKind()))
	})
}

// fluxChild is an object of Flux's. The platform team may suspend it, as by flux suspend.
func fluxChild(kind schema.GroupVersionKind, owner *v1alpha1.ServiceOwner, spec map[string]any) apply.Child {
	obj := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	obj.SetGroupVersionKind(kind)
	obj.SetNamespace(namespaceOf(owner))
	obj.SetName(owner.Name)
	place(obj, owner)
	return apply.Child{Object: obj, Yields: []string{"suspend"}}
}

func sourceSpec(source v1alpha1.GitOpsSource, interval time.Duration) map[string]any {
	spec := map[string]any{"url": source.URL, "interval": lasting(interval), "timeout": lasting(fetchTimeout), "provider": "generic"}
	if ref := source.Ref; ref != nil {
		fields := map[string]any{}
		for name, value := range map[string]string{
			"branch": ref.Branch, "tag": ref.Tag, "semver": ref.SemVer, "digest": ref.Digest, "commit": ref.Commit,
		} {
			if value != "" {
				fields[name] = value
			}
		}
		spec["ref"] = fields
	}
	if source.SecretName != "" {
		spec["secretRef"] = map[string]any{"name": source.SecretName}
	} else if source.Kind == v1alpha1.SourceOCIRepository && inAzureRegistry(source.URL) {
		spec["provider"] = "azure"
	}
	return spec
}

// inAzureRegistry says whether a source lies in a registry of Azure's, which Flux logs in to by the identity of its own
// workload and no Secret. All registries of that name are Azure's.
func inAzureRegistry(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && strings.HasSuffix(parsed.Hostname(), ".azurecr.io")
}

// lasting writes a duration as Flux stores it.
func lasting(duration time.Duration) string { return duration.String() }
