// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// Annotations the operator writes on a service owner's namespace, for the policy serviceowner-operator-images. Nobody
// else may write them; without them, or when they are empty, any image is good.
const (
	// AnnotationImageRegistries holds, with commas between, what the full name of an image must begin with.
	AnnotationImageRegistries = Group + "/image-registries"
	// AnnotationImageDigest is ImageDigestRequired where images must be named by digest.
	AnnotationImageDigest = Group + "/image-digest"

	// ImageDigestRequired is the value of AnnotationImageDigest.
	ImageDigestRequired = "required"
)

// Reasons of what the policies judge too, of Ready.
const (
	// ReasonImageNotAllowed: an App's image comes from a registry that the installation does not allow, or has no
	// digest where it asks for one. What was admitted keeps running.
	ReasonImageNotAllowed = "ImageNotAllowed"
)

// GroupPlatform and GroupBreakGlass are the groups that the policies of config/admission let do what others may not.
const (
	// GroupPlatform declares service owners and what is agreed with them.
	GroupPlatform = "serviceowner-operator:platform"
	// GroupBreakGlass may, in an emergency, write what is otherwise the operator's alone. Nobody is in it by default.
	GroupBreakGlass = "serviceowner-operator:break-glass"
)
