// SPDX-License-Identifier: BSD-3-Clause

package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/hack/local"
)

const (
	play      = "azure.sandbox/play"
	finalizer = "serviceoperator.azure.com/finalizer"
	scope     = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/default/providers/"
	account   = "storage.azure.com/v20250601 StorageAccount"
	vault     = "keyvault.azure.com/v1api20230701 Vault"
)

// kindsOfAzure has for each kind what is declared, and what Azure then reports of it.
var kindsOfAzure = map[string]struct{ spec, status string }{
	"resources.azure.com/v1api20200601 ResourceGroup": {
		`{location: norwayeast}`,
		`{id: /subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/one, location: norwayeast}`,
	},
	account: {
		`{owner: {name: one}, azureName: stone, location: norwayeast, kind: StorageV2, sku: {name: Standard_GZRS}}`,
		`{id: ` + scope + `Microsoft.Storage/storageAccounts/stone, location: norwayeast, primaryLocation: norwayeast, secondaryLocation: norwaywest,
		  sku: {name: Standard_GZRS, tier: Standard}, kind: StorageV2, provisioningState: Succeeded, primaryEndpoints: {blob: "https://stone.blob.core.windows.net/"}}`,
	},
	"storage.azure.com/v20250601 StorageAccountsBlobService": {
		`{owner: {name: one}, isVersioningEnabled: true, deleteRetentionPolicy: {enabled: true, days: 30}}`,
		`{id: ` + scope + `Microsoft.Storage/storageAccounts/one/blobServices/default, isVersioningEnabled: true, deleteRetentionPolicy: {enabled: true, days: 30}}`,
	},
	"storage.azure.com/v20250601 StorageAccountsBlobServicesContainer": {
		`{owner: {name: one}, azureName: income-responses}`,
		`{id: ` + scope + `Microsoft.Storage/storageAccounts/one/blobServices/default/containers/income-responses, publicAccess: None, leaseState: Available}`,
	},
	"storage.azure.com/v20250601 StorageAccountsManagementPolicy": {
		`{owner: {name: one}, policy: {rules: [{name: r, type: Lifecycle, enabled: true, definition: {actions: {baseBlob: {delete: {daysAfterCreationGreaterThan: 7}}}, filters: {blobTypes: [blockBlob]}}}]}}`,
		`{id: ` + scope + `Microsoft.Storage/storageAccounts/one/managementPolicies/default, policy: {rules: [{name: r, type: Lifecycle, enabled: true, definition: {actions: {baseBlob: {delete: {daysAfterCreationGreaterThan: 7}}}, filters: {blobTypes: [blockBlob]}}}]}}`,
	},
	vault: {
		`{owner: {name: one}, location: norwayeast, properties: {tenantId: 00000000-0000-0000-0000-000000000001, sku: {family: A, name: standard}, softDeleteRetentionInDays: 30}}`,
		`{id: ` + scope + `Microsoft.KeyVault/vaults/one, location: norwayeast, properties: {provisioningState: Succeeded, vaultUri: "https://one.vault.azure.net/", softDeleteRetentionInDays: 30}}`,
	},
	"managedidentity.azure.com/v1api20230131 UserAssignedIdentity": {
		`{owner: {name: one}, location: norwayeast}`,
		`{id: ` + scope + `Microsoft.ManagedIdentity/userAssignedIdentities/one, location: norwayeast, tenantId: 00000000-0000-0000-0000-000000000001}`,
	},
	"managedidentity.azure.com/v1api20230131 FederatedIdentityCredential": {
		`{owner: {name: one}, issuer: https://oidc.local.altinn.cloud/, subject: "system:serviceaccount:so-skd:income", audiences: [api://AzureADTokenExchange]}`,
		`{id: ` + scope + `Microsoft.ManagedIdentity/userAssignedIdentities/one/federatedIdentityCredentials/one, subject: "system:serviceaccount:so-skd:income"}`,
	},
	"authorization.azure.com/v1api20220401 RoleAssignment": {
		`{owner: {group: storage.azure.com, kind: StorageAccount, name: one}, principalId: p, principalType: ServicePrincipal, roleDefinitionReference: {wellKnownName: Storage Blob Data Contributor}}`,
		`{principalId: p, scope: ` + scope + `Microsoft.Storage/storageAccounts/one, roleDefinitionId: /subscriptions/00000000-0000-0000-0000-000000000002/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe}`,
	},
}

