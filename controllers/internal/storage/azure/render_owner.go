// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// keysByOwner is the key management where the key lies in the owner's vault.
const keysByOwner v1alpha1.KeyManagement = "Customer"

// skus are what Azure calls each redundancy, of which the paired ones are not open to reading at the second place.
var skus = map[v1alpha1.Redundancy]string{
	"LRS": "Standard_LRS", "ZRS": "Standard_ZRS", "GRS": "Standard_GRS", "GZRS": "Standard_GZRS",
}

// How long a deleted vault is kept, in days (Azure Key Vault, "Soft-delete overview").
const (
	minVaultDays = 7
	maxVaultDays = 90
)

// OfOwner implements storage.Provider. What stands before what lies in it; the vault and who may use its key before
// the account that is encrypted with it.
func (p *provider) OfOwner(owner storage.Owner, standing []storage.Object) ([]apply.Child, error) {
	if p.unread != nil {
		return nil, p.unread
	}
	sku, known := skus[owner.Storage.Redundancy]
	if !known {
		return nil, fmt.Errorf("storage of service owner %s: Azure has no redundancy %q", owner.Code, owner.Storage.Redundancy)
	}
	rules, err := p.lifecycleRules(owner, standing)
	if err != nil {
		return nil, err
	}
	group := p.part("owner/group", owner, owner.Code)
	put(group, p.groupName(owner), "spec", "azureName")
	p.place(group, owner)
	keep(group, owner.DeletionPolicy)

	children := []apply.Child{child(group), child(p.vault(owner, standing))}
	if owner.Storage.KeyManagement == keysByOwner {
		identity := p.part("owner/keys-identity", owner, keysObject(owner))
		p.identity(identity, owner, keysIdentityName(owner), keysObject(owner))
		role := p.part("owner/keys-role", owner, keysRole(owner))
		p.role(role, owner, owner.Code, keysObject(owner))
		children = append(children, child(identity), child(role))
	}
	children = append(children, child(p.account(owner, sku)), child(p.blobs(owner)))
	if len(rules) > 0 {
		children = append(children, child(p.lifecycle(owner, rules)))
	}
	return children, nil
}

func (p *provider) account(owner storage.Owner, sku string) *unstructured.Unstructured {
	account := p.part("owner/account", owner, owner.Code)
	put(account, p.accountName(owner), "spec", "azureName")
	put(account, owner.Code, "spec", "owner", "name")
	put(account, map[string]any{"name": sku}, "spec", "sku")
	p.place(account, owner)
	p.reach(account, map[string]any{"action": "Allow"}, "spec")
	keep(account, owner.DeletionPolicy)
	if owner.Storage.KeyManagement == keysByOwner {
		p.ownKey(account, owner)
	}
	return account
}

// ownKey has an account encrypted with the key in the owner's vault, always its newest version. Azure asks every hour
// whether it may still be used: who takes the key away closes the data (Azure Storage, "Customer-managed keys").
func (p *provider) ownKey(account *unstructured.Unstructured, owner storage.Owner) {
	identity := map[string]any{"group": identityKind.Group, "kind": identityKind.Kind, "name": keysObject(owner)}
	put(account, map[string]any{
		"type": "UserAssigned", "userAssignedIdentities": []any{map[string]any{"reference": identity}},
	}, "spec", "identity")
	put(account, "Microsoft.Keyvault", "spec", "encryption", "keySource")
	put(account, map[string]any{"userAssignedIdentityReference": identity}, "spec", "encryption", "identity")
	put(account, map[string]any{
		"keyname": keyName, "keyvaulturi": "https://" + p.vaultName(owner) + vaultDomain,
	}, "spec", "encryption", "keyvaultproperties")
}

// vaultDomain is that of vaults in Azure's public cloud, where all regions that may be named are.
const vaultDomain = ".vault.azure.net"

// vault is the owner's. For how long a deleted one is kept can be said only once, when it is made (Azure Key Vault,
// "Soft-delete overview"): that of a vault that stands is left as it is.
func (p *provider) vault(owner storage.Owner, standing []storage.Object) *unstructured.Unstructured {
	vault := p.part("owner/vault", owner, owner.Code)
	put(vault, p.vaultName(owner), "spec", "azureName")
	put(vault, owner.Code, "spec", "owner", "name")
	put(vault, p.azure.TenantID, "spec", "properties", "tenantId")
	days := min(max(int64(owner.Storage.SoftDeleteDays), minVaultDays), maxVaultDays)
	if there := find(vault, standing); there != nil {
		days = cmp.Or(number(there, "spec", "properties", "softDeleteRetentionInDays"), days)
	}
	put(vault, days, "spec", "properties", "softDeleteRetentionInDays")
	p.place(vault, owner)
	p.reach(vault, map[string]any{"ignoreMissingVnetServiceEndpoint": false}, "spec", "properties")
	keep(vault, owner.DeletionPolicy)
	if owner.Storage.KeyManagement == keysByOwner {
		// The account uses the key from where no subnet is ("Customer-managed keys", Azure Storage).
		put(vault, "AzureServices", "spec", "properties", "networkAcls", "bypass")
	}
	return vault
}

func (p *provider) blobs(owner storage.Owner) *unstructured.Unstructured {
	blobs := p.part("owner/blobs", owner, owner.Code)
	put(blobs, owner.Code, "spec", "owner", "name")
	for _, policy := range []string{"deleteRetentionPolicy", "containerDeleteRetentionPolicy"} {
		put(blobs, int64(owner.Storage.SoftDeleteDays), "spec", policy, "days")
	}
	keep(blobs, owner.DeletionPolicy)
	return blobs
}

func (p *provider) lifecycle(owner storage.Owner, rules []any) *unstructured.Unstructured {
	lifecycle := p.part("owner/lifecycle", owner, owner.Code)
	put(lifecycle, owner.Code, "spec", "owner", "name")
	put(lifecycle, rules, "spec", "policy", "rules")
	keep(lifecycle, owner.DeletionPolicy)
	return lifecycle
}

// find is the object of the same kind and name among those that stand; nil when there is none.
func find(wanted *unstructured.Unstructured, standing []storage.Object) *unstructured.Unstructured {
	for _, object := range standing {
		there, ok := plain(object)
		if ok && there.GroupVersionKind() == wanted.GroupVersionKind() && there.GetNamespace() == wanted.GetNamespace() && there.GetName() == wanted.GetName() {
			return there
		}
	}
	return nil
}
