// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/enforcement"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// Facts are what a decision about an App rests on.
type Facts struct {
	// App is the resource itself.
	App *v1alpha1.App
	// Holding is the service owner its namespace is for, and that owner's agreements.
	gate.Holding
	// Now is the instant of the decision.
	Now time.Time
	// Admitted is the record of the revision that was admitted last; nil when there is none.
	Admitted *admission
	// SameAddress are the other Apps that ask for, or serve, the same host and path.
	SameAddress []v1alpha1.App
	// KeptAddress are those of the revision admitted last.
	KeptAddress []v1alpha1.App
	// Reads is what the App reads, Kept what the revision admitted last does.
	Reads, Kept reads
	// Consents are those whose data is fetched from the App, and SameScopes the other Apps of its owner that
	// expose a scope of its; both only where it exposes any and Digdir's self-service is configured.
	Consents   []v1alpha1.ConsentResource
	SameScopes []v1alpha1.App
	// ruling is what the agreements say of what is declared.
	ruling gate.Ruling
	// Places are where its pods really run.
	Places []gate.Place
	// Storage is where data is kept, with what the cluster knows of its kinds now; nil where the configuration
	// names nothing. Standing is what there is of what the App keeps data in.
	Storage  *storage.Storage
	Standing []storage.Object
	// DataPlaces are where its owner's data really lies; PlacesUnknown is why that cannot be told, nil when it can.
	DataPlaces    []gate.Place
	PlacesUnknown error
	// Policies are the NetworkPolicies in its namespace that can select its pods, whoever made them, sorted by name:
	// the cache's own, to be read only. Baseline are those that its service owner's baseline has.
	Policies []networkingv1.NetworkPolicy
	Baseline []*networkingv1.NetworkPolicy
	// OthersNames are the names, sorted, of policies of Cilium's own there that the operator did not make.
	OthersNames []string
	// Enforcement is what is known of whether the network enforces them.
	Enforcement enforcement.State
	// RouteKindKnown says whether the cluster knows the kind routes are written in.
	RouteKindKnown bool
	// NamesKnown says whether the cluster knows the kind that hosts are opened by their names with.
	NamesKnown bool
}

// reads is what the pods of an App read.
type reads struct {
	// missing are the Secrets and ConfigMaps that do not exist.
	missing []references.Ref
	// digest is one of all that do.
	digest string
}

// Gather implements engine.Kind.
func (k *Kind) Gather(ctx context.Context, cluster client.Reader, app *v1alpha1.App) (Facts, error) {
	facts := Facts{App: app, Now: k.Clock.Now(), RouteKindKnown: k.RouteKindKnown(), NamesKnown: k.namesKnown()}
	var err error
	if facts.Holding, err = agreements.Of(ctx, cluster, codeOf(app), k.Operator); err != nil {
		return facts, err
	}
	if facts.Places, err = placement.OfApp(ctx, cluster, app); err != nil {
		return facts, err
	}
	if facts.Admitted, err = admittedLast(ctx, readers{index: cluster, written: k.written(cluster)}, app); err != nil {
		return facts, err
	}
	for _, more := range []func(context.Context, client.Reader, *Facts) error{k.exposure, k.stored, k.isolation} {
		if err := more(ctx, cluster, &facts); err != nil {
			return facts, err
		}
	}
	if facts.SameAddress, err = sameAddress(ctx, cluster, app, k.Operator); err != nil {
		return facts, err
	}
	if facts.Reads, err = k.reads(ctx, app); err != nil {
		return facts, err
	}
	facts.Kept, facts.KeptAddress = facts.Reads, facts.SameAddress
	if facts.Admitted == nil || facts.Admitted.is(app) {
		return facts, nil
	}
	if facts.KeptAddress, err = sameAddress(ctx, cluster, facts.Admitted.of(app), k.Operator); err != nil {
		return facts, err
	}
	facts.Kept, err = k.reads(ctx, facts.Admitted.of(app))
	return facts, err
}

func (k *Kind) namesKnown() bool { return k.NamesKnown != nil && k.NamesKnown() }

// written reads what was written a moment ago as it was written.
func (k *Kind) written(cluster client.Reader) client.Reader {
	if k.Written == nil {
		return cluster
	}
	return k.Written
}

// reads digests what an App reads.
func (k *Kind) reads(ctx context.Context, app *v1alpha1.App) (found reads, err error) {
	found.digest, found.missing, err = k.References.Of(ctx, app.Namespace, referencesOf(app))
	return found, err
}

// sameAddress reads the other Apps that ask for, or serve, the App's host and path, by index.
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
