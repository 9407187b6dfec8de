// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

// Facts are what a decision about an App rests on.
type Facts struct {
	// App is the resource itself.
	App *v1alpha1.App
	// Owner is the service owner its namespace is for; nil when there is none.
	Owner *v1alpha1.ServiceOwner
	// SameAddress are the other Apps that ask for the same host and path.
	SameAddress []v1alpha1.App
	// Missing are the Secrets and ConfigMaps the App reads that do not exist.
	Missing []references.Ref
	// ConfigDigest is a digest of the Secrets and ConfigMaps the App reads.
	ConfigDigest string
	// RouteKindKnown says whether the cluster knows the kind routes are written in.
	RouteKindKnown bool
	// Operator is the operator's configuration.
	Operator *configuration.Operator
}

// Gather implements engine.Kind.
func (k *Kind) Gather(ctx context.Context, cluster client.Reader, app *v1alpha1.App) (Facts, error) {
	facts := Facts{App: app, Operator: k.Operator, RouteKindKnown: k.RouteKindKnown()}
	var err error
	if facts.Owner, err = ownerOf(ctx, cluster, app); err != nil {
		return facts, err
	}
	if facts.SameAddress, err = sameAddress(ctx, cluster, app, k.Operator); err != nil {
		return facts, err
	}
	facts.ConfigDigest, facts.Missing, err = k.References.Of(ctx, app.Namespace, referencesOf(app))
	return facts, err
}

// ownerOf reads the service owner that the App's namespace is for.
func ownerOf(ctx context.Context, cluster client.Reader, app *v1alpha1.App) (*v1alpha1.ServiceOwner, error) {
	var owner v1alpha1.ServiceOwner
	err := cluster.Get(ctx, client.ObjectKey{Name: codeOf(app)}, &owner)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading service owner %s: %w", codeOf(app), err)
	}
	return &owner, nil
}

// sameAddress reads the other Apps that ask for the App's host and path, by index.
func sameAddress(ctx context.Context, cluster client.Reader, app *v1alpha1.App, operator *configuration.Operator) ([]v1alpha1.App, error) {
	if !published(app) {
		return nil, nil
	}
	var apps v1alpha1.AppList
	address := addressOf(app, operator)
	if err := cluster.List(ctx, &apps, client.MatchingFields{indexAddress: address}); err != nil {
		return nil, fmt.Errorf("reading who serves %s: %w", address, err)
	}
	var others []v1alpha1.App
	for _, other := range apps.Items {
		if other.UID != app.UID && other.DeletionTimestamp == nil {
			others = append(others, other)
		}
	}
	return others, nil
}

// referencesOf lists the Secrets and ConfigMaps an App reads.
func referencesOf(app *v1alpha1.App) []references.Ref {
	var refs []references.Ref
	for _, source := range app.Spec.EnvFrom {
		if source.ConfigMapRef != nil {
			refs = append(refs, references.Ref{Kind: "ConfigMap", Name: string(source.ConfigMapRef.Name)})
		}
		if source.SecretRef != nil {
			refs = append(refs, references.Ref{Kind: "Secret", Name: string(source.SecretRef.Name)})
		}
	}
	for _, env := range app.Spec.Env {
		if env.ConfigMapKeyRef != nil {
			refs = append(refs, references.Ref{Kind: "ConfigMap", Name: string(env.ConfigMapKeyRef.Name)})
		}
		if env.SecretKeyRef != nil {
			refs = append(refs, references.Ref{Kind: "Secret", Name: string(env.SecretKeyRef.Name)})
		}
	}
	return refs
}
