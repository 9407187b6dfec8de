// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// InstallAzure makes the cluster know the kinds of Azure Service Operator that data is kept in, and lets plane play that
// operator, and Azure behind it: what is declared becomes Ready, or whatever annotation azure.sandbox/play asks for. It
// returns when that is so. root is the checkout; what it installs is what make azure makes.
func InstallAzure(ctx context.Context, cluster client.WithWatch, plane Player, root string) error {
	return engine{name: "azure", called: "Azure Service Operator"}.install(ctx, cluster, plane, root)
}
