// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"fmt"
	"slices"
	"strings"

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

// leftBehind tells of what data was kept in under a configuration that named another provider, or still one:
// it is left as it is, and nobody looks at it any longer.
func (k *Kind) leftBehind(facts Facts) []decide.Finding {
	var names []string
	for _, ref := range facts.Owner.Status.Children {
		if k.Spares(ref) && k.ofAnother(ref) {
			names = append(names, ref.Kind+" "+ref.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []decide.Finding{{
		Effect: decide.Warn, Part: v1alpha1.ConditionStorageReady, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("Made under a configuration of another storage, and left as it is: %s", strings.Join(names, ", ")),
		Remedy:  "Name that storage in the operator's configuration again; or move the data, and delete what is left",
	}}
}
