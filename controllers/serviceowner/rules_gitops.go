// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// tellGitOps adds to a verdict how Flux fares with the owner's source: what is missing or wrong, else that Flux is at
// work, else what it has applied. Nothing of it keeps a namespace from standing or an App from running.
func (k *Kind) tellGitOps(verdict *decide.Verdict, facts Facts) {
	if k.Flux == nil || facts.Owner.Spec.GitOps == nil || verdict.Action == decide.ActionHold {
		return
	}
	flux := facts.HandedOver
	if len(flux.Missing) > 0 {
		verdict.Findings = append(verdict.Findings, gitOpsFinding(v1alpha1.ReasonProviderMissing, v1alpha1.ActorPlatform,
			fmt.Sprintf("The cluster does not know %s, which Apps are deployed from a source with", strings.Join(flux.Missing, ", ")),
			"Install source-controller and kustomize-controller of Flux; it is taken up by itself. Or remove spec.gitops"))
		return
	}
	source, applied := syncOf(flux.Source), syncOf(flux.Kustomization)
	findings := slices.Concat(pausedFindings(flux), sourceFindings(flux.Source, source))
	if source.phase != syncFailed { // what cannot be read cannot be applied: that says it all
		findings = append(findings, applyFindings(flux.Kustomization, applied)...)
	}
	verdict.Findings = append(verdict.Findings, findings...)
	switch {
	case len(findings) > 0:
	case source.phase == syncStands && applied.phase == syncStands:
		verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{
			Part: v1alpha1.ConditionGitOpsReady, Message: "Flux has applied " + cmp.Or(applied.revision, "what the source holds"),
		})
	default:
		verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
			Part: v1alpha1.ConditionGitOpsReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing,
			Message: "Flux is reading the source, or applying what it holds",
		})
	}
}

// gitOpsFinding keeps the owner from being Ready, and nothing else.
func gitOpsFinding(reason string, actor v1alpha1.Actor, message, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionGitOpsReady, Reason: reason, Actor: actor, Message: message, Remedy: remedy,
	}
}

// pausedFindings tell of Flux's objects that somebody has suspended.
func pausedFindings(flux HandedOver) []decide.Finding {
	var findings []decide.Finding
	for _, obj := range []*unstructured.Unstructured{flux.Source, flux.Kustomization} {
		if !suspendedByHand(obj) {
			continue
		}
		findings = append(findings, gitOpsFinding(v1alpha1.ReasonSyncPaused, v1alpha1.ActorPlatform,
			fmt.Sprintf("%s %s is suspended: nothing new is deployed from the source", obj.GetKind(), obj.GetName()),
			fmt.Sprintf("Set spec.suspend of %s %s in namespace %s to false when it may go on", obj.GetKind(), obj.GetName(), obj.GetNamespace())))
	}
	return findings
}

// Reasons of Flux's that only those can do something about who run it. Others are about what the owner has in its
// source, or lets Flux read.
var (
	platformsOfSource = []string{
		"AuthenticationFailed", "InvalidProviderConfiguration", "FeatureGateDisabled", "DirectoryCreationFailed", "StatOperationFailed",
		"AcquireLockFailed", "ArchiveOperationFailed", "SymlinkUpdateFailed", "PatchOperationFailed", "CacheOperationFailed",
	}
	platformsOfApplying = []string{"AccessDenied", "FeatureGateDisabled", "DirectoryCreationFailed"}
)

func sourceFindings(obj *unstructured.Unstructured, now sync) []decide.Finding {
	if now.phase != syncFailed {
		return nil
	}
	actor, remedy := v1alpha1.ActorServiceOwner,
		"See that the repository holds what spec.gitops.source.ref names, and lets Flux read it; what was deployed runs on"
	if slices.Contains(platformsOfSource, now.reason) {
		actor, remedy = v1alpha1.ActorPlatform,
			"See that source-controller of Flux is well, and may log in where the source lies, by its own identity or by the Secret that spec.gitops.source.secretName names"
	}
	return []decide.Finding{gitOpsFinding(v1alpha1.ReasonSourceUnreadable, actor,
		fmt.Sprintf("%s %s cannot be read%s", obj.GetKind(), obj.GetName(), now.said()), remedy)}
}

func applyFindings(obj *unstructured.Unstructured, now sync) []decide.Finding {
	if now.phase != syncFailed {
		return nil
	}
	actor, remedy := v1alpha1.ActorServiceOwner,
		"Correct what the source holds below spec.gitops.path: ServiceAccount deployer may write Apps, ConsentResources, ConfigMaps and Secrets in this namespace, and nothing else"
	if slices.Contains(platformsOfApplying, now.reason) {
		actor, remedy = v1alpha1.ActorPlatform, "See that kustomize-controller of Flux is well, and may impersonate ServiceAccounts"
	}
	return []decide.Finding{gitOpsFinding(v1alpha1.ReasonSyncFailed, actor,
		fmt.Sprintf("%s %s cannot be applied%s", obj.GetKind(), obj.GetName(), now.said()), remedy)}
}

// suspendedByHand says whether somebody has told Flux to leave an object alone: we never do.
func suspendedByHand(obj *unstructured.Unstructured) bool {
	if obj == nil {
		return false
	}
	suspended, _, _ := unstructured.NestedBool(obj.Object, "spec", "suspend")
	return suspended
}
