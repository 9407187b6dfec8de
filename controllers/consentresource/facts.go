// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// Facts are what a decision about a ConsentResource rests on.
type Facts struct {
	// Consent is the resource itself.
	Consent *v1alpha1.ConsentResource
	// Holding is the service owner its namespace is for, and that owner's agreements.
	gate.Holding
	// Source is the App its data is fetched from; nil when there is none.
	Source *v1alpha1.App
	// SameIdentifier are the other ConsentResources with its identifier.
	SameIdentifier []v1alpha1.ConsentResource
	// Now is the instant of the decision.
	Now time.Time
	// ruling is what the agreements say of it.
	ruling gate.Ruling
}

// Gather implements engine.Kind.
func (k *Kind) Gather(ctx context.Context, cluster client.Reader, consent *v1alpha1.ConsentResource) (Facts, error) {
	facts := Facts{Consent: consent, Now: k.Clock.Now()}
	var err error
	if facts.Holding, err = agreements.Of(ctx, cluster, codeOf(consent), k.Operator); err != nil {
		return facts, err
	}
	if facts.SameIdentifier, err = sameIdentifier(ctx, cluster, consent); err != nil {
		return facts, err
	}
	var source v1alpha1.App
	name := client.ObjectKey{Namespace: consent.Namespace, Name: string(consent.Spec.DataSource.App)}
	switch err := cluster.Get(ctx, name, &source); {
	case err == nil:
		facts.Source = &source
	case !apierrors.IsNotFound(err):
		return facts, fmt.Errorf("reading App %s: %w", name.Name, err)
	}
	return facts, nil
}

// sameIdentifier reads the other ConsentResources with an identifier, by index.
func sameIdentifier(ctx context.Context, cluster client.Reader, consent *v1alpha1.ConsentResource) ([]v1alpha1.ConsentResource, error) {
	var list v1alpha1.ConsentResourceList
	if err := cluster.List(ctx, &list, client.MatchingFields{indexIdentifier: identifierOf(consent)}); err != nil {
		return nil, fmt.Errorf("reading who else is %s: %w", identifierOf(consent), err)
	}
	var others []v1alpha1.ConsentResource
	for _, other := range list.Items {
		if other.UID != consent.UID {
			others = append(others, other)
		}
	}
	return others, nil
}
