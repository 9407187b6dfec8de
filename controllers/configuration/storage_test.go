// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	// storageOfProduction is any storage, to stand at the end of files of production.
	storageOfProduction = "storage: {provider: Volumes, volumes: {storageClass: data}}\n"

	aTenant = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
	aSubnet = "/subscriptions/0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9/resourceGroups/rg-aks/providers/Microsoft.Network/virtualNetworks/vnet-aks/subnets/snet-aks"
)

// inAzure is a valid file with storage in Azure that has further lines, from line 28 on.
func inAzure(lines ...string) string {
	return valid + strings.Join(append([]string{
		"storage:", "  provider: Azure", "  azure:", "    tenantId: " + aTenant, "    oidcIssuer: https://issuer.example.no/",
	}, append(lines, "")...), "\n")
}

// onVolumes is a valid file with storage on volumes that has further lines, from line 27 on.
func onVolumes(lines ...string) string {
	return valid + strings.Join(append([]string{
		"storage:", "  provider: Volumes", "  volumes:", "    storageClass: data",
	}, append(lines, "")...), "\n")
}

func TestLoadTheStorage(t *testing.T) {
	azure := func(change func(*AzureStorage)) *Storage {
		usual := &AzureStorage{
			TenantID: aTenant, OIDCIssuer: "https://issuer.example.no/", BlobDomain: "blob.core.windows.net",
			Authority: "https://login.microsoftonline.com/", Product: "altinn", Repository: "https://github.com/altinn/serviceowner-operator",
		}
		change(usual)
		return &Storage{Provider: StorageAzure, Azure: usual}
	}
	volumes := func(size string) *Storage {
		return &Storage{Provider: StorageVolumes, Volumes: &VolumeStorage{StorageClass: "data", Size: resource.MustParse(size)}}
	}
	asUsual := func(*AzureStorage) {}
	for name, tc := range map[string]struct {
		file string
		want *Storage
	}{
		"left out, is none":        {valid, nil},
		"without a value, is none": {valid + "storage:\n", nil},
		"in Azure, is as usual":    {inAzure(), azure(asUsual)},
		"in Azure, of an id in capitals": {strings.Replace(inAzure(), aTenant, strings.ToUpper(aTenant), 1),
			azure(func(a *AzureStorage) { a.TenantID = strings.ToUpper(aTenant) })},
		"in Azure, without another's block":   {inAzure("  volumes:"), azure(asUsual)},
		"in Azure, with subnets":              {inAzure("    subnets: [" + aSubnet + "]"), azure(func(a *AzureStorage) { a.Subnets = []string{aSubnet} })},
		"in Azure, at addresses":              {inAzure("    addresses: [10.0.0.4/32, \"2001:db8::/64\"]"), azure(func(a *AzureStorage) { a.Addresses = []string{"10.0.0.4/32", "2001:db8::/64"} })},
		"in Azure, with no addresses at all":  {inAzure("    addresses: []"), azure(func(a *AzureStorage) { a.Addresses = []string{} })},
		"in Azure, with its own domain":       {inAzure("    blobDomain: blob.example.no"), azure(func(a *AzureStorage) { a.BlobDomain = "blob.example.no" })},
		"in Azure, with a stand-in's tokens":  {inAzure("    authority: http://127.0.0.1:8080"), azure(func(a *AzureStorage) { a.Authority = "http://127.0.0.1:8080" })},
		"in Azure, tagged otherwise":          {inAzure("    product: tenancy", "    repository: ours"), azure(func(a *AzureStorage) { a.Product, a.Repository = "tenancy", "ours" })},
		"on volumes, is as usual":             {onVolumes(), volumes("10Gi")},
		"on volumes, without another's block": {onVolumes("  azure:"), volumes("10Gi")},
		"on small volumes":                    {onVolumes("    size: 1Mi"), volumes("1Mi")},
		"on volumes whose size is a number":   {onVolumes("    size: 1048576"), volumes("1048576")},
		"on volumes, where quotas say nothing of claims, or allow some": {
			strings.Replace(onVolumes(), `    pods: "200"`, `    persistentvolumeclaims: "1"`, 1), volumes("10Gi"),
		},
		"in production": {changed(ofProduction...) + selfServiceOfProduction + storageOfProduction, volumes("10Gi")},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.Storage); diff != "" {
				t.Errorf("storage (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesStorageThatCannotBe(t *testing.T) {
	const providers = `: supported values: "Azure", "Volumes"`
	tryLoad(t, map[string]loadCase{
		"none in production": {
			file: changed(ofProduction...) + selfServiceOfProduction,
			want: []string{"1: storage: Required value: in class Production Apps would keep their data nowhere, and be called Ready all the same"},
		},
		"of no provider":       {file: valid + "storage: {}\n", want: []string{`23: storage.provider: Unsupported value: ""` + providers}},
		"of another provider":  {file: valid + "storage:\n  provider: Floppy\n", want: []string{`24: storage.provider: Unsupported value: "Floppy"` + providers}},
		"in another case":      {file: replaced(inAzure(), "provider: Azure", "provider: azure"), want: []string{`24: storage.provider: Unsupported value: "azure"` + providers}},
		"in Azure, not told":   {file: valid + "storage:\n  provider: Azure\n", want: []string{"23: storage.azure: Required value: provider Azure needs to know tenantId and oidcIssuer"}},
		"on volumes, not told": {file: valid + "storage: {provider: Volumes, volumes: }\n", want: []string{"23: storage.volumes: Required value: provider Volumes needs a storageClass"}},
		"in Azure, and on volumes": {
			file: inAzure("  volumes: {storageClass: data}"), want: []string{"28: storage.volumes: Forbidden: only with provider Volumes"},
		},
		"on volumes, and in Azure": {file: onVolumes("  azure: {}"), want: []string{"27: storage.azure: Forbidden: only with provider Azure"}},
		"of an unknown key":        {file: valid + "storage: {provider: Volumes, volumes: {storageClass: data}, colour: red}\n", want: []string{"23: storage.colour: " + unknown}},
		"that is a text":           {file: valid + "storage: here\n", want: []string{"23: storage: must be a map, not string"}},
	})
}

func TestLoadRefusesStorageInAzureThatCannotBe(t *testing.T) {
	const (
		uuid   = ": must be the tenant's id, a UUID, as 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
		subnet = ": must be the subnet's ARM id: /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.Network/virtualNetworks/<name>/subnets/<name>"
		ranges = ": must be a range of addresses, as 10.0.0.4/32; everything (/0) is not allowed"
		secret = ": must not lie in 169.254.0.0/16, where a cloud tells a machine its secrets"
		tag    = ": must be the value of a tag: 1 to 256 characters"
		issuer = "https://oidc-issuer.example.no/"
		scheme = ": must begin with https://; http:// is for a host on this machine only, as localhost, and never in class Production"
	)
	with := func(line string, want ...string) loadCase {
		for i := range want {
			want[i] = "28: storage.azure." + want[i]
		}
		return loadCase{file: inAzure("    " + line), want: want}
	}
	tenant := func(id string) loadCase {
		return loadCase{file: replaced(inAzure(), "tenantId: "+aTenant, "tenantId: \""+id+"\""), want: []string{`26: storage.azure.tenantId: Invalid value: "` + id + `"` + uuid}}
	}
	issued := func(url, want string) loadCase {
		return loadCase{file: replaced(inAzure(), "https://issuer.example.no/", url), want: []string{"27: storage.azure.oidcIssuer: " + want}}
	}
	tryLoad(t, map[string]loadCase{
		"by nothing": {
			file: valid + "storage: {provider: Azure, azure: {}}\n",
			want: []string{`23: storage.azure.tenantId: Invalid value: ""` + uuid, "23: storage.azure.oidcIssuer: Required value: its address, as " + issuer},
		},
		"of a tenant by name":             tenant("example.no"),
		"of a tenant in braces":           tenant("{" + aTenant + "}"),
		"of a tenant with a digit less":   tenant(aTenant[1:]),
		"of a tenant by number":           {file: replaced(inAzure(), "tenantId: "+aTenant, "tenantId: 5"), want: []string{"26: storage.azure.tenantId: must be a text, not number: put it in quotes"}},
		"of an issuer that is no URL":     issued("issuer", `Invalid value: "issuer": must be a whole URL with its host in lower case, as `+issuer),
		"of an insecure issuer":           issued("http://issuer.example.no/", `Invalid value: "http://issuer.example.no/"`+scheme),
		"of an issuer on this machine":    issued("http://127.0.0.1:8080/", `Invalid value: "http://127.0.0.1:8080/": must begin with https://: Entra ID trusts no other issuer`),
		"of an issuer with a query":       issued("https://issuer.example.no/?a", `Invalid value: "https://issuer.example.no/?a": must have no query and no fragment`),
		"of a subnet by name":             with("subnets: [snet-aks]", `subnets[0]: Invalid value: "snet-aks"`+subnet),
		"of a virtual network":            with("subnets: ["+strings.TrimSuffix(aSubnet, "/subnets/snet-aks")+"]", `subnets[0]: Invalid value: "`+strings.TrimSuffix(aSubnet, "/subnets/snet-aks")+`"`+subnet),
		"of what lies below a subnet":     with("subnets: ["+aSubnet+"/a]", `subnets[0]: Invalid value: "`+aSubnet+`/a"`+subnet),
		"of a subnet of another provider": with("subnets: ["+strings.Replace(aSubnet, "Network", "Compute", 1)+"]", `subnets[0]: Invalid value: "`+strings.Replace(aSubnet, "Network", "Compute", 1)+`"`+subnet),
		"of a subnet twice":               with("subnets: ["+aSubnet+", "+strings.ToLower(aSubnet)+"]", `subnets[1]: Duplicate value: "`+strings.ToLower(aSubnet)+`"`),
		"of subnets that are a text":      with("subnets: "+aSubnet, "subnets: must be a list, not string"),
		"at an address without its range": with("addresses: [10.0.0.4]", `addresses[0]: Invalid value: "10.0.0.4"`+ranges),
		"everywhere":                      with("addresses: [10.0.0.4/32, 0.0.0.0/0]", `addresses[1]: Invalid value: "0.0.0.0/0"`+ranges),
		"where a cloud tells secrets":     with("addresses: [169.254.169.254/32]", `addresses[0]: Invalid value: "169.254.169.254/32"`+secret),
		"around where a cloud does so":    with("addresses: [169.254.169.0/24]", `addresses[0]: Invalid value: "169.254.169.0/24"`+secret),
		"at an address twice":             with("addresses: [10.0.0.4/32, 10.0.0.4/32]", `addresses[1]: Duplicate value: "10.0.0.4/32"`),
		"below a domain with a scheme":    with("blobDomain: https://a.no", `blobDomain: Invalid value: "https://a.no": `+notAName),
		"below no domain":                 with(`blobDomain: ""`, `blobDomain: Invalid value: "": `+notAName),
		"with tokens from a host alone":   with("authority: a.no", `authority: Invalid value: "a.no": must be a whole URL with its host in lower case, as https://login.microsoftonline.com/`),
		"with tokens from a tenant":       with("authority: https://a.no/tenant", `authority: Invalid value: "https://a.no/tenant": must have no path: the tenant is named by tenantId`),
		"for a product without a name":    with(`product: " "`, `product: Invalid value: " "`+tag),
		"from a repository of many words": with("repository: "+strings.Repeat("a", 257), `repository: Invalid value: "`+strings.Repeat("a", 257)+`"`+tag),
		"of an unknown key":               with("subscription: a", "subscription: "+unknown),
	})
}

func TestLoadRefusesStorageOnVolumesThatCannotBe(t *testing.T) {
	const quantity = " must be a quantity, as 500m or 2Gi"
	with := func(line, want string) loadCase {
		return loadCase{file: onVolumes("    " + line), want: []string{"27: storage.volumes." + want}}
	}
	tryLoad(t, map[string]loadCase{
		"of no class": {file: valid + "storage: {provider: Volumes, volumes: {}}\n", want: []string{`23: storage.volumes.storageClass: Invalid value: "": ` + notAName}},
		"of a class that is no name": {
			file: replaced(onVolumes(), "storageClass: data", "storageClass: My_Data"), want: []string{`26: storage.volumes.storageClass: Invalid value: "My_Data": ` + notAName},
		},
		"of no size":               with("size: 0", `size: Invalid value: "0": must be at least 1Mi, as 10Gi`),
		"of a size below nought":   with("size: -1Gi", `size: Invalid value: "-1Gi": must be at least 1Mi, as 10Gi`),
		"of a size without unit":   with("size: 10", `size: Invalid value: "10": must be at least 1Mi, as 10Gi`),
		"of a size left empty":     with("size:", `size: Invalid value: "0": must be at least 1Mi, as 10Gi`),
		"of a size in words":       with("size: big", `size: "big"`+quantity),
		"of a size in a list":      with("size: [1Gi]", `size: "[1Gi]"`+quantity),
		"of a size in other units": with("size: 10 GB", `size: "10 GB"`+quantity),
		"of an unknown key":        with("mode: ReadWriteOnce", "mode: "+unknown),
		"of a size and a quota in words, each one": {
			file: replaced(onVolumes("    size: big"), `pods: "200"`, "pods: many"),
			want: []string{`20: quotaProfiles.Medium.pods: "many"` + quantity, `27: storage.volumes.size: "big"` + quantity},
		},
		"that no quota lets an App claim": {
			file: replaced(onVolumes(), `pods: "200"`, `persistentvolumeclaims: "0"`),
			want: []string{`20: quotaProfiles.Medium.persistentvolumeclaims: Invalid value: "0": must be more than 0 with storage provider Volumes: each container of an App is a claim`},
		},
	})
}

func TestLoadTheReceipts(t *testing.T) {
	for name, tc := range map[string]struct{ more, want string }{
		"left out, are kept where the operator is installed":        {"", "serviceowner-system"},
		"empty, are kept where the operator is installed":           {"receipts: {}\n", "serviceowner-system"},
		"without a value, are kept where the operator is installed": {"receipts:\n", "serviceowner-system"},
		"given a namespace, are kept there":                         {"receipts: {namespace: receipts}\n", "receipts"},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, valid+tc.more))
			if err != nil {
				t.Fatal(err)
			}
			if got := operator.Receipts.Namespace; got != tc.want {
				t.Errorf("want %s, got %s", tc.want, got)
			}
		})
	}
	tryLoad(t, map[string]loadCase{
		"in no namespace":                 {file: valid + "receipts: {namespace: \"\"}\n", want: []string{`23: receipts.namespace: Invalid value: "": ` + notALabel}},
		"in a namespace that has no name": {file: valid + "receipts:\n  namespace: My_Own\n", want: []string{`24: receipts.namespace: Invalid value: "My_Own": ` + notALabel}},
		"of an unknown key":               {file: valid + "receipts:\n  days: 5\n", want: []string{"24: receipts.days: " + unknown}},
	})
}
