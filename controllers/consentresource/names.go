// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import "github.com/altinn/serviceowner-operator/api/v1alpha1"

// codeOf is the code of the service owner a consent's namespace is for.
func codeOf(consent *v1alpha1.ConsentResource) string {
	return v1alpha1.OwnerOfNamespace(consent.Namespace)
}

// identifierOf is a consent's id in the Resource Registry: the one declared, or <code>-<name>.
func identifierOf(consent *v1alpha1.ConsentResource) string {
	if consent.Spec.Identifier != "" {
		return consent.Spec.Identifier
	}
	return codeOf(consent) + "-" + consent.Name
}

// listOf is the access list of those who may ask for a consent: each consent has its own, of its own name.
func listOf(consent *v1alpha1.ConsentResource) string { return identifierOf(consent) }

// acceptsBreaking is whether a change that breaks those who ask was accepted for what is declared now.
func acceptsBreaking(consent *v1alpha1.ConsentResource) bool {
	return consent.Annotations[v1alpha1.AnnotationAcceptBreakingChange] == generationOf(consent)
}
