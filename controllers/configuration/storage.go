// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// usualStorage is what holds for keys that are left out of the storage that is given; nil when none is.
func usualStorage(given positions) *Storage {
	if _, named := given["storage"]; !named {
		return nil
	}
	usual := &Storage{}
	if _, named := given["storage.azure"]; named {
		usual.Azure = &AzureStorage{
			BlobDomain: "blob.core.windows.net", Authority: "https://login.microsoftonline.com/",
			Product: "altinn", Repository: "https://github.com/altinn/serviceowner-operator",
		}
	}
	if _, named := given["storage.volumes"]; named {
		usual.Volumes = &VolumeStorage{Size: resource.MustParse("10Gi")}
	}
	return usual
}

func validateStorage(path *field.Path, storage *Storage, class EnvironmentClass) field.ErrorList {
	switch {
	case storage == nil && class == Production:
		return field.ErrorList{field.Required(path, "in class Production Apps would keep their data nowhere, and be called Ready all the same")}
	case storage == nil:
		return nil
	}
	azure, volumes := path.Child("azure"), path.Child("volumes")
	var wrong field.ErrorList
	switch storage.Provider {
	case StorageAzure:
		wrong = append(wrong, validateAzure(azure, storage.Azure, class)...)
	case StorageVolumes:
		wrong = append(wrong, validateVolumes(volumes, storage.Volumes)...)
	default:
		return append(wrong, field.NotSupported(path.Child("provider"), storage.Provider, []StorageProvider{StorageAzure, StorageVolumes}))
	}
	if storage.Azure != nil && storage.Provider != StorageAzure {
		wrong = append(wrong, field.Forbidden(azure, "only with provider Azure"))
	}
	if storage.Volumes != nil && storage.Provider != StorageVolumes {
		wrong = append(wrong, field.Forbidden(volumes, "only with provider Volumes"))
	}
	return wrong
}

// What ids of tenants, and of subnets, look like: RFC 9562 §4, and Azure Resource Manager's resource ids, whose
// case does not count.
var (
	tenantID = regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
	subnetID = regexp.MustCompile(`(?i)^/subscriptions/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}/resourceGroups/[^/\s]+` +
		`/providers/Microsoft[.]Network/virtualNetworks/[^/\s]+/subnets/[^/\s]+$`)
)

// longestTag is how many characters the value of a tag may have (Azure Resource Manager).
const longestTag = 256

func validateAzure(path *field.Path, azure *AzureStorage, class EnvironmentClass) field.ErrorList {
	if azure == nil {
		return field.ErrorList{field.Required(path, "provider Azure needs to know tenantId and oidcIssuer")}
	}
	var wrong field.ErrorList
	if !tenantID.MatchString(azure.TenantID) {
		wrong = append(wrong, field.Invalid(path.Child("tenantId"), azure.TenantID, "must be the tenant's id, a UUID, as 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"))
	}
	wrong = append(wrong, validateIssuer(path.Child("oidcIssuer"), azure.OIDCIssuer, class)...)
	wrong = append(wrong, validateSubnets(path.Child("subnets"), azure.Subnets)...)
	wrong = append(wrong, validateAddresses(path.Child("addresses"), azure.Addresses)...)
	for _, message := range validation.IsDNS1123Subdomain(azure.BlobDomain) {
		wrong = append(wrong, field.Invalid(path.Child("blobDomain"), azure.BlobDomain, message))
	}
	at := path.Child("authority")
	authority, unfit := validateURL(at, azure.Authority, "https://login.microsoftonline.com/", class)
	wrong = append(wrong, unfit...)
	if authority != nil && strings.Trim(authority.Path, "/") != "" {
		wrong = append(wrong, field.Invalid(at, azure.Authority, "must have no path: the tenant is named by tenantId"))
	}
	for _, tag := range []struct{ key, value string }{{"product", azure.Product}, {"repository", azure.Repository}} {
		if strings.TrimSpace(tag.value) == "" || len([]rune(tag.value)) > longestTag {
			wrong = append(wrong, field.Invalid(path.Child(tag.key), tag.value, "must be the value of a tag: 1 to 256 characters"))
		}
	}
	return wrong
}

