// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Resources are what a proof is made from. Of what lies outside the tenants' namespaces there are only the
// namespaces themselves: a policy acts on the pods of its own namespace alone.
type Resources struct {
	Namespaces    []corev1.Namespace
	Policies      []networkingv1.NetworkPolicy
	ServiceOwners []v1alpha1.ServiceOwner
	Apps          []v1alpha1.App
	Deployments   []appsv1.Deployment
	// ReplicaSets and Pods tell whose the pods are that run.
	ReplicaSets, Pods []metav1.PartialObjectMetadata
	// Others are policies of other kinds than NetworkPolicy.
	Others []OtherPolicy
}

// OtherPolicy is a policy of another kind than NetworkPolicy.
type OtherPolicy struct {
	Kind, Namespace, Name string
	Labels                map[string]string
	// Spec is its only one; nil when it has several, or none.
	Spec map[string]any
}

// UnknownOwnerError says that there is no service owner of a code, and which there are.
type UnknownOwnerError struct {
	// Owner is the code asked for.
	Owner string
	// Known are the codes there are, sorted.
	Known []string
}

// Error names the codes there are.
func (e *UnknownOwnerError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("there is no service owner %q: the cluster has none", e.Owner)
	}
	return fmt.Sprintf("there is no service owner %q: there are %s", e.Owner, strings.Join(e.Known, ", "))
}

// Gather reads what a proof is made from, with get and list only. It returns all or an error: a proof from a
// part of the policies would prove nothing. Also for one service owner everything is read, since any other
// may be open towards it.
//
// The order is such that nothing looks wrong for being new: namespaces first, what runs before what it belongs to,
// and policies before the inventories they stand in, since the operator records what it is about to make.
func Gather(ctx context.Context, reader client.Reader, owner string) (Resources, error) {
	var found Resources
	if owner != "" {
		if err := checkOwner(ctx, reader, owner); err != nil {
			return Resources{}, err
		}
	}
	for _, read := range []func() error{
		func() error {
			return pages(ctx, reader, "namespaces", func(l *corev1.NamespaceList) { found.Namespaces = append(found.Namespaces, l.Items...) })
		},
		func() (err error) {
			found.Pods, err = metadata(ctx, reader, "pods", corev1.SchemeGroupVersion.WithKind("Pod"))
			return
		},
		func() (err error) {
			found.ReplicaSets, err = metadata(ctx, reader, "replicasets.apps", appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
			return
		},
		func() error {
			return pages(ctx, reader, "deployments.apps", func(l *appsv1.DeploymentList) {
				found.Deployments = append(found.Deployments, ofTenants(l.Items)...)
			})
		},
		func() error {
			return pages(ctx, reader, "networkpolicies."+networkingv1.GroupName, func(l *networkingv1.NetworkPolicyList) {
				found.Policies = append(found.Policies, ofTenants(l.Items)...)
			})
		},
		func() (err error) { found.Others, err = otherPolicies(ctx, reader); return },
		func() error {
			return pages(ctx, reader, "serviceowners."+v1alpha1.Group, func(l *v1alpha1.ServiceOwnerList) {
				found.ServiceOwners = append(found.ServiceOwners, l.Items...)
			})
		},
		func() error {
			return pages(ctx, reader, "apps."+v1alpha1.Group, func(l *v1alpha1.AppList) { found.Apps = append(found.Apps, l.Items...) })
		},
	} {
		if err := read(); err != nil {
			return Resources{}, err
		}
	}
	return found, nil
}

// checkOwner sees that there is a service owner of the code, before all the rest is read.
func checkOwner(ctx context.Context, reader client.Reader, owner string) error {
	var known []string
	err := pages(ctx, reader, "serviceowners."+v1alpha1.Group, func(l *v1alpha1.ServiceOwnerList) {
		for i := range l.Items {
			known = append(known, l.Items[i].Name)
		}
	})
	if err != nil || slices.Contains(known, owner) {
		return err
	}
	slices.Sort(known)
	return &UnknownOwnerError{Owner: owner, Known: known}
}

// ofTenants are the objects that lie in a service owner's namespace.
func ofTenants[T any, P interface {
	*T
	metav1.Object
}](objects []T) []T {
	return slices.DeleteFunc(objects, func(o T) bool { return v1alpha1.OwnerOfNamespace(P(&o).GetNamespace()) == "" })
}

// metadata reads names, labels and owners of a kind, of which nothing else is needed.
func metadata(ctx context.Context, reader client.Reader, resource string, kind schema.GroupVersionKind) ([]metav1.PartialObjectMetadata, error) {
	var all []metav1.PartialObjectMetadata
	err := read(ctx, reader, resource, func() client.ObjectList {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		return list
	}, func(page client.ObjectList) {
		list, _ := page.(*metav1.PartialObjectMetadataList)
		for _, item := range ofTenants(list.Items) {
			item.ManagedFields = nil // the greater part, and of no use
			all = append(all, item)
		}
	})
	return all, err
}

// pages reads all of a kind that has a Go type.
func pages[L any, P interface {
	*L
	client.ObjectList
}](ctx context.Context, reader client.Reader, resource string, take func(P)) error {
	return read(ctx, reader, resource, func() client.ObjectList { return P(new(L)) }, func(page client.ObjectList) {
		list, _ := page.(P)
		take(list)
	})
}
