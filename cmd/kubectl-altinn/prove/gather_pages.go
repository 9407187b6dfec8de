// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// pageSize is how many objects are asked for at a time, so that no answer takes long.
const pageSize = 500

// read lists all of a kind, page by page, each into a list of its own.
func read(ctx context.Context, reader client.Reader, resource string, fresh func() client.ObjectList, take func(client.ObjectList)) error {
	for next := ""; ; {
		page := fresh()
		if err := reader.List(ctx, page, client.Limit(pageSize), client.Continue(next)); err != nil {
			return refused(err, "list", resource)
		}
		take(page)
		if next = page.GetContinue(); next == "" {
			return nil
		}
	}
}

// refused says in one sentence what kept a kind from being read.
func refused(err error, verb, resource string) error {
	_, group, _ := strings.Cut(resource, ".")
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("you may not %s %s in the cluster: ask the platform team for the right to", verb, resource)
	case apierrors.IsUnauthorized(err):
		return errors.New("the API server does not know you: log in again")
	case apierrors.IsResourceExpired(err):
		return fmt.Errorf("reading %s took longer than the API server keeps a list: try again", resource)
	case group == v1alpha1.Group && (apierrors.IsNotFound(err) || meta.IsNoMatchError(err)):
		return fmt.Errorf("the cluster does not know %s: is the operator installed in it?", resource)
	}
	if unreached := (*url.Error)(nil); errors.As(err, &unreached) {
		where, _, _ := strings.Cut(unreached.URL, "/api")
		return fmt.Errorf("the API server at %s cannot be reached: %w", where, unreached.Err)
	}
	return fmt.Errorf("reading %s: %w", resource, err)
}

// otherKinds are kinds of policies beside NetworkPolicy that let traffic through or stop it, by the names of
// their CustomResourceDefinitions: those of SIG Network, and of the network plugins in wide use.
var otherKinds = []string{
	"adminnetworkpolicies.policy.networking.k8s.io",
	"baselineadminnetworkpolicies.policy.networking.k8s.io",
	"clusternetworkpolicies.policy.networking.k8s.io",
	"ciliumnetworkpolicies.cilium.io",
	"ciliumclusterwidenetworkpolicies.cilium.io",
	"networkpolicies.crd.projectcalico.org",
	"globalnetworkpolicies.crd.projectcalico.org",
	"networkpolicies.crd.antrea.io",
	"clusternetworkpolicies.crd.antrea.io",
}

// otherPolicies finds what is in force for tenants' pods of kinds that cannot be evaluated here.
func otherPolicies(ctx context.Context, reader client.Reader) ([]OtherPolicy, error) {
	var found []OtherPolicy
	for _, name := range otherKinds {
		definition := &unstructured.Unstructured{}
		definition.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		err := reader.Get(ctx, client.ObjectKey{Name: name}, definition)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, refused(err, "get", "customresourcedefinitions.apiextensions.k8s.io")
		}
		kind := servedKind(definition)
		if kind.Version == "" {
			continue // nothing of it can be there in any version
		}
		if err := addOthers(ctx, reader, name, kind, &found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// servedKind is the kind of a definition in a version that is served.
func servedKind(definition *unstructured.Unstructured) schema.GroupVersionKind {
	kind := schema.GroupVersionKind{}
	kind.Group, _, _ = unstructured.NestedString(definition.Object, "spec", "group")
	kind.Kind, _, _ = unstructured.NestedString(definition.Object, "spec", "names", "kind")
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	for _, entry := range versions {
		version, _ := entry.(map[string]any)
		if served, _ := version["served"].(bool); served {
			kind.Version, _ = version["name"].(string)
		}
	}
	return kind
}

// addOthers adds the objects of a kind that lie in a tenant's namespace, or in none and so act on all.
func addOthers(ctx context.Context, reader client.Reader, resource string, kind schema.GroupVersionKind, found *[]OtherPolicy) error {
	return read(ctx, reader, resource, func() client.ObjectList {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		return list
	}, func(page client.ObjectList) {
		list, _ := page.(*unstructured.UnstructuredList)
		for i := range list.Items {
			item := &list.Items[i]
			if item.GetNamespace() != "" && v1alpha1.OwnerOfNamespace(item.GetNamespace()) == "" {
				continue
			}
			other := OtherPolicy{Kind: kind.Kind, Namespace: item.GetNamespace(), Name: item.GetName(), Labels: item.GetLabels()}
			if _, more := item.Object["specs"]; !more {
				other.Spec, _ = item.Object["spec"].(map[string]any)
			}
			*found = append(*found, other)
		}
	})
}
