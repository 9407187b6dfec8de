// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"testing"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// picky is a configuration, and picked the namespaces that the operator writes it on.
var (
	picky  = configuration.Images{Registries: []string{"ghcr.io/altinn/", "docker.io/library/", "r.no:5000/"}}
	strict = configuration.Images{RequireDigest: true}
)

func pickyNamespace(t *testing.T, name string, images configuration.Images) {
	t.Helper()
	annotations := obj{}
	for key, value := range images.Annotations() {
		annotations[key] = value
	}
	standing(t, "namespaces", namespace(name, set("metadata.annotations", annotations)))
}

// imageCases are images and whether picky lets them be.
var imageCases = map[string]bool{
	"ghcr.io/altinn/income:1":              true,
	"ghcr.io/altinn/team/income:1":         true,
	"ghcr.io/altinn/income" + digest:       true,
	"docker.io/library/nginx:1":            true,
	"docker.io/nginx:1":                    true,
	"index.docker.io/nginx:1":              true,
	"index.docker.io/library/nginx:1":      true,
	"nginx:1":                              true,
	"library/nginx:1":                      true,
	"r.no:5000/income:1":                   true,
	"ghcr.io/altinnx/income:1":             false,
	"ghcr.io/altinn-evil/income:1":         false,
	"ghcr.io/income:1":                     false,
	"ghcr.io:443/altinn/income:1":          false,
	"GHCR.io/altinn/income:1":              false,
	"evil.no/ghcr.io/altinn/income:1":      false,
	"evil.no/docker.io/library/nginx:1":    false,
	"altinn/income:1":                      false,
	"bitnami/nginx:1":                      false,
	"docker.io/bitnami/nginx:1":            false,
	"index.docker.io/bitnami/nginx:1":      false,
	"r.no/income:1":                        false,
	"localhost/ghcr.io/altinn/income:1":    false,
	"Library/nginx:1":                      false,
	"ghcr.io.evil.no/altinn/income:1":      false,
	"registry-1.docker.io/library/nginx:1": false,
}

// What runs comes from where the platform team says, and the same image is told apart however it is named.
func TestAttackByAnImageFromElsewhere(t *testing.T) {
	pickyNamespace(t, "so-picky", picky)
	for image, allowed := range imageCases {
		says := ""
		if !allowed {
			says = " comes from a registry that is not allowed: allowed are ghcr.io/altinn/, docker.io/library/, r.no:5000/"
		}
		t.Run(image, func(t *testing.T) {
			if got := picky.Refusal(image) == nil; got != allowed {
				t.Errorf("the operator lets it be: %v; the policy: %v", got, allowed)
			}
			for sentence, try := range map[string]attempt{
				"an App":                creates("apps", at("so-picky", apps.sampled(t, "income", set("spec.image", image)))),
				"a pod":                 creates("pods", at("so-picky", pod("x", set("spec.containers[0].image", image)))),
				"what a pod does first": creates("pods", at("so-picky", pod("x", set("spec.containers[0].image", "nginx:1"), set("spec.initContainers", list{obj{"name": "first", "image": image}})))),
			} {
				t.Run(sentence, func(t *testing.T) {
					who := stranger
					if sentence != "an App" { // strangers make no pods at all
						who = jobs
					}
					expect(t, try(t.Context(), who), says)
					expect(t, try(t.Context(), rescuer), "")
				})
			}
		})
	}
	t.Run("what a ReplicaSet makes was admitted as an App", func(t *testing.T) {
		for _, who := range []actor{replicaSets, manager} {
			expect(t, creates("pods", at("so-picky", pod("x")))(t.Context(), who), "")
		}
	})
	t.Run("elsewhere any image is good", func(t *testing.T) {
		expect(t, creates("apps", apps.sampled(t, "income", set("spec.image", "bitnami/nginx:1")))(t.Context(), stranger), "")
	})
	t.Run("an empty list is none", func(t *testing.T) {
		standing(t, "namespaces", namespace("so-eased", set("metadata.annotations", obj{
			"tenancy.altinn.cloud/image-registries": "", "tenancy.altinn.cloud/image-digest": ""})))
		expect(t, creates("apps", at("so-eased", apps.sampled(t, "income", set("spec.image", "bitnami/nginx:1"))))(t.Context(), stranger), "")
	})
}

// A tag can be moved to another image after it was looked at; a digest cannot.
func TestAttackByATagThatMoves(t *testing.T) {
	pickyNamespace(t, "so-strict", strict)
	const says = " has no digest, and a tag can come to mean another image"
	for sentence, tc := range map[string]struct {
		image, says string
		allowed     bool
	}{
		"an image by its digest":            {image: "r.no/income" + digest, allowed: true},
		"an image by its tag and digest":    {image: "r.no/income:1.4.2" + digest, allowed: true},
		"an image by its tag":               {image: "r.no/income:1.4.2", says: "image r.no/income:1.4.2 of App income" + says},
		"an image whose tag looks like one": {image: "r.no/income:sha256-" + zeros, says: says},
	} {
		t.Run(sentence, func(t *testing.T) {
			expect(t, creates("apps", at("so-strict", apps.sampled(t, "income", set("spec.image", tc.image))))(t.Context(), stranger), tc.says)
			if got := strict.Refusal(tc.image) == nil; got != tc.allowed {
				t.Errorf("the operator lets it be: %v", got)
			}
		})
	}
}

// What ran before a list got shorter keeps running, and can be edited; only another image must be a good one.
func TestAnImageThatWasThereBeforeIsLetBe(t *testing.T) {
	pickyNamespace(t, "so-picky", picky)
	app := standing(t, "apps", at("so-picky", apps.sampled(t, "old", set("spec.image", "bitnami/nginx:1"))))
	running := standing(t, "pods", at("so-picky", pod("old", set("spec.containers[0].image", "bitnami/nginx:1"))))
	for sentence, tc := range map[string]struct {
		try  attempt
		says string
	}{
		"another field is edited":             {try: changes("apps", app, set("spec.port", 8080))},
		"a good image takes its place":        {try: changes("apps", app, set("spec.image", "ghcr.io/altinn/income:2"))},
		"another bad one takes its place":     {changes("apps", app, set("spec.image", "bitnami/nginx:2")), "image docker.io/bitnami/nginx:2 of App old comes from"},
		"its pod is labelled by a controller": {try: changes("pods", running, set("metadata.labels", obj{"x": "y"}))},
		"its pod gets another image":          {changes("pods", running, set("spec.containers[0].image", "bitnami/nginx:2")), "image docker.io/bitnami/nginx:2 of Pod old comes from"},
	} {
		t.Run(sentence, func(t *testing.T) { expect(t, tc.try(t.Context(), jobs), tc.says) })
	}
}
