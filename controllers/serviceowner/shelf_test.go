// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"errors"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// shelf is a provider of storage as small as can be: an Account per service owner, which holds the Containers
// of its Apps and deletes by their names what is old.
type shelf struct{ group string }

// Groups of shelves: the kinds of the first are there from the start, those of the second come later.
const (
	shelfGroup = "shelf.example.no"
	lateGroup  = "late.example.no"
)

// fateAnnotation says on an Account what becomes of the data in it.
const fateAnnotation = "shelf.example.no/fate"

// unbuildable is a redundancy that a shelf cannot give.
const unbuildable v1alpha1.Redundancy = "GZRS"

var _ storage.Provider = shelf{}

func (s shelf) kind(name string) storage.Kind {
	return storage.Kind{
		GroupVersionKind: schema.GroupVersionKind{Group: s.group, Version: "v1", Kind: name},
		CRD:              strings.ToLower(name) + "s." + s.group,
	}
}

// Kinds implements storage.Provider.
func (s shelf) Kinds() []storage.Kind { return []storage.Kind{s.kind("Account"), s.kind("Container")} }

// object is an object of a shelf's, bare.
func (s shelf) object(kind, namespace, name string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{}}
	obj.SetGroupVersionKind(s.kind(kind).GroupVersionKind)
	obj.SetNamespace(namespace)
	obj.SetName(name)
	return obj
}

// OfOwner implements storage.Provider.
func (s shelf) OfOwner(owner storage.Owner, standing []storage.Object) ([]apply.Child, error) {
	if owner.Storage.Redundancy == unbuildable {
		return nil, errors.New("a shelf has one board only")
	}
	account := s.object("Account", owner.Namespace, "data")
	fate := "kept"
	if owner.DeletionPolicy == v1alpha1.DeletionDelete {
		fate = "deleted"
	}
	account.SetAnnotations(map[string]string{fateAnnotation: fate})
	expires := []any{}
	for _, object := range standing {
		if kindOf(object) == "Container" {
			expires = append(expires, object.GetName())
		}
	}
	account.Object["spec"] = map[string]any{
		"location": string(owner.Region), "redundancy": string(owner.Storage.Redundancy), "expires": expires,
	}
	return []apply.Child{{Object: account}}, nil
}

// OfApp implements storage.Provider.
func (shelf) OfApp(storage.App) (storage.Share, error) { return storage.Share{}, nil }

// Judge implements storage.Provider.
func (shelf) Judge(wanted []apply.Child, standing []storage.Object) storage.Report {
	var report storage.Report
	for _, child := range wanted {
		n := slices.IndexFunc(standing, func(object storage.Object) bool {
			return kindOf(object) == child.GetObjectKind().GroupVersionKind().Kind && object.GetName() == child.GetName()
		})
		what := "account " + child.GetName()
		switch {
		case n < 0 || said(standing[n], "ready") != "yes" && said(standing[n], "refused") == "":
			report.Awaited = append(report.Awaited, what)
		case said(standing[n], "refused") != "":
			report.Findings = append(report.Findings, refusedBy(said(standing[n], "refused")))
		}
	}
	for _, object := range standing {
		switch kindOf(object) {
		case "Account":
			if location := said(object, "location"); location != "" {
				report.Places = append(report.Places, gate.Place{What: "account " + object.GetName(), Region: v1alpha1.Region(location), Keeps: true})
			}
		case "Container":
			report.Containers = append(report.Containers, v1alpha1.KeptContainer{Name: object.GetName(), App: object.GetLabels()[v1alpha1.LabelName], RetentionDays: 30})
		}
	}
	return report
}

// refusedBy is what is found when an account says why it is refused.
func refusedBy(why string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: v1alpha1.ReasonStorageRefused,
		Message: "The shelf refuses account data: " + why, Actor: v1alpha1.ActorPlatform, Remedy: "Build another",
	}
}

// Fates implements storage.Provider: it goes by what the objects say.
func (shelf) Fates(owner storage.Owner, standing []storage.Object) []storage.Fate {
	var fates []storage.Fate
	for _, object := range standing {
		if kindOf(object) != "Account" {
			continue
		}
		fate := storage.Fate{What: "account " + object.GetName(), Where: "/shelf/" + owner.Code + "/" + object.GetName(),
			Deleted: object.GetAnnotations()[fateAnnotation] == "deleted", RecoverableDays: owner.Storage.SoftDeleteDays}
		if location := said(object, "location"); location != "" {
			fate.Regions = []v1alpha1.Region{v1alpha1.Region(location)}
		}
		fates = append(fates, fate)
	}
	return fates
}

// kindOf is an object's kind, said a word of its status.
func kindOf(object storage.Object) string { return object.GetObjectKind().GroupVersionKind().Kind }

func said(object storage.Object, field string) string {
	obj, ok := object.(*unstructured.Unstructured)
	if !ok {
		return ""
	}
	text, _, _ := unstructured.NestedString(obj.Object, "status", field)
	return text
}

// account is an Account as it stands, with words of its status.
func account(namespace string, words ...string) *unstructured.Unstructured {
	obj := shelf{shelfGroup}.object("Account", namespace, "data")
	for n := 0; n+1 < len(words); n += 2 {
		if err := unstructured.SetNestedField(obj.Object, words[n+1], "status", words[n]); err != nil {
			panic(err)
		}
	}
	return obj
}

// container is a Container of an App's.
func container(namespace, name, app string) *unstructured.Unstructured {
	obj := shelf{shelfGroup}.object("Container", namespace, name)
	obj.SetLabels(map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelName: app})
	return obj
}

// shelved is the storage of a shelf whose kinds are known, but for those named.
func shelved(unknown ...string) *storage.Storage {
	return &storage.Storage{Provider: shelf{shelfGroup}, Name: "Shelf", Scheme: scheme, Known: func(kind schema.GroupVersionKind) bool {
		return !slices.Contains(unknown, kind.Kind)
	}}
}
