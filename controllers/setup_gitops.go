// SPDX-License-Identifier: BSD-3-Clause

package controllers

import "github.com/altinn/serviceowner-operator/controllers/serviceowner"

// flux is what deploys service owners' Apps from their sources. Whether the cluster knows its kinds, now or later, is
// seen as it runs; an owner that declares no source needs none of them.
func (c cluster) flux() *serviceowner.Flux { return serviceowner.NewFlux(c.mgr.GetRESTMapper()) }
