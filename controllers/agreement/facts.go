// SPDX-License-Identifier: BSD-3-Clause

package agreement

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// Facts are what a decision about a DataProcessingAgreement rests on.
type Facts struct {
	// Agreement is the resource itself.
	Agreement *v1alpha1.DataProcessingAgreement
	// Holding is the service owner it is with, and all agreements with that one.
	gate.Holding
	// Apps and Consents are the service owner's.
	Apps     []v1alpha1.App
	Consents []v1alpha1.ConsentResource
	// Now is the instant of the decision.
	Now time.Time
}

// Gather implements engine.Kind.
func (k *Kind) Gather(ctx context.Context, cluster client.Reader, agreement *v1alpha1.DataProcessingAgreement) (Facts, error) {
	facts := Facts{Agreement: agreement, Now: k.Clock.Now()}
	code := string(agreement.Spec.ServiceOwner)
	var err error
	if facts.Holding, err = agreements.Of(ctx, cluster, code, k.Operator); err != nil {
		return facts, err
	}
	namespace := client.InNamespace(v1alpha1.NamespacePrefix + code)
	var apps v1alpha1.AppList
	if err := cluster.List(ctx, &apps, namespace, client.UnsafeDisableDeepCopy); err != nil {
		return facts, fmt.Errorf("reading the Apps of %s: %w", code, err)
	}
	var consents v1alpha1.ConsentResourceList
	if err := cluster.List(ctx, &consents, namespace, client.UnsafeDisableDeepCopy); err != nil {
		return facts, fmt.Errorf("reading the ConsentResources of %s: %w", code, err)
	}
	facts.Apps, facts.Consents = apps.Items, consents.Items
	return facts, nil
}
