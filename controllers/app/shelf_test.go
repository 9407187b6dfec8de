// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"errors"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// The kinds of shelves, a storage as simple as can be: an owner has a shelf, an App one for each container and a
// pass for each that it may get at.
var (
	shelfKind = schema.GroupVersionKind{Group: "storage.example.no", Version: "v1", Kind: "Shelf"}
	passKind  = schema.GroupVersionKind{Group: "storage.example.no", Version: "v1", Kind: "Pass"}
)

// shelves is a provider that knows no owner without a region and refuses containers of one name.
type shelves struct{}

var (
	errNoRegion = errors.New("a shelf lies in a region, and the service owner has none")
	errRefused  = errors.New("no shelf can be called refused")
)

// Kinds implements storage.Provider.
func (shelves) Kinds() []storage.Kind {
	return []storage.Kind{{GroupVersionKind: shelfKind, CRD: "shelves.storage.example.no"}, {GroupVersionKind: passKind, CRD: "passes.storage.example.no"}}
}

// OfOwner implements storage.Provider.
func (shelves) OfOwner(owner storage.Owner, _ []storage.Object) ([]apply.Child, error) {
	if owner.Region == "" {
		return nil, errNoRegion
	}
	return []apply.Child{{Object: aShelf(shelfKind, owner.Namespace, owner.Code)}}, nil
}

// OfApp implements storage.Provider.
func (shelves) OfApp(of storage.App) (storage.Share, error) {
	var share storage.Share
	for _, container := range of.Containers {
		if container.Name == "refused" {
			return share, errRefused
		}
		name := of.Name + "." + container.Name
		share.Children = append(share.Children, apply.Child{Object: aShelf(shelfKind, of.Owner.Namespace, name)})
		if of.Access == storage.Granted {
			share.Children = append(share.Children, apply.Child{Object: aShelf(passKind, of.Owner.Namespace, name)})
		}
	}
	share.Env = []corev1.EnvVar{{Name: "SHELF", Value: of.Name}, {Name: "SHELF_OWNER", Value: of.Owner.Code}}
	share.Volumes = []corev1.Volume{{Name: "shelf", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	share.Mounts = []corev1.VolumeMount{{Name: "shelf", MountPath: "/mnt/shelf", ReadOnly: true}}
	share.Hosts = []catalogue.Host{{Host: "shelf.example.no", Addresses: []string{"192.0.2.9/32"}, Ports: []v1alpha1.Port{443}}}
	return share, nil
}

// Judge implements storage.Provider: a shelf says of itself in which region it lies, and what is wrong with it.
func (shelves) Judge(wanted []apply.Child, standing []storage.Object) storage.Report {
	var report storage.Report
	for _, object := range standing {
		fields := object.(*unstructured.Unstructured).Object
		if region, _, _ := unstructured.NestedString(fields, "status", "region"); region != "" {
			report.Places = append(report.Places, gate.Place{What: "shelf " + object.GetName(), Region: v1alpha1.Region(region), Keeps: true})
		}
		if wrong, _, _ := unstructured.NestedString(fields, "status", "wrong"); wrong != "" && slices.ContainsFunc(wanted, isOf(object)) {
			report.Findings = append(report.Findings, brokenShelf(object.GetName(), wrong))
		}
	}
	for _, child := range wanted {
		if !slices.ContainsFunc(standing, func(object storage.Object) bool { return isOf(object)(child) }) {
			report.Awaited = append(report.Awaited, child.GetObjectKind().GroupVersionKind().Kind+" "+child.GetName())
		}
	}
	return report
}

// Fates implements storage.Provider.
func (shelves) Fates(storage.Owner, []storage.Object) []storage.Fate { return nil }

func isOf(object storage.Object) func(apply.Child) bool {
	return func(child apply.Child) bool {
		return child.GetName() == object.GetName() && child.GetObjectKind().GroupVersionKind() == object.GetObjectKind().GroupVersionKind()
	}
}

func brokenShelf(name, wrong string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: v1alpha1.ReasonStorageRefused,
		Message: "Shelf " + name + " is " + wrong, Actor: v1alpha1.ActorPlatform, Remedy: "Mend it",
	}
}

// aShelf is a shelf, or a pass to one. say is what it says of itself, key before value.
func aShelf(kind schema.GroupVersionKind, namespace, name string, say ...string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	object.SetLabels(map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy})
	for n := 0; n+1 < len(say); n += 2 {
		if err := unstructured.SetNestedField(object.Object, say[n+1], "status", say[n]); err != nil {
			panic(err)
		}
	}
	return object
}

// shelved is a storage of shelves in a cluster that knows all kinds but some.
func shelved(unknown ...schema.GroupVersionKind) *storage.Storage {
	return &storage.Storage{
		Provider: shelves{}, Name: "Shelves", Scheme: scheme,
		Known: func(kind schema.GroupVersionKind) bool { return !slices.Contains(unknown, kind) },
	}
}

// keeping are the facts of an App of an owner with shelves, that keeps data in containers.
func keeping(t testing.TB, containers ...string) app.Facts {
	facts := usualFacts(t)
	facts.Storage = shelved()
	facts.App.Spec.Storage = inContainers(containers...)
	return facts
}

// inContainers is what an App declares of data that it keeps in containers.
func inContainers(names ...string) v1alpha1.AppStorage {
	var declared v1alpha1.AppStorage
	for _, name := range names {
		declared.Containers = append(declared.Containers, v1alpha1.Container{Name: name, RetentionDays: 30})
	}
	return declared
}

// onRecord says that an App has shelves and passes on record.
func onRecord(facts *app.Facts, containers ...string) {
	for _, container := range containers {
		for _, kind := range []string{"Shelf", "Pass"} {
			facts.App.Status.Children = append(facts.App.Status.Children,
				v1alpha1.Child{APIVersion: "storage.example.no/v1", Kind: kind, Namespace: "so-skd", Name: "income." + container})
		}
	}
}

// standing says that shelves of App income, and passes to them, are there.
func standing(facts *app.Facts, containers ...string) {
	for _, container := range containers {
		facts.Standing = append(facts.Standing, aShelf(shelfKind, "so-skd", "income."+container), aShelf(passKind, "so-skd", "income."+container))
	}
}
