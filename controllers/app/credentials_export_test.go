// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Credentials are what an App is to have at Digdir, by the spec that an action goes by.
func (f Facts) Credentials(action decide.Action) credentials.Plan {
	return credentialsOf(wantedOf(f.App, f, action).app, f, action)
}
