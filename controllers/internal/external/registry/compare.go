// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"encoding/json"
	"slices"
)

// Same says whether two resources say the same: what is the registry's own is left out, lists that are
// sets have no order, and what is left out is what the registry takes it for.
func Same(a, b *ServiceResource) bool { return a.normal() == b.normal() }

func (r *ServiceResource) normal() string {
	like := *r.sent()
	like.AvailableForType = slices.Sorted(slices.Values(like.AvailableForType))
	if like.AccessListMode == "" {
		like.AccessListMode = AccessListDisabled
	}
	raw, err := json.Marshal(like) // texts, booleans and maps, whose keys it sorts
	if err != nil {
		return ""
	}
	return string(raw)
}
