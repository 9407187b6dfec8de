// SPDX-License-Identifier: BSD-3-Clause

// Package cilium pins the version of Cilium whose CRD of CiliumNetworkPolicy tests are made with. Cilium's module
// holds it, as the file it installs; nothing of Cilium is built.
//
// hack/build-cilium.sh makes bin/cilium of it. It is a module of its own, as hack/azure is, so that what Cilium is
// built from moves no version that the operator is built from.
package cilium

import (
	// The package that the CRD lies in: it is imported so that go.mod names its module.
	_ "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/client/crds/v2"
)
