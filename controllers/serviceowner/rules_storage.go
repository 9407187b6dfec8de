// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// stored is how what the owner's data is kept in is. Where that cannot be rendered, which Render tells, it is not
// known what is wanted; what stands still says where the data lies.
func (k *Kind) stored(owner *v1alpha1.ServiceOwner, facts Facts) (storage.Report, error) {
	if k.Storage == nil {
		return storage.Report{}, nil
	}
	wanted, err := k.keeping(owner, facts)
	return k.Storage.Judge(wanted, facts.Standing), err
}

// leftBehind tells of what the owner's data was kept in under another configuration.
func (k *Kind) leftBehind(facts Facts) []decide.Finding {
	usual := func(ref v1alpha1.Child) bool { return ofBaseline(ref) || ofFlux(ref) }
	return k.Storage.LeftBehind(v1alpha1.ConditionStorageReady, facts.Owner.Status.Children, usual)
}
