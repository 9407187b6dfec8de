// SPDX-License-Identifier: BSD-3-Clause

package controllers

import (
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage/azure"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage/volumes"
)

// providers makes each provider of storage. A line here is all that a further one takes outside its own package
// and the configuration.
var providers = map[configuration.StorageProvider]func(*configuration.Operator) storage.Provider{
	configuration.StorageAzure:   azure.New,
	configuration.StorageVolumes: volumes.New,
}

// storage is where data is kept, for one controller; nil where the configuration names nothing.
func (c cluster) storage() *storage.Storage {
	config := c.operator.Storage
	if config == nil {
		return nil
	}
	return storage.New(providers[config.Provider](c.operator), string(config.Provider), c.mgr)
}

// withoutManagedFields takes out of an object what tells who wrote which field.
var withoutManagedFields = cache.TransformStripManagedFields()

// stripped is an object as the cache keeps it.
func stripped(obj any) (any, error) {
	obj, err := azure.Trim(obj)
	if err != nil {
		return nil, err
	}
	return withoutManagedFields(obj)
}
