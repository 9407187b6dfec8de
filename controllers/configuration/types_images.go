// SPDX-License-Identifier: BSD-3-Clause

package configuration

// Images says which images may run for service owners.
type Images struct {
	// Registries are what the full name of an image must begin with: a registry's host, maybe a folder of it, and
	// a slash, as ghcr.io/altinn/. Docker's own registry is docker.io, and its images without a folder lie in
	// docker.io/library/. Any image is good when left out.
	Registries []string `json:"registries,omitempty"`
	// RequireDigest asks for an image's digest beside its tag, or in its place: what a tag means can change.
	RequireDigest bool `json:"requireDigest,omitempty"`
}
