// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage/azure"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage/volumes"
)

// storageOf is the storage that a configuration names, in a cluster that knows all its kinds; nil where it names none.
func storageOf(operator *configuration.Operator) *storage.Storage {
	if operator.Storage == nil {
		return nil
	}
	made := map[configuration.StorageProvider]func(*configuration.Operator) storage.Provider{
		configuration.StorageAzure: azure.New, configuration.StorageVolumes: volumes.New,
	}[operator.Storage.Provider]
	return &storage.Storage{
		Provider: made(operator), Name: string(operator.Storage.Provider), Scheme: scheme,
		Known: func(schema.GroupVersionKind) bool { return true },
	}
}

// inAzure and onVolumes are configurations of where data is kept.
func inAzure() *configuration.Storage {
	return &configuration.Storage{Provider: configuration.StorageAzure, Azure: &configuration.AzureStorage{
		TenantID: "11111111-2222-3333-4444-555555555555", OIDCIssuer: "https://norwayeast.oic.prod-aks.azure.com/issuer/",
		Addresses: []string{"10.20.0.0/24"},
	}}
}

func onVolumes() *configuration.Storage {
	return &configuration.Storage{Provider: configuration.StorageVolumes,
		Volumes: &configuration.VolumeStorage{StorageClass: "norway", Size: resource.MustParse("10Gi")}}
}

// storedBy are the facts of an App of an owner, whose data a provider keeps.
func storedBy(t testing.TB, config *configuration.Storage, code, name string, containers ...string) app.Facts {
	facts := usualFacts(t)
	facts.Operator.Storage = config
	facts.Code, facts.Owner = code, serviceOwner(code)
	facts.Owner.Spec.Storage.Redundancy = "ZRS"
	facts.Owner.Spec.OrganizationNumber = v1alpha1.OrganizationNumber(fmt.Sprintf("%09d", len(code)))
	facts.Storage = storageOf(facts.Operator)
	facts.App.Name, facts.App.Namespace = name, v1alpha1.NamespacePrefix+code
	facts.App.Spec.Storage = inContainers(containers...)
	return facts
}

// Volumes of a pod come from two hands, and neither may take the other's name or lay one over the other.
func TestWhatAProviderMountsLiesBesideTheRest(t *testing.T) {
	for name, config := range map[string]*configuration.Storage{"Azure": inAzure(), "Volumes": onVolumes()} {
		t.Run(name, func(t *testing.T) {
			// Named as the folders and volumes that an App has anyway.
			facts := storedBy(t, config, "skd", "income", "tmp", "keys", "app-secrets", "accesstoken", "letters")
			pods := podsOf(t, facts, decide.ActionAdmit)
			var names, folders []string
			for _, volume := range pods.Volumes {
				names = append(names, volume.Name)
			}
			for _, mount := range pods.Containers[0].VolumeMounts {
				folders = append(folders, path.Clean(mount.MountPath)+"/")
				if !slices.Contains(names, mount.Name) {
					t.Errorf("%s is mounted and no volume", mount.Name)
				}
			}
			for n, one := range folders {
				for m, other := range folders {
					if n != m && strings.HasPrefix(one, other) {
						t.Errorf("%s lies in %s", one, other)
					}
				}
			}
			slices.Sort(names)
			if len(slices.Compact(names)) != len(pods.Volumes) {
				t.Errorf("two volumes are called the same: %v", names)
			}
		})
	}
}

// claimed is what an App lays claim to, as the cluster and the provider tell things apart: its objects, what these
// are called with the provider, and what its pods get.
func claimed(t rapid.TB, facts app.Facts) []string {
	children, err := (&app.Kind{Operator: facts.Operator}).Render(facts.App, facts, decide.ActionAdmit)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, child := range children {
		all = append(all, objectsOf(t, child, facts)...)
	}
	return all
}

// objectsOf are the names of one child. Those of identities, containers and accounts count wherever they lie, since
// owners' resource groups and accounts have names of their own, which are looked at too.
func objectsOf(t rapid.TB, child apply.Child, facts app.Facts) []string {
	ref, err := apply.Reference(child.Object, scheme)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{fmt.Sprintf("object %s %s/%s", ref.Kind, ref.Namespace, ref.Name)}
	if foreign, is := child.Object.(*unstructured.Unstructured); is {
		within, _, _ := unstructured.NestedString(foreign.Object, "spec", "owner", "name")
		called, _, _ := unstructured.NestedString(foreign.Object, "spec", "azureName")
		names = append(names, fmt.Sprintf("in Azure %s %s of %s/%s", ref.Kind, cmp.Or(called, ref.Name), facts.Code, within))
		if subject, found, _ := unstructured.NestedString(foreign.Object, "spec", "subject"); found {
			names = append(names, "subject "+subject)
		}
	}
	return names
}

