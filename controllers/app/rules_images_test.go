// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func TestImagesThatMayRun(t *testing.T) {
	asked := func(images configuration.Images, image string) func(*app.Facts) {
		return func(f *app.Facts) {
			operator := *f.Operator
			operator.Images = images
			f.Operator, f.App.Spec.Image = &operator, image
		}
	}
	picky, strict := configuration.Images{Registries: []string{"ghcr.io/altinn/"}}, configuration.Images{RequireDigest: true}
	refused := func(message, remedy string) []decide.Finding {
		return []decide.Finding{{
			Effect: decide.Hold, Reason: v1alpha1.ReasonImageNotAllowed, Message: message, Actor: v1alpha1.ActorServiceOwner, Remedy: remedy,
		}}
	}
	elsewhere := refused("Image docker.io/bitnami/nginx:1 comes from a registry that is not allowed: allowed are ghcr.io/altinn/",
		"Name an image from one of these registries, or ask the platform team to add its registry to images.registries in the operator's configuration")
	for name, tc := range map[string]struct {
		facts  func(*app.Facts)
		action decide.Action
		want   []decide.Finding
	}{
		"any where nothing is asked":                   {facts: asked(configuration.Images{}, "bitnami/nginx:1"), action: decide.ActionAdmit},
		"one of a registry that is allowed":            {facts: asked(picky, "ghcr.io/altinn/income:1"), action: decide.ActionAdmit},
		"one by its digest, where that is asked for":   {facts: asked(strict, "nginx@sha256:"+strings.Repeat("0", 64)), action: decide.ActionAdmit},
		"not one of another registry":                  {facts: asked(picky, "bitnami/nginx:1"), action: decide.ActionHold, want: elsewhere},
		"not one by its tag, where a digest is needed": {facts: asked(strict, "nginx:1"), action: decide.ActionHold, want: refused("Image nginx:1 has no digest, and a tag can come to mean another image", "Name the image with its digest, as name:1.4.2@sha256:<64 digits>")},
		"one that was admitted before runs on": {
			facts: func(f *app.Facts) {
				asked(picky, "bitnami/nginx:1")(f)
				*f = f.WithAdmitted(f.App.DeepCopy().Spec, 1, "skd-2026")
			},
			action: decide.ActionKeep, want: elsewhere,
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			tc.facts(&facts)
			verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			var got []decide.Finding
			for _, finding := range verdict.Findings {
				if finding.Effect == decide.Hold {
					got = append(got, finding)
				}
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" || verdict.Action != tc.action {
				t.Errorf("action %v; findings (-want +got):\n%s", verdict.Action, diff)
			}
		})
	}
}
