// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group of the four kinds, and the prefix of every label and annotation.
const Group = "tenancy.altinn.cloud"

var (
	// GroupVersion is the group and version of the kinds in this package.
	GroupVersion = schema.GroupVersion{Group: Group, Version: "v1alpha1"}

	// SchemeBuilder collects what AddToScheme registers.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme makes the kinds of this package known to a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ServiceOwner{}, &ServiceOwnerList{},
		&DataProcessingAgreement{}, &DataProcessingAgreementList{},
		&App{}, &AppList{},
		&ConsentResource{}, &ConsentResourceList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
