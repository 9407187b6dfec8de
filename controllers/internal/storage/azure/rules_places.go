// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// normalised is a region as it is written in specs: Azure says both Norway East and norwayeast.
func normalised(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

// places are where Azure says that accounts and vaults lie. One of which it has said nothing yet is nowhere.
func places(standing []storage.Object) []gate.Place {
	var found []gate.Place
	add := func(what, location string) {
		if location != "" {
			found = append(found, gate.Place{What: what, Region: v1alpha1.Region(normalised(location)), Keeps: true})
		}
	}
	for _, account := range ofKind(accountKind.Kind, standing) {
		add(called(account), text(account, "status", "primaryLocation"))
		add("the second copy of "+called(account), text(account, "status", "secondaryLocation"))
	}
	for _, vault := range ofKind(vaultKind.Kind, standing) {
		add(called(vault), text(vault, "status", "location"))
	}
	return found
}

// containers are those that stand, and those that only the wanted policy still knows, sorted by name.
func containers(wanted []apply.Child, standing []storage.Object) []v1alpha1.KeptContainer {
	kept := map[string]v1alpha1.KeptContainer{}
	for _, child := range wanted {
		policy, ours := plain(child.Object)
		if !ours || policy.GetKind() != lifecycleKind.Kind {
			continue
		}
		for name, days := range retentionOf(policy) {
			kept[name] = v1alpha1.KeptContainer{Name: name, RetentionDays: int32(days)} //nolint:gosec // at most 36500, by the API's rule
		}
	}
	for _, container := range ofKind(containerKind.Kind, standing) {
		name, days := nameOf(container), retentionDays(container)
		kept[name] = v1alpha1.KeptContainer{
			Name: name, App: container.GetLabels()[v1alpha1.LabelName], RetentionDays: int32(days), //nolint:gosec // read as 32 bits
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Values(kept), func(a, b v1alpha1.KeptContainer) int { return cmp.Compare(a.Name, b.Name) })
}

// accountDays is for how many days Azure keeps a deleted account, as a rule (Azure Storage, "Recover a deleted storage
// account"). It promises nothing, and data is not gone before.
const accountDays int64 = 14

// Fates implements storage.Provider. What becomes of data is what its object says, and what that lies in: with a
// resource group goes all in it, with an account its containers.
func (*provider) Fates(owner storage.Owner, standing []storage.Object) []storage.Fate {
	group := slices.ContainsFunc(ofKind(groupKind.Kind, standing), deleted)
	var fates []storage.Fate
	var account *unstructured.Unstructured
	whole := group
	for _, object := range ofKind(accountKind.Kind, standing) {
		account, whole = object, group || deleted(object)
		days := survives
		if whole {
			days = accountDays
		}
		fates = append(fates, fate(object, regionsOf(object), days))
	}
	for _, vault := range ofKind(vaultKind.Kind, standing) {
		days := survives
		if group || deleted(vault) {
			days = number(vault, "spec", "properties", "softDeleteRetentionInDays")
		}
		fates = append(fates, fate(vault, regionsOf(vault), days))
	}
	for _, container := range ofKind(containerKind.Kind, standing) {
		days := survives
		switch {
		case whole:
			days = accountDays
		case deleted(container):
			days = int64(owner.Storage.SoftDeleteDays)
		}
		fates = append(fates, fate(container, regionsOf(account), days))
	}
	return fates
}

// survives stands for the days until deleted data is gone where none is deleted.
const survives int64 = -1

func fate(object *unstructured.Unstructured, regions []v1alpha1.Region, days int64) storage.Fate {
	return storage.Fate{
		What: called(object), Where: cmp.Or(text(object, "status", "id"), nameOf(object)), Regions: regions,
		Deleted: days != survives, RecoverableDays: int32(max(days, 0)), //nolint:gosec // at most 365
	}
}

// deleted says whether what is in Azure goes with an object: what is not annotated does.
func deleted(object *unstructured.Unstructured) bool {
	policy := object.GetAnnotations()[policyAnnotation]
	return policy == policyManage || policy == ""
}

// regionsOf are where an account or a vault lies, by what Azure says, else by what is declared.
func regionsOf(object *unstructured.Unstructured) []v1alpha1.Region {
	if object == nil {
		return nil
	}
	var regions []v1alpha1.Region
	first := cmp.Or(text(object, "status", "primaryLocation"), text(object, "status", "location"), text(object, "spec", "location"))
	for _, location := range []string{first, text(object, "status", "secondaryLocation")} {
		if location != "" {
			regions = append(regions, v1alpha1.Region(normalised(location)))
		}
	}
	return regions
}
