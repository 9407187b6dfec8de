// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import "strings"

// Labels of everything the operator makes.
const (
	// LabelManagedBy names the program that made an object; its value is ManagedBy.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// LabelName names the App an object belongs to.
	LabelName = "app.kubernetes.io/name"
	// LabelServiceOwner names the service owner an object belongs to, by code.
	LabelServiceOwner = Group + "/service-owner"
	// LabelClient, on a Secret, names the client whose key it holds, in lower case.
	LabelClient = Group + "/client"
	// LabelReceipt, on a ConfigMap, says what it is the receipt of; its value is ReceiptDeletion.
	LabelReceipt = Group + "/receipt"
	// LabelRegion, on a namespace, names the region its data is kept in.
	LabelRegion = Group + "/region"

	// ReceiptDeletion is the value of LabelReceipt on the receipt of a service owner's deletion.
	ReceiptDeletion = "deletion"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "serviceowner-operator"
)

// Annotations the operator writes.
const (
	// AnnotationApplied holds a digest of what the operator last wrote to an object, so that a field
	// it no longer wants is seen.
	AnnotationApplied = Group + "/applied"
	// AnnotationOwner holds kind and name of the resource an object was made for, where no
	// ownerReference may stand (tenant namespaces and what keeps them isolated outlive a deletion
	// under Retain).
	AnnotationOwner = Group + "/owner"
	// AnnotationOrganizationNumber, on a tenant namespace, holds its controller's organisation
	// number, so that the code alone does not open one body's data to another.
	AnnotationOrganizationNumber = Group + "/organization-number"
	// AnnotationCredentials, on a pod template, names the Secrets with keys that the pods read, so that
	// no key is dropped that one of them has.
	AnnotationCredentials = Group + "/credentials"
	// AnnotationKeyID, on a Secret, holds the kid of the key in it.
	AnnotationKeyID = Group + "/key-id"
	// AnnotationRetentionDays, on a container, holds after how many days what is in it is deleted.
	AnnotationRetentionDays = Group + "/retention-days"
	// AnnotationConfig, on a pod template, holds a digest of the ConfigMaps and Secrets the pods
	// read, so that a change in them rolls the pods.
	AnnotationConfig = Group + "/config"
)

// AnnotationAgreement names, on the record of an admitted revision, the DataProcessingAgreement that
// covered it.
const AnnotationAgreement = Group + "/agreement"

// AnnotationWithdrawn tells, on the record of an admitted revision, for what reason an agreement took it
// out of service. Without it, whoever deleted a stopped agreement would start again what it stopped.
const AnnotationWithdrawn = Group + "/withdrawn"

// Annotations users write.
const (
	// AnnotationAcceptBreakingChange, on a ConsentResource, holds the generation whose change may
	// break existing consumers.
	AnnotationAcceptBreakingChange = Group + "/accept-breaking-change"
	// AnnotationRotateKeys, on an App, makes each of its clients get a new key when its text is another
	// than the last one acted on. The old key stays until no pod reads it.
	AnnotationRotateKeys = Group + "/rotate-keys"
	// AnnotationRevokeKeys, on an App, does the same at once: for keys that others have come to know. Pods
	// that still read the old one get no tokens until they are replaced.
	AnnotationRevokeKeys = Group + "/revoke-keys"
)

// FinalizerInventory keeps a resource until what it made and no ownerReference covers is removed.
const FinalizerInventory = Group + "/inventory"

// FinalizerRegistration keeps a resource until what it has in Altinn's Resource Registry is accounted for.
const FinalizerRegistration = Group + "/registration"

// FinalizerCredentials keeps an App until its clients at Digdir are deactivated.
const FinalizerCredentials = Group + "/credentials"

// NamespacePrefix and a service owner's code make the name of its namespace.
const NamespacePrefix = "so-"

// OwnerOfNamespace returns the code of the service owner a namespace is for by its name; empty for
// a namespace that is not a service owner's.
func OwnerOfNamespace(namespace string) string {
	code, found := strings.CutPrefix(namespace, NamespacePrefix)
	if !found {
		return ""
	}
	return code
}