func TestTheCRDsOfAzureAreServedWithoutAnybodyToConvertThem(t *testing.T) {
	files, err := filepath.Glob("../../bin/azure/crds/*.yaml")
	if err != nil || len(files) != len(kindsOfAzure) {
		t.Fatalf("want %d CRDs, got %v (%v): run make azure", len(kindsOfAzure), files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(text, &definition); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		versions := definition.Spec.Versions
		if len(versions) != 1 || !versions[0].Served || !versions[0].Storage || versions[0].Subresources.Status == nil {
			t.Errorf("%s: want one version, served and stored with a status", file)
		}
		kind := definition.Spec.Group + "/" + versions[0].Name + " " + definition.Spec.Names.Kind
		if _, ok := kindsOfAzure[kind]; !ok || definition.Spec.Conversion != nil {
			t.Errorf("%s: kind %s is not wanted, or has a conversion", file, kind)
		}
	}
}

func TestAzureThatIsNotMadeIsToldOf(t *testing.T) {
	err := local.InstallAzure(t.Context(), nil, nil, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "run make azure") {
		t.Errorf("the error does not say what makes it: %v", err)
	}
}

// TestAzureIsPlayed shares one control plane among its cases.
func TestAzureIsPlayed(t *testing.T) {
	azure := playAzure(t)
	for kind, declared := range kindsOfAzure {
		t.Run("a "+kind+" becomes Ready, with what Azure reports", func(t *testing.T) {
			object := azure.create(t, kind, "one", declared.spec, nil)
			azure.becomes(t, object, "Succeeded")
			if missing := lacking(parsed(t, declared.status), object.Object["status"]); missing != "" {
				t.Errorf("status lacks %s: %v", missing, object.Object["status"])
			}
		})
	}
	for kind, plays := range map[string]map[string]string{
		account: {"throttled": "TooManyRequests", "forbidden": "AuthorizationFailed", "taken": "StorageAccountAlreadyTaken", "no-key": "KeyVaultEncryptionKeyNotFound"},
		vault:   {"soft-deleted": "ConflictError", "taken": "VaultAlreadyExists"},
	} {
		for name, reason := range plays {
			t.Run("a "+kind+" that is "+name+" fails, and heals when that is over", func(t *testing.T) {
				object := azure.create(t, kind, name, kindsOfAzure[kind].spec, map[string]string{play: name})
				azure.becomes(t, object, reason)
				if ready := condition(object); ready["status"] != "False" || ready["severity"] != "Warning" || ready["message"] == "" {
					t.Errorf("want a warning that says why, got %v", ready)
				}
				azure.patch(t, object, `{"metadata": {"annotations": {"azure.sandbox/play": null}}}`)
				azure.becomes(t, object, "Succeeded")
			})
		}
	}
	t.Run("an annotation that is put on later is played too, one that nobody knows is told of", func(t *testing.T) {
		object := azure.create(t, account, "later", kindsOfAzure[account].spec, nil)
		azure.becomes(t, object, "Succeeded")
		azure.patch(t, object, `{"metadata": {"annotations": {"azure.sandbox/play": "throttled"}}}`)
		azure.becomes(t, object, "TooManyRequests")
		azure.patch(t, object, `{"metadata": {"annotations": {"azure.sandbox/play": "throtled"}}}`)
		azure.becomes(t, object, "UnknownPlay")
	})
	t.Run("a status that a person sets stays until the spec changes", func(t *testing.T) { personSets(t, azure) })
	t.Run("a deletion that is stuck ends when the annotation goes", func(t *testing.T) { stuck(t, azure) })
}

func personSets(t *testing.T, azure *player) {
	object := azure.create(t, account, "moved", kindsOfAzure[account].spec, nil)
	azure.becomes(t, object, "Succeeded")
	byHand := client.RawPatch(types.MergePatchType, []byte(`{"status": {"primaryLocation": "eastus"}}`))
	if err := azure.cluster.Status().Patch(t.Context(), object, byHand); err != nil {
		t.Fatal(err)
	}
	azure.patch(t, object, `{"metadata": {"labels": {"seen": "yes"}}}`)
	// kwok takes the objects of a kind one after another: when a later one is Ready, it has been past this one.
	azure.becomes(t, azure.create(t, account, "after-moved", kindsOfAzure[account].spec, nil), "Succeeded")
	azure.read(t, object)
	if place, _, _ := unstructured.NestedString(object.Object, "status", "primaryLocation"); place != "eastus" {
		t.Errorf("want what was set, got %q", place)
	}
	azure.patch(t, object, `{"spec": {"location": "northeurope", "sku": {"name": "Standard_LRS"}}}`)
	azure.until(t, object, func(object *unstructured.Unstructured) bool {
		place, _, _ := unstructured.NestedString(object.Object, "status", "primaryLocation")
		return place == "northeurope"
	})
	if place, found, _ := unstructured.NestedString(object.Object, "status", "secondaryLocation"); found {
		t.Errorf("want no second place without geographic redundancy, got %q", place)
	}
}

func stuck(t *testing.T, azure *player) {
	object := azure.create(t, account, "stuck", kindsOfAzure[account].spec, map[string]string{play: "stuck"})
	azure.becomes(t, object, "Succeeded")
	azure.until(t, object, func(object *unstructured.Unstructured) bool { return len(object.GetFinalizers()) == 1 })
	if finalizers := object.GetFinalizers(); finalizers[0] != finalizer {
		t.Errorf("want the finalizer of Azure Service Operator, got %v", finalizers)
	}
	if err := azure.cluster.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	azure.becomes(t, object, "ScopeLocked")
	azure.patch(t, object, `{"metadata": {"annotations": {"azure.sandbox/play": null}}}`)
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		err := azure.cluster.Get(ctx, client.ObjectKeyFromObject(object), object)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		t.Errorf("want it to be gone: %v", err)
	}
}
