// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Errors of Refusal, to tell what an image lacks.
var (
	ErrRegistryNotAllowed = errors.New("comes from a registry that is not allowed")
	ErrDigestMissing      = errors.New("has no digest, and a tag can come to mean another image")
)

// maxRegistries is how many characters the registries may have together: a refusal must hold them all, and the API
// server drops a message of more than 5 KiB.
const maxRegistries = 2000

// registry is a host with a dot or a port, or localhost, folders below it, and a slash. Without these two a host
// would be taken for a folder of Docker's own registry.
var (
	registry = regexp.MustCompile(`^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(\.[a-z0-9-]+)*:[0-9]+)/([a-z0-9]+([._-]+[a-z0-9]+)*/)*$`)
	digested = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	hostLike = regexp.MustCompile(`[.:A-Z]`)
)

func validateImages(path *field.Path, images Images) field.ErrorList {
	var wrong field.ErrorList
	list := path.Child("registries")
	if images.Registries != nil && len(images.Registries) == 0 {
		wrong = append(wrong, field.Required(list, "name a registry, or leave the key out for any"))
	}
	for i, name := range images.Registries {
		if !registry.MatchString(name) {
			wrong = append(wrong, field.Invalid(list.Index(i), name, "must be the host of a registry, maybe folders of it, and a slash at the end, as ghcr.io/altinn/ or docker.io/library/"))
		}
		if slices.Contains(images.Registries[:i], name) {
			wrong = append(wrong, field.Duplicate(list.Index(i), name))
		}
	}
	if len(strings.Join(images.Registries, ",")) > maxRegistries {
		wrong = append(wrong, field.TooLong(list, "", maxRegistries))
	}
	return wrong
}

// Annotations say on a service owner's namespace which images may run there, for the policy that reads them.
func (i Images) Annotations() map[string]string {
	told := map[string]string{}
	if len(i.Registries) > 0 {
		told[v1alpha1.AnnotationImageRegistries] = strings.Join(i.Registries, ",")
	}
	if i.RequireDigest {
		told[v1alpha1.AnnotationImageDigest] = v1alpha1.ImageDigestRequired
	}
	return told
}

// Refusal says why an image may not run; nil when it may. It judges as the policy serviceowner-operator-images does.
func (i Images) Refusal(image string) error {
	full := fullName(image)
	if len(i.Registries) > 0 && !slices.ContainsFunc(i.Registries, func(prefix string) bool { return strings.HasPrefix(full, prefix) }) {
		return fmt.Errorf("%s %w: allowed are %s", full, ErrRegistryNotAllowed, strings.Join(i.Registries, ", "))
	}
	if i.RequireDigest && !digested.MatchString(image) {
		return fmt.Errorf("%s %w", image, ErrDigestMissing)
	}
	return nil
}

// fullName is an image's name with the registry it is fetched from. What comes before the first slash is a registry
// when it looks like one; else the registry is Docker's own, which keeps images without a folder under library.
func fullName(image string) string {
	const docker, dockerOnce, library = "docker.io/", "index.docker.io/", "library/"
	first, _, hasFolder := strings.Cut(image, "/")
	if !hasFolder || !hostLike.MatchString(first) && first != "localhost" {
		image = docker + image
	}
	if rest, found := strings.CutPrefix(image, dockerOnce); found {
		image = docker + rest
	}
	if rest, found := strings.CutPrefix(image, docker); found && !strings.Contains(rest, "/") {
		image = docker + library + rest
	}
	return image
}
