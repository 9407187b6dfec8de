// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"errors"
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// imageAllowed holds an App whose image may not run here. The API server refuses such an App; this tells of those that
// were there before. What was admitted runs on.
func imageAllowed(facts Facts) []decide.Finding {
	refusal := facts.Operator.Images.Refusal(facts.App.Spec.Image)
	if refusal == nil {
		return nil
	}
	remedy := "Name an image from one of these registries, or ask the platform team to add its registry to images.registries in the operator's configuration"
	if errors.Is(refusal, configuration.ErrDigestMissing) {
		remedy = "Name the image with its digest, as name:1.4.2@sha256:<64 digits>"
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonImageNotAllowed,
		Message: fmt.Sprintf("Image %v", refusal),
		Actor:   v1alpha1.ActorServiceOwner, Remedy: remedy,
	}}
}
