// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// +kubebuilder:rbac:groups="",resources=persistentvolumeclaims,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=storage.k8s.io,resources=storageclasses,verbs=list;watch

// kinds are those that data is kept in, and that say how. Every cluster knows them.
var kinds = []storage.Kind{
	{GroupVersionKind: corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim")},
	{GroupVersionKind: storagev1.SchemeGroupVersion.WithKind("StorageClass"), Wide: true},
}

// provider is storage on volumes.
type provider struct {
	// class is the name of the StorageClass.
	class string
	// size is how large the volume of a new container is.
	size resource.Quantity
	// allowed are the regions where data of every service owner may lie.
	allowed []v1alpha1.Region
}

// New makes the provider of an installation whose configuration names Volumes.
func New(operator *configuration.Operator) storage.Provider {
	made := &provider{allowed: operator.Regions.Allowed}
	if operator.Storage != nil && operator.Storage.Volumes != nil {
		made.class, made.size = operator.Storage.Volumes.StorageClass, operator.Storage.Volumes.Size
	}
	return made
}

// Kinds implements storage.Provider.
func (*provider) Kinds() []storage.Kind { return slices.Clone(kinds) }
