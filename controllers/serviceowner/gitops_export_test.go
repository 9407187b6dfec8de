// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

// GitOpsNews is what of Flux's objects wakes an owner.
var GitOpsNews = gitOpsNews
