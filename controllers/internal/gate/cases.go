// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// Holding is what every case of one service owner shares.
type Holding struct {
	// Code is the service owner's code.
	Code string
	// Owner is the service owner; nil when there is none.
	Owner *v1alpha1.ServiceOwner
	// Agreements are all of the service owner's, sorted by name.
	Agreements []v1alpha1.DataProcessingAgreement
	// Operator is the operator's configuration.
	Operator *configuration.Operator
}

// OfOwner is the service owner's own case: has it an agreement at all?
func (h Holding) OfOwner() *Case {
	return &Case{Holding: h, Needs: []Need{{v1alpha1.ChapterAltinn, "every service owner"}}}
}

// OfApp is an App's case by a spec of it. It needs the chapter of the platform it lives on, and one for
// each shared solution it integrates with.
func (h Holding) OfApp(spec *v1alpha1.AppSpec) *Case {
	c := &Case{
		Holding: h, Processing: &spec.Processing,
		Needs: append(make([]Need, 0, 1+len(spec.Integrations)), Need{v1alpha1.ChapterAltinn, "every App"}),
		Kept: append(make([]Kept, 0, 1+len(spec.Storage.Containers)),
			Kept{"the data", "spec.processing.retentionDays", spec.Processing.RetentionDays}),
	}
	for _, integration := range spec.Integrations {
		if chapter, needed := integration.Solution.Chapter(); needed {
			c.Needs = append(c.Needs, Need{chapter, "integration " + string(integration.Solution)})
		}
	}
	for _, container := range spec.Storage.Containers {
		c.Kept = append(c.Kept, Kept{"container " + container.Name,
			fmt.Sprintf("retentionDays of container %s in spec.storage", container.Name), container.RetentionDays})
	}
	return c
}

// OfConsent is a ConsentResource's case. It lives on the platform, and its data is fetched by
// Maskinporten's tokens, which its App's integration answers for.
func (h Holding) OfConsent(spec *v1alpha1.ConsentResourceSpec) *Case {
	return &Case{
		Holding: h, Processing: &spec.Processing,
		Needs: []Need{{v1alpha1.ChapterAltinn, "every ConsentResource"}},
		Kept:  []Kept{{"the data", "spec.processing.retentionDays", spec.Processing.RetentionDays}},
	}
}
