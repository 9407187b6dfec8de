// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// identity is a kind of Azure's that lies in a region.
const identity = "managedidentity.azure.com/v1api20230131"

// No personal data leaves the EEA, whoever declares where it is kept.
func TestAttackByARegionOutsideTheEEA(t *testing.T) {
	// Others write none of these kinds at all.
	everybody := []actor{operator, engine, manager, rescuer, administrator}
	for _, region := range []string{"eastus", "uksouth", "switzerlandnorth", "global", "norwayeast2", "norwayeasт", "NorwayEast", "Norway East", " norwayeast"} {
		t.Run("nobody declares "+region, func(t *testing.T) {
			for _, who := range everybody {
				expect(t, creates("userassignedidentities", azure(identity, "UserAssignedIdentity", region))(t.Context(), who),
					"UserAssignedIdentity skd cannot lie in "+region+": personal data stays in the EEA")
			}
		})
	}
	t.Run("nobody moves what stands", func(t *testing.T) {
		stands := standing(t, "userassignedidentities", azure(identity, "UserAssignedIdentity", "norwayeast"))
		for _, who := range everybody {
			expect(t, changes("userassignedidentities", stands, set("spec.location", "eastus"))(t.Context(), who), "cannot lie in eastus")
		}
	})
	for kind, made := range map[string]*unstructured.Unstructured{
		"storageaccounts": object("storage.azure.com/v20250601", "StorageAccount", "skd", set("spec", obj{
			"owner": obj{"name": "skd"}, "kind": "StorageV2", "sku": obj{"name": "Standard_LRS"}, "location": "eastus"})),
		"resourcegroups": object("resources.azure.com/v1api20200601", "ResourceGroup", "skd", set("spec.location", "eastus")),
		"vaults": object("keyvault.azure.com/v1api20230701", "Vault", "skd", set("spec", obj{
			"owner": obj{"name": "skd"}, "location": "eastus", "properties": obj{"tenantID": "0", "sku": obj{"family": "A", "name": "standard"}}})),
	} {
		t.Run("not of "+kind, func(t *testing.T) {
			expect(t, creates(kind, made)(t.Context(), operator), "cannot lie in eastus")
		})
	}
	for _, region := range append(regionNames(), "") {
		t.Run(fmt.Sprintf("the operator declares %q", region), func(t *testing.T) {
			made := azure(identity, "UserAssignedIdentity", region)
			if region == "" { // a kind that lies nowhere
				made = object("storage.azure.com/v20250601", "StorageAccountsBlobService", "skd", set("spec.owner", obj{"name": "skd"}))
				expect(t, creates("storageaccountsblobservices", made)(t.Context(), operator), "")
				return
			}
			expect(t, creates("userassignedidentities", made)(t.Context(), operator), "")
		})
	}
	t.Run("what stood there before can be let go", func(t *testing.T) {
		ctx, kind := t.Context(), cluster.Resource(resourceOf(azure(identity, "UserAssignedIdentity", ""), "userassignedidentities")).Namespace("so-skd")
		held := azure(identity, "UserAssignedIdentity", "norwayeast")
		held.SetFinalizers([]string{"example.no/held"})
		if _, err := kind.Create(ctx, held, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := kind.Delete(ctx, "skd", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		found, err := kind.Get(ctx, "skd", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		gone, err := changed(found, set("spec.location", "eastus"), remove("metadata.finalizers"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.client().Resource(resourceOf(gone, "userassignedidentities")).Namespace("so-skd").Update(ctx, gone, metav1.UpdateOptions{}); err != nil {
			t.Errorf("it must be possible to let it go: %v", err)
		}
	})
}

// The policy repeats the table of regions, since CEL cannot read it.
func TestRegionsOfThePolicyAreTheTable(t *testing.T) {
	objects, err := readObjects(filepath.Join(moduleRoot, "config/admission/regions.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got []v1alpha1.Region
	expression, _ := value(objects[0], "spec.variables[0].expression").(string)
	for _, name := range regexp.MustCompile(`'([^']*)'`).FindAllStringSubmatch(expression, -1) {
		got = append(got, v1alpha1.Region(name[1]))
	}
	var want []v1alpha1.Region
	for _, region := range v1alpha1.Regions {
		want = append(want, region.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the regions of the policy (-table +policy):\n%s", diff)
	}
}
