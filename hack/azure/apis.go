// SPDX-License-Identifier: BSD-3-Clause

package azure

// What the kinds in hack/build-azure.sh are defined in. They are imported so that go.mod names all that it takes to
// read them.
import (
	_ "github.com/Azure/azure-service-operator/v2/api/authorization/v1api20220401"
	_ "github.com/Azure/azure-service-operator/v2/api/keyvault/v1api20230701"
	_ "github.com/Azure/azure-service-operator/v2/api/managedidentity/v1api20230131"
	_ "github.com/Azure/azure-service-operator/v2/api/resources/v1api20200601"
	_ "github.com/Azure/azure-service-operator/v2/api/storage/v20250601"
)