// validateIssuer takes https alone, in every class: Entra ID trusts no other issuer.
func validateIssuer(path *field.Path, issuer string, class EnvironmentClass) field.ErrorList {
	address, wrong := validateURL(path, issuer, "https://oidc-issuer.example.no/", class)
	if len(wrong) == 0 && address.Scheme != "https" {
		wrong = append(wrong, field.Invalid(path, issuer, "must begin with https://: Entra ID trusts no other issuer"))
	}
	return wrong
}

func validateSubnets(path *field.Path, subnets []string) field.ErrorList {
	var wrong field.ErrorList
	seen := map[string]bool{}
	for i, subnet := range subnets {
		if !subnetID.MatchString(subnet) {
			wrong = append(wrong, field.Invalid(path.Index(i), subnet,
				"must be the subnet's ARM id: /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.Network/virtualNetworks/<name>/subnets/<name>"))
		}
		if seen[strings.ToLower(subnet)] {
			wrong = append(wrong, field.Duplicate(path.Index(i), subnet))
		}
		seen[strings.ToLower(subnet)] = true
	}
	return wrong
}

// linkLocal is where a cloud tells a machine its secrets (169.254.169.254), and no storage is (RFC 3927).
var linkLocal = netip.MustParsePrefix("169.254.0.0/16")

func validateAddresses(path *field.Path, addresses []string) field.ErrorList {
	var wrong field.ErrorList
	seen := map[string]bool{}
	for i, address := range addresses {
		prefix, err := netip.ParsePrefix(address)
		switch {
		case err != nil || prefix.Bits() == 0:
			wrong = append(wrong, field.Invalid(path.Index(i), address, "must be a range of addresses, as 10.0.0.4/32; everything (/0) is not allowed"))
		case linkLocal.Contains(prefix.Addr().Unmap()):
			wrong = append(wrong, field.Invalid(path.Index(i), address, "must not lie in 169.254.0.0/16, where a cloud tells a machine its secrets"))
		}
		if seen[address] {
			wrong = append(wrong, field.Duplicate(path.Index(i), address))
		}
		seen[address] = true
	}
	return wrong
}

// smallestVolume is the smallest a volume may be: less is bytes whose unit was forgotten.
var smallestVolume = resource.MustParse("1Mi")

func validateVolumes(path *field.Path, volumes *VolumeStorage) field.ErrorList {
	if volumes == nil {
		return field.ErrorList{field.Required(path, "provider Volumes needs a storageClass")}
	}
	var wrong field.ErrorList
	for _, message := range validation.IsDNS1123Subdomain(volumes.StorageClass) {
		wrong = append(wrong, field.Invalid(path.Child("storageClass"), volumes.StorageClass, message))
	}
	if volumes.Size.Cmp(smallestVolume) < 0 {
		given := resource.NewQuantity(volumes.Size.Value(), resource.BinarySI) // a size without a value still has the text of the usual one
		wrong = append(wrong, field.Invalid(path.Child("size"), given.String(), "must be at least 1Mi, as 10Gi"))
	}
	return wrong
}

// validateClaims holds that quotas let Apps claim the volumes that provider Volumes makes for them.
func validateClaims(path *field.Path, operator *Operator) field.ErrorList {
	if operator.Storage == nil || operator.Storage.Provider != StorageVolumes {
		return nil
	}
	var wrong field.ErrorList
	for _, profile := range slices.Sorted(maps.Keys(operator.QuotaProfiles)) {
		if most, given := operator.QuotaProfiles[profile][corev1.ResourcePersistentVolumeClaims]; given && most.IsZero() {
			wrong = append(wrong, field.Invalid(path.Child(string(profile), string(corev1.ResourcePersistentVolumeClaims)), most.String(),
				"must be more than 0 with storage provider Volumes: each container of an App is a claim"))
		}
	}
	return wrong
}

func validateReceipts(path *field.Path, receipts Receipts) field.ErrorList {
	var wrong field.ErrorList
	for _, message := range validation.IsDNS1123Label(receipts.Namespace) {
		wrong = append(wrong, field.Invalid(path.Child("namespace"), receipts.Namespace, message))
	}
	return wrong
}
