// SPDX-License-Identifier: BSD-3-Clause

package flux

// What the kinds in hack/build-flux.sh are defined in. They are imported so that go.mod names all that it takes to
// read them.
import (
	_ "github.com/fluxcd/kustomize-controller/api/v1"
	_ "github.com/fluxcd/source-controller/api/v1"
)
