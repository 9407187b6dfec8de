// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"context"
	"time"

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
	// Now is the instant of the decision.
	Now time.Time
	// ruling is what the agreements say of it.
	ruling gate.Ruling
}

// Gather implements engine.Kind.
func (k *Kind) Gather(ctx context.Context, cluster client.Reader, consent *v1alpha1.ConsentResource) (Facts, error) {
	holding, err := agreements.Of(ctx, cluster, v1alpha1.OwnerOfNamespace(consent.Namespace), k.Operator)
	return Facts{Consent: consent, Holding: holding, Now: k.Clock.Now()}, err
}
