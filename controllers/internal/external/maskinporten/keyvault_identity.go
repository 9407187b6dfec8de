// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// WorkloadIdentity is the operator's own identity at Azure: its service account, which Azure trusts for one application (Azure
// workload identity). Its settings are the environment the workload identity webhook gives the pod, and so it fails where that is
// missing.
//
// A chain that tries whatever it finds, as the SDK's default does, would fall back on the node's identity, which every pod on the
// node can use: the key would then be open to all of them, or the error would be about an identity nobody meant.
func WorkloadIdentity() (azcore.TokenCredential, error) {
	credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{
			MaxRetries: vaultAttempts - 1, TryTimeout: vaultTimeout, RetryDelay: vaultBackoff, MaxRetryDelay: vaultPatience,
		}},
	})
	if err != nil {
		return nil, errors.New("configuring the key vault: the pod has no workload identity: " +
			"AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE are what the webhook sets")
	}
	return credential, nil
}
