// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// StoredNews is which news of a storage wakes Apps.
func StoredNews(provider storage.Provider) predicate.Predicate { return storedNews(provider) }

// OwnerNews is which news of a service owner wakes its Apps.
func OwnerNews() predicate.Predicate { return ownerNews() }
