// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// bindings says which of the baseline's RoleBindings a role of spec.access goes into.
var bindings = map[string]v1alpha1.AccessRole{
	"serviceowner-admin":    v1alpha1.RoleAdmin,
	"serviceowner-deployer": v1alpha1.RoleDeployer,
	"serviceowner-viewer":   v1alpha1.RoleViewer,
}

// Render implements engine.Kind: the baseline, with the owner's name, quota and groups put in, and after it
// what its Apps are deployed by and what its data is kept in. A suspended owner keeps all of it.
func (k *Kind) Render(owner *v1alpha1.ServiceOwner, facts Facts, _ decide.Action) ([]apply.Child, error) {
	children := make([]apply.Child, 0, len(k.Baseline))
	parts, err := k.Baseline.copy()
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		child := apply.Child{Object: part}
		switch obj := part.(type) {
		case *corev1.Namespace:
			obj.Name = namespaceOf(owner)
			obj.Annotations = withEntry(obj.Annotations, v1alpha1.AnnotationOrganizationNumber, string(owner.Spec.OrganizationNumber))
			k.sayImages(obj, facts.Namespace)
			obj.Labels = withEntry(obj.Labels, v1alpha1.LabelRegion, string(owner.Spec.Region))
			child.Adopt = owner.Spec.AdoptNamespace
		case *corev1.ResourceQuota:
			obj.Spec.Hard = k.quota(owner)
		case *rbacv1.RoleBinding:
			// One that lets nobody in stays: a grant that ends is then an update, which nothing that fails
			// elsewhere can hold up, as it can pruning.
			obj.Subjects = subjects(obj, owner, facts.Now)
		}
		place(part, owner)
		children = append(children, child)
	}
	slices.SortStableFunc(children, namespaceFirst)
	keeping, err := k.keeping(owner, facts)
	return slices.Concat(children, k.handOver(owner, facts), keeping), err
}

// namespaceFirst puts the namespace before what lies in it, and isolation before access.
func namespaceFirst(a, b apply.Child) int { return cmp.Compare(rank(a), rank(b)) }

func rank(child apply.Child) int {
	switch child.Object.(type) {
	case *corev1.Namespace:
		return 0
	case *rbacv1.RoleBinding:
		return 2
	default:
		return 1
	}
}

// place puts an object into the owner's namespace, under the operator's labels.
func place(obj metav1.Object, owner *v1alpha1.ServiceOwner) {
	if obj.GetNamespace() != "" {
		obj.SetNamespace(namespaceOf(owner))
	}
	labels := withEntry(obj.GetLabels(), v1alpha1.LabelManagedBy, v1alpha1.ManagedBy)
	obj.SetLabels(withEntry(labels, v1alpha1.LabelServiceOwner, owner.Name))
}

// sayImages writes on the namespace which images may run there. What it said before and does not any more is emptied,
// and not left out: nothing takes an annotation off that is no longer rendered.
func (k *Kind) sayImages(namespace, live *corev1.Namespace) {
	told := k.Operator.Images.Annotations()
	for _, key := range []string{v1alpha1.AnnotationImageRegistries, v1alpha1.AnnotationImageDigest} {
		before := false
		if live != nil {
			_, before = live.Annotations[key]
		}
		if value, said := told[key]; said || before {
			namespace.Annotations = withEntry(namespace.Annotations, key, value)
		}
	}
}

// quota is the owner's own, or that of its profile.
func (k *Kind) quota(owner *v1alpha1.ServiceOwner) corev1.ResourceList {
	if len(owner.Spec.Quota.Hard) > 0 {
		return rounded(owner.Spec.Quota.Hard)
	}
	return rounded(k.Operator.QuotaProfiles[owner.Spec.Quota.Profile])
}

// subjects are those of the baseline, and the groups granted the role that have not run out.
func subjects(binding *rbacv1.RoleBinding, owner *v1alpha1.ServiceOwner, now time.Time) []rbacv1.Subject {
	var result []rbacv1.Subject
	for _, subject := range binding.Subjects {
		if subject.Namespace != "" {
			subject.Namespace = namespaceOf(owner)
		}
		result = append(result, subject)
	}
	var groups []string
	for _, grant := range owner.Spec.Access {
		if grant.Role == bindings[binding.Name] && (grant.Until == nil || grant.Until.After(now)) {
			groups = append(groups, grant.Group)
		}
	}
	slices.Sort(groups)
	for _, group := range groups {
		result = append(result, rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: group})
	}
	return result
}

func withEntry(entries map[string]string, key, value string) map[string]string {
	if entries == nil {
		entries = map[string]string{}
	}
	entries[key] = value
	return entries
}
