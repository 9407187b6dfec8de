// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// applied adds to a verdict that Flux has applied something.
func applied(what string, verdict decide.Verdict) decide.Verdict {
	verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{Part: v1alpha1.ConditionGitOpsReady, Message: "Flux has applied " + what})
	return verdict
}

// syncing adds to a verdict that Flux is at work.
func syncing(verdict decide.Verdict) decide.Verdict {
	verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
		Part: v1alpha1.ConditionGitOpsReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing,
		Message: "Flux is reading the source, or applying what it holds",
	})
	return verdict
}

// notSynced is what is found wrong with a hand-over: limited.
func notSynced(reason string, actor v1alpha1.Actor, message, remedy string) decide.Finding {
	return decide.Finding{Effect: decide.Limit, Part: v1alpha1.ConditionGitOpsReady, Reason: reason, Actor: actor, Message: message, Remedy: remedy}
}

// What is to be done, by what is wrong.
const (
	lookAtSource  = "See that the repository holds what spec.gitops.source.ref names, and lets Flux read it; what was deployed runs on"
	lookAtFetcher = "See that source-controller of Flux is well, and may log in where the source lies, by its own identity or by the Secret that spec.gitops.source.secretName names"
	lookInSource  = "Correct what the source holds below spec.gitops.path: ServiceAccount deployer may write Apps, ConsentResources, ConfigMaps and Secrets in this namespace, and nothing else"
	lookAtApplier = "See that kustomize-controller of Flux is well, and may impersonate ServiceAccounts"
)

