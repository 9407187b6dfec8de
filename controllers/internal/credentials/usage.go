// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// usage is what an App's pods read.
type usage struct {
	// reads are the names of the Secrets that pods, or the template they are made from, read.
	reads map[string]bool
	// settled says that all pods are of the template that stands now, so that none comes of an older one.
	settled bool
}

// usageOf reads which Secrets an App's pods read. Pods say it in an annotation of their template, beside
// what makes them read it. A pod counts until it is gone: while it ends it may still call.
func usageOf(ctx context.Context, from client.Reader, app *v1alpha1.App) (usage, error) {
	found := usage{reads: map[string]bool{}, settled: true}
	add := func(annotations map[string]string) {
		for name := range strings.SplitSeq(annotations[v1alpha1.AnnotationCredentials], ",") {
			found.reads[name] = true
		}
	}
	var deployment appsv1.Deployment
	err := from.Get(ctx, client.ObjectKeyFromObject(app), &deployment)
	if client.IgnoreNotFound(err) != nil {
		return found, fmt.Errorf("reading the rollout of App %s: %w", app.Name, err)
	}
	if err == nil {
		add(deployment.Spec.Template.Annotations)
		found.settled = settled(&deployment)
	}
	pods := metav1.PartialObjectMetadataList{}
	pods.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
	var list client.ObjectList = &corev1.PodList{}
	if live, ok := from.(Live); ok {
		from, list = live.Reader, &pods
	}
	err = from.List(ctx, list, client.InNamespace(app.Namespace), client.MatchingLabels{
		v1alpha1.LabelName: app.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
	}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return found, fmt.Errorf("reading the pods of App %s: %w", app.Name, err)
	}
	if typed, ok := list.(*corev1.PodList); ok {
		for i := range typed.Items {
			add(typed.Items[i].Annotations)
		}
	}
	for i := range pods.Items {
		add(pods.Items[i].Annotations)
	}
	return found, nil
}

// Live is a reader that asks the API server itself.
type Live struct{ client.Reader }

// stillRead says whether pods may read a key of the client that is replaced: one of its Secrets, or one that
// somebody deleted, of which nobody can tell whose it was. A key that others know keeps it no longer.
func (e *errand) stillRead(step keyStep, facts keyFacts) bool {
	known := map[string]bool{}
	for _, h := range facts.secrets {
		known[h.name] = true
		if h.clientID == e.record.ReplacedClientID && !h.compromised && !slices.Contains(step.drop, h.name) {
			return true
		}
	}
	for name := range facts.reads {
		if !known[name] && strings.HasPrefix(name, secretName(e.app.Name, e.want.Type, "")) {
			return true
		}
	}
	return !facts.settled
}
