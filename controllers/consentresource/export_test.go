// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// Registration is what the registry is to hold of a consent.
func (f Facts) Registration(action decide.Action) registration.Plan { return registrationOf(f, action) }
