// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

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

// Gather reads what a record is made from, in four lists. With an owner's code it asks for Apps and
// ConsentResources in that owner's namespace alone, so that the right to read those is enough. It
// returns all or an error: a record that leaves out what could not be read would be wrong.
func Gather(ctx context.Context, reader client.Reader, owner string) (Resources, error) {
	var owners v1alpha1.ServiceOwnerList
	var agreements v1alpha1.DataProcessingAgreementList
	var apps v1alpha1.AppList
	var consents v1alpha1.ConsentResourceList
	if err := list(ctx, reader, &owners, "serviceowners"); err != nil {
		return Resources{}, err
	}
	var within []client.ListOption
	if owner != "" {
		if err := checkOwner(owners.Items, owner); err != nil {
			return Resources{}, err
		}
		within = append(within, client.InNamespace(v1alpha1.NamespacePrefix+owner))
	}
	if err := list(ctx, reader, &agreements, "dataprocessingagreements"); err != nil {
		return Resources{}, err
	}
	if err := list(ctx, reader, &apps, "apps", within...); err != nil {
		return Resources{}, err
	}
	if err := list(ctx, reader, &consents, "consentresources", within...); err != nil {
		return Resources{}, err
	}
	found := Resources{ServiceOwners: owners.Items, Agreements: agreements.Items, Apps: apps.Items, ConsentResources: consents.Items}
	if owner == "" {
		return found, nil
	}
	found.ServiceOwners = slices.DeleteFunc(found.ServiceOwners, func(o v1alpha1.ServiceOwner) bool { return o.Name != owner })
	found.Agreements = slices.DeleteFunc(found.Agreements, func(a v1alpha1.DataProcessingAgreement) bool { return string(a.Spec.ServiceOwner) != owner })
	return found, nil
}

func checkOwner(owners []v1alpha1.ServiceOwner, owner string) error {
	var known []string
	for _, o := range owners {
		if o.Name == owner {
			return nil
		}
		known = append(known, o.Name)
	}
	slices.Sort(known)
	return &UnknownOwnerError{Owner: owner, Known: known}
}

// list reads all of a kind, and says in one sentence what kept it from that.
func list(ctx context.Context, reader client.Reader, into client.ObjectList, kind string, within ...client.ListOption) error {
	err := reader.List(ctx, into, within...)
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		where := "in the cluster"
		if len(within) > 0 {
			where = "in the service owner's namespace"
		}
		return fmt.Errorf("you may not list %s.%s %s: ask the platform team for the right to", kind, v1alpha1.Group, where)
	case apierrors.IsUnauthorized(err):
		return errors.New("the API server does not know you: log in again")
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return fmt.Errorf("the cluster does not know %s.%s: is the operator installed in it?", kind, v1alpha1.Group)
	}
	if unreached := (*url.Error)(nil); errors.As(err, &unreached) {
		where, _, _ := strings.Cut(unreached.URL, "/apis/")
		return fmt.Errorf("the API server at %s cannot be reached: %w", where, unreached.Err)
	}
	return fmt.Errorf("listing %s.%s: %w", kind, v1alpha1.Group, err)
}
