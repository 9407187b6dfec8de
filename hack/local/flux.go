// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// InstallFlux makes the cluster know the kinds of Flux that a service owner's Apps are deployed by, and lets plane play
// Flux: what is declared becomes Ready, or whatever annotation flux.sandbox/play asks for; nothing is deployed. It
// returns when that is so. root is the checkout; what it installs is what make flux makes.
func InstallFlux(ctx context.Context, cluster client.WithWatch, plane Player, root string) error {
	return engine{name: "flux", called: "Flux"}.install(ctx, cluster, plane, root)
}