func TestGitOpsIsJudged(t *testing.T) {
	const revision = "tt02@sha256:1"
	unreadable := func(actor v1alpha1.Actor, why, remedy string) decide.Verdict {
		return admitted(notSynced(v1alpha1.ReasonSourceUnreadable, actor, "OCIRepository skd cannot be read ("+why, remedy))
	}
	unapplied := func(actor v1alpha1.Actor, why, remedy string) decide.Verdict {
		return admitted(notSynced(v1alpha1.ReasonSyncFailed, actor, "Kustomization skd cannot be applied ("+why, remedy))
	}
	paused := func(what string) decide.Finding {
		return notSynced(v1alpha1.ReasonSyncPaused, v1alpha1.ActorPlatform, what+" skd is suspended: nothing new is deployed from the source",
			"Set spec.suspend of "+what+" skd in namespace so-skd to false when it may go on")
	}
	source := func(conditions ...map[string]any) *unstructured.Unstructured {
		return ofFlux(ociRepository, settledAt(2), conditions...)
	}
	apply := func(conditions ...map[string]any) *unstructured.Unstructured {
		return ofFlux(kustomization, settledAt(2), conditions...)
	}
	suspended := func(obj *unstructured.Unstructured) *unstructured.Unstructured {
		obj.Object["spec"] = map[string]any{"suspend": true}
		return obj
	}
	for name, tc := range map[string]struct {
		source, kustomization *unstructured.Unstructured
		missing               []string
		want                  decide.Verdict
	}{
		"before anything stands, it is under way":                   {want: syncing(admitted())},
		"what Flux has not looked at is under way":                  {source: ofFlux(ociRepository, nil), kustomization: ofFlux(kustomization, nil), want: syncing(admitted())},
		"what is read and applied is well, and says which":          {source: source(isReady), kustomization: apply(isReady), want: applied(revision, admitted())},
		"what is being applied for the first time is under way":     {source: source(isReady), kustomization: ofFlux(kustomization, settledAt(1), isBusy), want: syncing(admitted())},
		"what is applied again as at each interval is well":         {source: source(isReady), kustomization: apply(isBusy), want: applied(revision, admitted())},
		"a new revision on its way is under way":                    {source: source(isReady), kustomization: ofFlux(kustomization, map[string]any{"observedGeneration": int64(2), "lastAppliedRevision": revision, "lastAttemptedRevision": "new"}, isBusy), want: syncing(admitted())},
		"a source that is read again is well":                       {source: source(isBusy), kustomization: apply(isReady), want: applied(revision, admitted())},
		"what Flux said of an earlier spec does not count":          {source: ofFlux(ociRepository, settledAt(1), map[string]any{"type": "Ready", "status": "True", "observedGeneration": int64(1)}), kustomization: apply(isReady), want: syncing(admitted())},
		"a Kustomization that waits for its source is under way":    {source: ofFlux(ociRepository, nil, isBusy), kustomization: ofFlux(kustomization, nil, told("Ready", "False", "ArtifactFailed", "Source artifact not found, retrying in 30s")), want: syncing(admitted())},
		"a source without the ref is the owner's to correct":        {source: source(pullFailed, pullNotDone), kustomization: apply(isReady), want: unreadable(v1alpha1.ActorServiceOwner, "OCIArtifactPullFailed): MANIFEST_UNKNOWN: manifest unknown", lookAtSource)},
		"a source that is tried again has failed still":             {source: source(pullFailed, isBusy), kustomization: apply(isReady), want: unreadable(v1alpha1.ActorServiceOwner, "OCIArtifactPullFailed): MANIFEST_UNKNOWN: manifest unknown", lookAtSource)},
		"a source Flux may not read is the platform's to look at":   {source: source(told("Ready", "False", "AuthenticationFailed", "no credentials.")), want: unreadable(v1alpha1.ActorPlatform, "AuthenticationFailed): no credentials", lookAtFetcher)},
		"of a source that cannot be read, what follows is not told": {source: source(pullNotDone), kustomization: ofFlux(kustomization, nil, told("Ready", "False", "BuildFailed", "no")), want: unreadable(v1alpha1.ActorServiceOwner, "OCIArtifactPullFailed): MANIFEST_UNKNOWN: manifest unknown", lookAtSource)},
		"a folder that is not there is the owner's to correct":      {source: source(isReady), kustomization: apply(told("Ready", "False", "ArtifactFailed", "kustomization path not found: stat /tmp/kustomization-205493/tt02: no such file")), want: unapplied(v1alpha1.ActorServiceOwner, "ArtifactFailed): kustomization path not found: stat tt02: no such file", lookInSource)},
		"what the cluster refuses is the owner's to correct":        {source: source(isReady), kustomization: apply(told("Ready", "False", "ReconciliationFailed", "ClusterRole/all dry-run failed (Forbidden)")), want: unapplied(v1alpha1.ActorServiceOwner, "ReconciliationFailed): ClusterRole/all dry-run failed (Forbidden)", lookInSource)},
		"what Flux itself refuses is the platform's":                {source: source(isReady), kustomization: apply(told("Ready", "False", "AccessDenied", "")), want: unapplied(v1alpha1.ActorPlatform, "AccessDenied)", lookAtApplier)},
		"a source that the platform has paused is told of":          {source: suspended(source(isReady)), kustomization: apply(isReady), want: admitted(paused("OCIRepository"))},
		"so are both, beside what is wrong": {
			source: suspended(source(pullNotDone)), kustomization: suspended(apply(isReady)),
			want: admitted(paused("OCIRepository"), paused("Kustomization"), notSynced(v1alpha1.ReasonSourceUnreadable, v1alpha1.ActorServiceOwner,
				"OCIRepository skd cannot be read (OCIArtifactPullFailed): MANIFEST_UNKNOWN: manifest unknown", lookAtSource)),
		},
		"kinds that the cluster does not know are named": {
			missing: []string{"kustomizations.kustomize.toolkit.fluxcd.io", "ocirepositories.source.toolkit.fluxcd.io"},
			want: admitted(notSynced(v1alpha1.ReasonProviderMissing, v1alpha1.ActorPlatform,
				"The cluster does not know kustomizations.kustomize.toolkit.fluxcd.io, ocirepositories.source.toolkit.fluxcd.io, which Apps are deployed from a source with",
				"Install source-controller and kustomize-controller of Flux; it is taken up by itself. Or remove spec.gitops")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			kind := newKind(t, atNow())
			kind.Flux = fluxWithout()
			facts := usual(t, newOperator(t))
			facts.Namespace = namespace(ourNumber)
			facts.Owner.Spec.GitOps = fromSource()
			facts.HandedOver = serviceowner.HandedOver{Missing: tc.missing, Source: tc.source, Kustomization: tc.kustomization}
			if diff := cmp.Diff(tc.want, kind.Decide(facts.Owner, facts)); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGitOpsIsNotToldOf(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*serviceowner.Kind, *serviceowner.Facts)
		want   decide.Verdict
	}{
		"without a source":                       {func(_ *serviceowner.Kind, f *serviceowner.Facts) { f.Owner.Spec.GitOps = nil }, admitted()},
		"where nothing is handed over":           {func(k *serviceowner.Kind, _ *serviceowner.Facts) { k.Flux = nil }, admitted()},
		"while the namespace is somebody else's": {func(_ *serviceowner.Kind, f *serviceowner.Facts) { f.Namespace = foreignNamespace() }, held(notOurs)},
		"but is, beside it, of a suspended owner": {func(_ *serviceowner.Kind, f *serviceowner.Facts) {
			f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
		}, syncing(admitted(suspended))},
	} {
		t.Run(name, func(t *testing.T) {
			kind := newKind(t, atNow())
			kind.Flux = fluxWithout()
			facts := usual(t, newOperator(t))
			facts.Owner.Spec.GitOps = fromSource()
			tc.change(kind, &facts)
			if diff := cmp.Diff(tc.want, kind.Decide(facts.Owner, facts)); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever Flux says goes to status, which many may read.
func TestWordsOfFluxAreMadeHarmless(t *testing.T) {
	const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
	for name, tc := range map[string]struct{ says, want string }{
		"the user of an address":      {"cloning https://x:hunter2@git.example.no/apps: no", "cloning https://git.example.no/apps: no"},
		"a query":                     {"GET https://a.example.no/blob?se=2026&sig=aGVsbG8%3D: DENIED", "GET https://a.example.no/blob?[…] DENIED"},
		"a token":                     {"Authorization: Bearer " + jwt + " refused", "Authorization: […] refused"},
		"what is set to a secret":     {"password=hunter2, user a", "password=[…], user a"},
		"a key without a name":        {"got AAAAB3NzaC1yc2EAAAADAQABAAABgQC7x9", "got […]"},
		"an address of mail":          {"signed by somebody@example.no: no", "signed by […]: no"},
		"the number of a person":      {"data for 01019012345: no", "data for […]: no"},
		"the id of a call":            {"id 0f8fad5b-d9cb-469f-a165-70867728950e: no", "id […]: no"},
		"where Flux worked this time": {"stat /tmp/kustomization-2054937129/tt02: no", "stat tt02: no"},
		"a call without an answer":    {`digest: Get "https://a.example.no/v2/?q=1": dial tcp 10.0.0.1:443: connect: refused`, "digest: no answer"},
		"lines and tabs":              {"one\n\ttwo\x00", "one two"},
		"but not digests":             {"MANIFEST_UNKNOWN: sha256:3f5a1c0a5b0d9c0e8f5d7a2b4c6e8f0a1b3c5d7e9f1a2b4c6d8e0f1a3b5c7d9e", "MANIFEST_UNKNOWN: sha256:3f5a1c0a5b0d9c0e8f5d7a2b4c6e8f0a1b3c5d7e9f1a2b4c6d8e0f1a3b5c7d9e"},
		"nor more than a few lines":   {strings.Repeat("æ ", 400), strings.Repeat("æ ", 150) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			kind := newKind(t, atNow())
			kind.Flux = fluxWithout()
			facts := usual(t, newOperator(t))
			facts.Owner.Spec.GitOps = fromSource()
			facts.HandedOver.Source = ofFlux(ociRepository, nil, told("Ready", "False", "GitOperationFailed", tc.says))
			want := admitted(notSynced(v1alpha1.ReasonSourceUnreadable, v1alpha1.ActorServiceOwner, "OCIRepository skd cannot be read (GitOperationFailed): "+tc.want, lookAtSource))
			if diff := cmp.Diff(want, kind.Decide(facts.Owner, facts)); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewsOfFlux(t *testing.T) {
	of := func(kind schema.GroupVersionKind, conditions ...map[string]any) *unstructured.Unstructured {
		return ofFlux(kind, settledAt(2), conditions...)
	}
	for name, tc := range map[string]struct {
		before, after *unstructured.Unstructured
		want          bool
	}{
		"is a failure":                       {of(kustomization, isReady), of(kustomization, told("Ready", "False", "BuildFailed", "no")), true},
		"is the end of one":                  {of(ociRepository, pullNotDone), of(ociRepository, isReady), true},
		"is how a further try ended":         {of(kustomization, isBusy), of(kustomization, told("Ready", "False", "BuildFailed", "no")), true},
		"is that one ended well":             {of(kustomization, isBusy), of(kustomization, isReady), true},
		"is not that Flux begins again":      {of(kustomization, isReady), of(kustomization, isBusy), false},
		"is not what it says of other parts": {of(kustomization, isReady), of(kustomization, isReady, told("Healthy", "True", "Succeeded", "well")), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := serviceowner.GitOpsNews().Update(event.UpdateEvent{ObjectOld: tc.before, ObjectNew: tc.after}); got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
		})
	}
	for name, change := range map[string]func(*unstructured.Unstructured){
		"of the spec":        func(o *unstructured.Unstructured) { o.SetGeneration(3) },
		"of its labels":      func(o *unstructured.Unstructured) { o.SetLabels(map[string]string{"a": "b"}) },
		"of its annotations": func(o *unstructured.Unstructured) { o.SetAnnotations(map[string]string{"a": "b"}) },
	} {
		t.Run("is a change "+name, func(t *testing.T) {
			before, after := of(ociRepository, isReady), of(ociRepository, isReady)
			change(after)
			if !serviceowner.GitOpsNews().Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after}) {
				t.Error("it is none")
			}
		})
	}
}