// An App's name and its containers' are chosen by people, some of whom would like another's data: no choice of them
// may lead to a container, an identity or a role that another App has.
func TestNoAppGetsWhatIsAnothers(t *testing.T) {
	part := rapid.StringMatching(`[ab]{1,2}`)
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), "-")
	})
	var owners []app.Facts
	for _, config := range []*configuration.Storage{inAzure(), onVolumes()} {
		owners = append(owners, storedBy(t, config, "skd", "income"), storedBy(t, config, "nav", "income"))
	}
	for range sequences {
		rapid.Check(t, func(r *rapid.T) {
			pair := 2 * rapid.IntRange(0, len(owners)/2-1).Draw(r, "storage")
			draw := func() app.Facts {
				facts := owners[pair+rapid.IntRange(0, 1).Draw(r, "owner")]
				facts.App = facts.App.DeepCopy()
				facts.App.Name = name.Draw(r, "App")
				facts.App.Spec.Storage = inContainers(rapid.SliceOfNDistinct(name, 1, 4, rapid.ID[string]).Draw(r, "containers")...)
				return facts
			}
			one, other := draw(), draw()
			if one.Code == other.Code && one.App.Name == other.App.Name {
				return
			}
			if both := common(claimed(r, one), claimed(r, other)); both != "" {
				r.Fatalf("App %s of %s, with %v, and App %s of %s, with %v, both have %s", one.App.Name, one.Code, one.App.Spec.Storage.Containers,
					other.App.Name, other.Code, other.App.Spec.Storage.Containers, both)
			}
		})
	}
}

// common is the first of what two have in common; empty when they have nothing.
func common(one, other []string) string {
	for _, mine := range one {
		if slices.Contains(other, mine) {
			return mine
		}
	}
	return ""
}

// Nor may one lead to what is the service owner's: an App may be called as its owner, and a container as anything.
func TestNoAppGetsWhatIsItsOwners(t *testing.T) {
	for name, config := range map[string]*configuration.Storage{"Azure": inAzure(), "Volumes": onVolumes()} {
		t.Run(name, func(t *testing.T) {
			facts := storedBy(t, config, "skd", "skd", "key", "keys", "vault", "account", "default", "owner", "skd", "lifecycle", "blobs", "storage")
			facts.Owner.Spec.Storage.KeyManagement = "Customer"
			owner, err := storage.OwnerOf(facts.Owner)
			if err != nil {
				t.Fatal(err)
			}
			children, err := facts.Storage.OfOwner(owner, nil)
			if err != nil {
				t.Fatal(err)
			}
			var theirs []string
			for _, child := range children {
				theirs = append(theirs, objectsOf(t, child, facts)...)
			}
			if both := common(theirs, claimed(t, facts)); both != "" {
				t.Errorf("the owner and its App have %s both", both)
			}
		})
	}
}

// An App's own pods read nothing that is another App's: each Secret, ConfigMap and claim in them bears its name.
func TestPodsReadOnlyWhatBearsTheirAppsName(t *testing.T) {
	for name, config := range map[string]*configuration.Storage{"Azure": inAzure(), "Volumes": onVolumes()} {
		t.Run(name, func(t *testing.T) {
			pods := podsOf(t, storedBy(t, config, "skd", "income", "letters"), decide.ActionAdmit)
			for _, read := range readBy(pods) {
				if !strings.HasPrefix(read, "income-") && !strings.HasPrefix(read, "income.") {
					t.Errorf("pods read %s", read)
				}
			}
			if pods.ServiceAccountName != "income" {
				t.Errorf("pods are %s", pods.ServiceAccountName)
			}
		})
	}
}

// readBy are the names of what pods read.
func readBy(pods corev1.PodSpec) (names []string) {
	for _, variable := range pods.Containers[0].Env {
		if from := variable.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
			names = append(names, from.ConfigMapKeyRef.Name)
		}
	}
	for _, from := range pods.Containers[0].EnvFrom {
		if from.ConfigMapRef != nil {
			names = append(names, from.ConfigMapRef.Name)
		}
	}
	for _, volume := range pods.Volumes {
		if volume.PersistentVolumeClaim != nil {
			names = append(names, volume.PersistentVolumeClaim.ClaimName)
		}
		if volume.Secret != nil {
			names = append(names, volume.Secret.SecretName)
		}
	}
	return names
}
