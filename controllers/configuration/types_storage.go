// SPDX-License-Identifier: BSD-3-Clause

package configuration

import "k8s.io/apimachinery/pkg/api/resource"

// StorageProvider names who keeps service owners' data.
type StorageProvider string

// Storage providers.
const (
	// StorageAzure: storage accounts and key vaults in Azure, provisioned by Azure Service Operator.
	StorageAzure StorageProvider = "Azure"
	// StorageVolumes: volumes of a StorageClass of the cluster, for those who run one of their own.
	StorageVolumes StorageProvider = "Volumes"
)

// Storage is where service owners' data is kept.
type Storage struct {
	// Provider names who keeps it: Azure or Volumes.
	Provider StorageProvider `json:"provider"`
	// Azure is needed with provider Azure, and allowed with no other.
	Azure *AzureStorage `json:"azure,omitempty"`
	// Volumes is needed with provider Volumes, and allowed with no other.
	Volumes *VolumeStorage `json:"volumes,omitempty"`
}

// AzureStorage is what storage in Azure needs to know of the place the cluster runs in. Which subscription is
// used is Azure Service Operator's to say.
type AzureStorage struct {
	// TenantID is the id of the tenant in Entra ID that identities and vaults belong to, a UUID.
	TenantID string `json:"tenantId"`
	// OIDCIssuer is the issuer of the cluster's ServiceAccount tokens, which Apps' identities trust for
	// exactly their own ServiceAccount.
	OIDCIssuer string `json:"oidcIssuer"`
	// Subnets are those, by ARM id, whose nodes may reach storage accounts and vaults by service endpoints.
	// When there are none, only private endpoints lead there: public access is switched off.
	Subnets []string `json:"subnets,omitempty"`
	// Addresses are where Apps reach storage accounts, as CIDRs: the private endpoints' or the service's. When
	// there are none, Apps reach no storage account.
	Addresses []string `json:"addresses,omitempty"`
	// BlobDomain is the domain of blob endpoints; blob.core.windows.net when left out.
	BlobDomain string `json:"blobDomain,omitempty"`
	// Authority is where identities get their tokens, as https://login.microsoftonline.com/, which is also
	// what holds when it is left out.
	Authority string `json:"authority,omitempty"`
	// Product is the value of the tag finops_product (Altinn RFC 0007); altinn when left out.
	Product string `json:"product,omitempty"`
	// Repository is the value of the tag repository (Altinn RFC 0007); the operator's own when left out.
	Repository string `json:"repository,omitempty"`
}

// VolumeStorage is how volumes are made.
type VolumeStorage struct {
	// StorageClass is the name of the StorageClass. Its allowedTopologies must name regions
	// (topology.kubernetes.io/region) that are all allowed, and its reclaimPolicy must be Retain. Volumes that
	// are there keep the StorageClass they were made with.
	StorageClass string `json:"storageClass"`
	// Size is how large the volume of a new container is; 10Gi when left out.
	Size resource.Quantity `json:"size,omitempty"`
}
