// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// News lets through what is newly on record of a registration, for the kind's own controller, which says
// what it means.
func News() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(Object)
		after, also := e.ObjectNew.(Object)
		return ok && also && !equality.Semantic.DeepEqual(before.GetRegistration(), after.GetRegistration())
	}}
}
