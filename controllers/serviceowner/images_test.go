// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

func TestTheNamespaceSaysWhichImagesMayRun(t *testing.T) {
	const registries, digest = v1alpha1.AnnotationImageRegistries, v1alpha1.AnnotationImageDigest
	both := configuration.Images{Registries: []string{"ghcr.io/altinn/", "docker.io/library/"}, RequireDigest: true}
	for name, tc := range map[string]struct {
		images configuration.Images
		live   map[string]string // of the namespace that stands; nil for none
		want   map[string]string
	}{
		"nothing where nothing is asked":                    {want: map[string]string{}},
		"nothing where nothing ever was":                    {live: map[string]string{"example.no/x": "y"}, want: map[string]string{}},
		"what is asked, of one that is made":                {images: both, want: map[string]string{registries: "ghcr.io/altinn/,docker.io/library/", digest: "required"}},
		"what is asked, of one that stands":                 {images: both, live: map[string]string{registries: "ghcr.io/"}, want: map[string]string{registries: "ghcr.io/altinn/,docker.io/library/", digest: "required"}},
		"that nothing is asked any more":                    {live: map[string]string{registries: "ghcr.io/", digest: "required"}, want: map[string]string{registries: "", digest: ""}},
		"that a digest is not asked for any more":           {images: configuration.Images{Registries: []string{"ghcr.io/"}}, live: map[string]string{registries: "ghcr.io/", digest: "required"}, want: map[string]string{registries: "ghcr.io/", digest: ""}},
		"the same, the next time nothing is asked any more": {live: map[string]string{registries: "", digest: ""}, want: map[string]string{registries: "", digest: ""}},
	} {
		t.Run(name, func(t *testing.T) {
			kind := &Kind{Operator: &configuration.Operator{Images: tc.images}}
			var live *corev1.Namespace
			if tc.live != nil {
				live = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Annotations: tc.live}}
			}
			namespace := &corev1.Namespace{}
			kind.sayImages(namespace, live)
			got := map[string]string{}
			maps.Copy(got, namespace.Annotations)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}
