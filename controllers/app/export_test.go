// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// WithReads are the facts of an App that reads something: what is missing of it, and a digest of the
// rest. What was admitted last reads the same.
func (f Facts) WithReads(digest string, missing ...references.Ref) Facts {
	f.Reads = reads{digest: digest, missing: missing}
	f.Kept = f.Reads
	return f
}

// WithKept are the facts of an App of which that which was admitted last reads something else.
func (f Facts) WithKept(digest string, missing ...references.Ref) Facts {
	f.Kept = reads{digest: digest, missing: missing}
	return f
}

// WithAdmitted are the facts of an App of which a spec was admitted.
func (f Facts) WithAdmitted(spec v1alpha1.AppSpec, generation int64, agreement string) Facts {
	f.Admitted = &admission{generation: generation, agreement: agreement, spec: spec}
	return f
}

// WithWithdrawn are the facts of an App that an agreement has taken out of service since it was admitted.
func (f Facts) WithWithdrawn(reason string) Facts {
	last := *f.Admitted
	last.withdrawn = reason
	f.Admitted = &last
	return f
}

// AdmittedSpec is the spec that was admitted last.
func (f Facts) AdmittedSpec() v1alpha1.AppSpec { return f.Admitted.spec }

// Registration is what the registry is to hold of an App, by the spec that an action goes by.
func (f Facts) Registration(action decide.Action) registration.Plan {
	return registrationOf(wantedOf(f.App, f, action).app, f, action)
}
