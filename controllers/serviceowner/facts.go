// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// Facts are what a decision about a ServiceOwner rests on.
type Facts struct {
	// Owner is the resource itself.
	Owner *v1alpha1.ServiceOwner
	// Namespace is the namespace of its name; nil when there is none.
	Namespace *corev1.Namespace
	// Holding are the agreements with it.
	Holding gate.Holding
	// ruling is what the agreements say of it.
	ruling gate.Ruling
	// Places are where the pods and volumes of its namespace really are.
	Places []gate.Place
	// Missing are the CRDs of what data is kept in that the cluster does not know.
	Missing []string
	// Standing is what data is kept in, the owner's and its Apps', as it stands in its namespace.
	Standing []storage.Object
	// HandedOver is how Flux fares with the owner's source.
	HandedOver HandedOver
	// Now is the instant of the decision.
	Now time.Time
}

// Gather implements engine.Kind.
func (k *Kind) Gather(ctx context.Context, cluster client.Reader, owner *v1alpha1.ServiceOwner) (Facts, error) {
	facts := Facts{Owner: owner, Now: k.Clock.Now()}
	var err error
	if facts.Holding, err = agreements.Of(ctx, cluster, owner.Name, k.Operator); err != nil {
		return facts, err
	}
	facts.Holding.Owner = owner
	if facts.Places, err = placement.OfOwner(ctx, cluster, namespaceOf(owner)); err != nil {
		return facts, err
	}
	var namespace corev1.Namespace
	err = cluster.Get(ctx, client.ObjectKey{Name: namespaceOf(owner)}, &namespace)
	if err == nil {
		facts.Namespace = &namespace
	} else if !apierrors.IsNotFound(err) {
		return facts, fmt.Errorf("reading namespace %s: %w", namespaceOf(owner), err)
	}
	if err := k.gatherGitOps(ctx, cluster, &facts); err != nil {
		return facts, err
	}
	err = k.gatherStorage(ctx, cluster, &facts)
	return facts, err
}

func namespaceOf(owner *v1alpha1.ServiceOwner) string {
	return v1alpha1.NamespacePrefix + owner.GetName()
}
