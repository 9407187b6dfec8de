// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"cmp"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// +kubebuilder:rbac:groups=resources.azure.com,resources=resourcegroups,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=storage.azure.com,resources=storageaccounts;storageaccountsblobservices;storageaccountsblobservicescontainers;storageaccountsmanagementpolicies,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=keyvault.azure.com,resources=vaults,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=managedidentity.azure.com,resources=userassignedidentities;federatedidentitycredentials,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=authorization.azure.com,resources=roleassignments,verbs=get;list;watch;create;update;delete

// The kinds, in ASO's versions of Azure's APIs.
var (
	groupKind      = schema.GroupVersionKind{Group: "resources.azure.com", Version: "v1api20200601", Kind: "ResourceGroup"}
	accountKind    = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccount"}
	blobsKind      = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccountsBlobService"}
	containerKind  = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccountsBlobServicesContainer"}
	lifecycleKind  = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccountsManagementPolicy"}
	vaultKind      = schema.GroupVersionKind{Group: "keyvault.azure.com", Version: "v1api20230701", Kind: "Vault"}
	identityKind   = schema.GroupVersionKind{Group: "managedidentity.azure.com", Version: "v1api20230131", Kind: "UserAssignedIdentity"}
	credentialKind = schema.GroupVersionKind{Group: "managedidentity.azure.com", Version: "v1api20230131", Kind: "FederatedIdentityCredential"}
	roleKind       = schema.GroupVersionKind{Group: "authorization.azure.com", Version: "v1api20220401", Kind: "RoleAssignment"}
)

// kinds are all of them, with the names of their CRDs.
var kinds = []storage.Kind{
	{GroupVersionKind: groupKind, CRD: "resourcegroups.resources.azure.com"},
	{GroupVersionKind: accountKind, CRD: "storageaccounts.storage.azure.com"},
	{GroupVersionKind: blobsKind, CRD: "storageaccountsblobservices.storage.azure.com"},
	{GroupVersionKind: containerKind, CRD: "storageaccountsblobservicescontainers.storage.azure.com"},
	{GroupVersionKind: lifecycleKind, CRD: "storageaccountsmanagementpolicies.storage.azure.com"},
	{GroupVersionKind: vaultKind, CRD: "vaults.keyvault.azure.com"},
	{GroupVersionKind: identityKind, CRD: "userassignedidentities.managedidentity.azure.com"},
	{GroupVersionKind: credentialKind, CRD: "federatedidentitycredentials.managedidentity.azure.com"},
	{GroupVersionKind: roleKind, CRD: "roleassignments.authorization.azure.com"},
}

// What holds where the configuration says nothing.
const (
	defaultBlobDomain = "blob.core.windows.net"
	defaultAuthority  = "https://login.microsoftonline.com/"
	defaultProduct    = "altinn"
	defaultRepository = "https://github.com/altinn/serviceowner-operator"
)

// provider is storage in Azure.
type provider struct {
	environment string
	azure       configuration.AzureStorage
	bases       bases
	// unread is why the bases could not be read, which only a fault of the build can be.
	unread error
}

// New makes the provider of an installation whose configuration names Azure.
func New(operator *configuration.Operator) storage.Provider {
	made := &provider{environment: operator.Environment.Name}
	if operator.Storage != nil && operator.Storage.Azure != nil {
		made.azure = *operator.Storage.Azure
	}
	made.azure.BlobDomain = cmp.Or(made.azure.BlobDomain, defaultBlobDomain)
	made.azure.Authority = cmp.Or(made.azure.Authority, defaultAuthority)
	made.azure.Product = cmp.Or(made.azure.Product, defaultProduct)
	made.azure.Repository = cmp.Or(made.azure.Repository, defaultRepository)
	made.bases, made.unread = readBases()
	return made
}

// Kinds implements storage.Provider.
func (*provider) Kinds() []storage.Kind { return kinds }
