// SPDX-License-Identifier: BSD-3-Clause

// Package tenant holds the baseline of a service owner's namespace as a kustomize base, built into
// the operator. What every tenant gets is read here as plain YAML; the operator fills in name,
// quota and groups. A platform team's overlay names it as ../base and patches it.
package tenant

import "embed"

// Base is the folder base.
//
//go:embed base
var Base embed.FS
