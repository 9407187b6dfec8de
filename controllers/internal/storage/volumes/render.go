// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// folder is where an App finds its containers, each in a folder of its own.
const folder = "/mnt/storage/"

// annotationUnmet, on a claim, names what is asked for and no volume gives.
const annotationUnmet = v1alpha1.Group + "/unmet"

// What no volume gives.
const (
	unmetImmutable = "immutable"
	unmetOwnKey    = "own-key"
)

// customerKeys is the key management that asks for a key of the service owner's own.
const customerKeys v1alpha1.KeyManagement = "Customer"

// settledFields are the fields of a claim's spec. Once a claim stands they are left as they are: the API server
// refuses a change of all but the size, and the size only grows, when the StorageClass allows it and somebody
// wants it.
var settledFields = []string{
	"accessModes", "dataSource", "dataSourceRef", "resources", "selector", "storageClassName", "volumeAttributesClassName",
	"volumeMode", "volumeName",
}

// OfOwner implements storage.Provider. A service owner has no volume of its own.
func (*provider) OfOwner(storage.Owner, []storage.Object) ([]apply.Child, error) { return nil, nil }

// OfApp implements storage.Provider. An App out of service keeps its claims; it has no pods that could get at them.
func (p *provider) OfApp(app storage.App) (storage.Share, error) {
	var share storage.Share
	for _, container := range sorted(app.Containers) {
		share.Children = append(share.Children, apply.Child{Object: p.claim(app, container), Yields: settledFields})
		share.Env = append(share.Env, corev1.EnvVar{Name: variable(container.Name), Value: folder + container.Name})
		share.Volumes = append(share.Volumes, corev1.Volume{Name: volumeName(container.Name), VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(app.Name, container.Name)},
		}})
		share.Mounts = append(share.Mounts, corev1.VolumeMount{Name: volumeName(container.Name), MountPath: folder + container.Name})
	}
	return share, nil
}

// sorted are containers by name: in whatever order they are declared, pods are the same.
func sorted(containers []v1alpha1.Container) []v1alpha1.Container {
	return slices.SortedFunc(slices.Values(containers), func(a, b v1alpha1.Container) int { return cmp.Compare(a.Name, b.Name) })
}

// claimName is the name of a container's claim. No App and no container has a dot in its name, so that App a-b with
// container c has another one than App a with b-c.
func claimName(app, container string) string { return app + "." + container }

// containerOf is the container of a claim.
func containerOf(claim *corev1.PersistentVolumeClaim) string {
	_, container, _ := strings.Cut(claim.Name, ".")
	return container
}

// volumeName is a container's volume in a pod, which is no other volume there.
func volumeName(container string) string { return "data-" + container }

// variable is the environment variable that says where a container is.
func variable(container string) string {
	return "STORAGE_CONTAINER_" + strings.ToUpper(strings.ReplaceAll(container, "-", "_"))
}

// claim is what a container is kept in. All pods of the App read and write it at once.
func (p *provider) claim(app storage.App, container v1alpha1.Container) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: claimName(app.Name, container.Name), Namespace: app.Owner.Namespace,
			Labels: map[string]string{
				v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelServiceOwner: app.Owner.Code, v1alpha1.LabelName: app.Name,
			},
			Annotations: map[string]string{
				v1alpha1.AnnotationRetentionDays: strconv.Itoa(int(container.RetentionDays)),
				annotationUnmet:                  strings.Join(unmet(app.Owner, container), ","),
			},
		},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany},
			StorageClassName: ptr.To(p.class),
			Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: p.size}},
		},
	}
	return claim
}

// unmet are what is asked for and no volume gives.
func unmet(owner storage.Owner, container v1alpha1.Container) []string {
	var words []string
	if container.Immutable {
		words = append(words, unmetImmutable)
	}
	if owner.Storage.KeyManagement == customerKeys {
		words = append(words, unmetOwnKey)
	}
	return words
}
