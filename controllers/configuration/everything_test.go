// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
)

func TestLoadReadsEverything(t *testing.T) {
	pods := func(count string) corev1.ResourceList { return corev1.ResourceList{"pods": resource.MustParse(count)} }
	medium := pods("200")
	medium[corev1.ResourceRequestsCPU] = resource.MustParse("32")
	want := &Operator{
		TypeMeta:    metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind},
		Environment: Environment{Name: "tt02", Class: Test, AppsHost: "apps.tt02.altinn.no", PlatformHost: "platform.tt02.altinn.no"},
		Gateway:     Gateway{Kind: GatewayAPI, Namespace: "traefik", Name: "public"},
		Egress: Egress{Provider: EgressCilium, Internal: []string{"10.244.0.0/16"}, Hosts: map[string][]string{
			"maskinporten.no": {"139.105.36.164/32", "139.105.36.165/32"}, "idporten.no": {"139.105.36.167/32"},
		}},
		QuotaProfiles: map[v1alpha1.QuotaProfile]corev1.ResourceList{v1alpha1.QuotaSmall: pods("50"), v1alpha1.QuotaMedium: medium, v1alpha1.QuotaLarge: pods("1000")},
		Regions:       Regions{Allowed: []v1alpha1.Region{"norwayeast"}, Exceptional: []v1alpha1.Region{"swedencentral"}},
		Agreements:    Agreements{Terms: Terms{Version: "1.8", ValidFrom: "2026-01-05", GraceDays: 180}, GraceDays: 14, AfterGrace: SuspendAfterGrace},
		Tenant:        Tenant{Overlay: "/etc/overlay"},
		Registry:      &Registry{URL: "https://platform.tt02.altinn.no", CallsPerSecond: 2.5, Resync: metav1.Duration{Duration: 30 * time.Minute}},
		Maskinporten: &Maskinporten{
			Issuer: "https://test.maskinporten.no/", ClientID: "operator", OrganizationNumber: "991825827",
			KeyVault: &KeyVault{URL: "https://my-vault.vault.azure.net", Key: "operator", Version: "0123456789abcdef0123456789abcdef", KeyID: "operator-2026"},
		},
		SelfService: &SelfService{
			URL: "https://api.test.samarbeid.digdir.no", CallsPerSecond: 5, Resync: metav1.Duration{Duration: 20 * time.Minute},
			Propagation: metav1.Duration{Duration: time.Minute}, Keys: Keys{Algorithm: RS512, Bits: 4096, RotateAfter: metav1.Duration{Duration: 24 * time.Hour}, Ready: 200},
		},
		Catalogue: map[v1alpha1.Solution]catalogue.Override{
			"KRR": {
				Hosts:  []catalogue.Host{{Host: "krr.example.no", Addresses: []string{"192.0.2.1/32"}, Ports: []v1alpha1.Port{443, 8443}}},
				Scopes: []v1alpha1.Scope{"krr:a"}, Allowed: []string{"krr:a", "krr:b*"}, Availability: "by day", LogRetention: "1 month", SetUp: "Ask first.",
			},
			"IDPorten": {Issuer: "https://login.example.no"},
		},
		Consents: Consents{Templates: []ConsentTemplate{{Name: "poa"}, {Name: "bst_krav", ServiceOwners: []v1alpha1.OrgCode{"skd", "nav"}}}},
		Storage: &Storage{Provider: StorageAzure, Azure: &AzureStorage{
			TenantID: "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9", OIDCIssuer: "https://issuer.example.no/", Subnets: []string{aSubnet},
			Addresses: []string{"10.0.0.4/32"}, BlobDomain: "blob.example.no", Authority: "https://login.example.no/", Product: "tenancy", Repository: "ours",
		}},
		Receipts:    Receipts{Namespace: "receipts"},
		Isolation:   Isolation{Probe: &Probe{Namespace: "probe"}},
		Concurrency: 3,
	}
	got, err := Load(fileOf(t, strings.Replace(edited("kind: Ingress", "kind: GatewayAPI\n  name: public"), "egress:\n", "egress:\n  provider: Cilium\n  internal: [10.244.0.0/16]\n", 1)+"tenant: {overlay: /etc/overlay}\nconcurrency: 3\nregions: {allowed: [norwayeast], exceptional: [swedencentral]}\n"+
		"agreements: {terms: {version: \"1.8\", validFrom: \"2026-01-05\", graceDays: 180}, graceDays: 14, afterGrace: Suspend}\n"+
		"registry: {url: \"https://platform.tt02.altinn.no\", callsPerSecond: 2.5, resync: 30m}\n"+
		"maskinporten: {issuer: \"https://test.maskinporten.no/\", clientId: operator, organizationNumber: \"991825827\", "+
		"keyVault: {url: \"https://my-vault.vault.azure.net\", key: operator, version: 0123456789abcdef0123456789abcdef, keyId: operator-2026}}\n"+
		"selfService: {url: \"https://api.test.samarbeid.digdir.no\", callsPerSecond: 5, resync: 20m, propagation: 1m, keys: {algorithm: RS512, bits: 4096, rotateAfter: 24h, ready: 200}}\n"+
		"catalogue: {KRR: {hosts: [{host: krr.example.no, addresses: [192.0.2.1/32], ports: [443, 8443]}], scopes: [\"krr:a\"], allowed: [\"krr:a\", \"krr:b*\"], "+
		"availability: by day, logRetention: 1 month, setUp: Ask first.}, IDPorten: {issuer: \"https://login.example.no\"}}\n"+
		"consents: {templates: [{name: poa}, {name: bst_krav, serviceOwners: [skd, nav]}]}\n"+
		"storage: {provider: Azure, azure: {tenantId: 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9, oidcIssuer: \"https://issuer.example.no/\", subnets: ["+aSubnet+"], "+
		"addresses: [10.0.0.4/32], blobDomain: blob.example.no, authority: \"https://login.example.no/\", product: tenancy, repository: ours}}\n"+
		"receipts: {namespace: receipts}\nisolation: {probe: {namespace: probe}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}
