#!/usr/bin/env bash
# Makes the part of Azure that the local control plane plays, into bin/azure: the CRDs of Azure Service Operator, of
# exactly the kinds that data is kept in, generated from its Go types at the version that hack/azure pins; and the stages
# by which kwok plays Azure Service Operator, and Azure behind it, made of hack/azure. When bin/azure is current it takes
# milliseconds. A part counts as made when its stamp, written last, holds the fingerprint of what it is made of.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly out=$PWD/bin/azure
readonly work=$out/.work.$$
readonly module=github.com/Azure/azure-service-operator/v2
# The kinds: group, version, kind, and what Azure calls it.
readonly kinds=(
	"resources.azure.com v1api20200601 ResourceGroup Microsoft.Resources/resourceGroups"
	"storage.azure.com v20250601 StorageAccount Microsoft.Storage/storageAccounts"
	"storage.azure.com v20250601 StorageAccountsBlobService Microsoft.Storage/storageAccounts/blobServices"
	"storage.azure.com v20250601 StorageAccountsBlobServicesContainer Microsoft.Storage/storageAccounts/blobServices/containers"
	"storage.azure.com v20250601 StorageAccountsManagementPolicy Microsoft.Storage/storageAccounts/managementPolicies"
	"keyvault.azure.com v1api20230701 Vault Microsoft.KeyVault/vaults"
	"managedidentity.azure.com v1api20230131 UserAssignedIdentity Microsoft.ManagedIdentity/userAssignedIdentities"
	"managedidentity.azure.com v1api20230131 FederatedIdentityCredential Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
	"authorization.azure.com v1api20220401 RoleAssignment Microsoft.Authorization/roleAssignments"
)
export CGO_ENABLED=0 GOWORK=off

# fingerprint PART: of everything the part is made of, except the Go toolchain.
fingerprint() {
	case $1 in
	crds) cat hack/build-azure.sh hack/azure/go.mod hack/azure/go.sum hack/tools/go.mod hack/tools/go.sum ;;
	stages) cat hack/build-azure.sh hack/azure/stages.yaml hack/azure/status/*.yaml ;;
	esac | git hash-object --stdin
}

# is_current PART: the stamp matches and no file was taken away.
is_current() {
	local group version kind type
	while read -r group version kind type; do
		[[ -f $out/$1/${kind,,}.yaml ]] || return 1
	done < <(printf '%s\n' "${kinds[@]}")
	[[ -f $out/$1.stamp && $(<"$out/$1.stamp") == "$(fingerprint "$1")" ]]
}

# put PART: what was made takes the place of what was there.
put() {
	rm -rf "$out/$1.stamp" "${out:?}/$1"
	mv "$work/$1" "$out/$1"
	fingerprint "$1" >"$out/$1.stamp"
}

# generate runs controller-gen inside the module that requires Azure Service Operator. Azure reports some numbers as
# floats, which is "dangerous" to controller-gen and what the CRDs of Azure Service Operator hold too.
generate() {
	local packages
	read -r -d '' -a packages < <(printf '%s\n' "${kinds[@]}" |
		sed -E "s|^([a-z]+)[^ ]* ([^ ]*) .*|paths=$module/api/\1/\2|" | sort -u) || true # it ends at the end of the text
	(cd hack/azure && ../../bin/tools/controller-gen crd:maxDescLen=0,allowDangerousTypes=true \
		"${packages[@]}" output:crd:dir="$work/generated")
}

make_crds() {
	local group version kind type file started
	hack/build-tools.sh controller-gen
	started=$SECONDS
	echo "azure: generating the CRDs of Azure Service Operator into bin/azure; the first time, it is fetched"
	mkdir -p "$work/crds" "$work/generated"
	generate
	while read -r group version kind type; do
		file=$(grep -lx "    kind: $kind" "$work/generated/${group}_"*.yaml) || {
			echo "azure: controller-gen wrote no CRD of $kind" >&2
			exit 1
		}
		mv "$file" "$work/crds/${kind,,}.yaml"
	done < <(printf '%s\n' "${kinds[@]}")
	put crds
	echo "azure: CRDs generated in $((SECONDS - started)) s"
}

# stage NAME API KIND TYPE: the stages of one kind.
stage() {
	local line
	while IFS= read -r line; do
		if [[ $line == *@STATUS@ ]]; then
			sed "s|^|${line%@STATUS@}|" "hack/azure/status/$1.yaml"
			continue
		fi
		line=${line//@NAME@/$1}
		line=${line//@API@/$2}
		line=${line//@KIND@/$3}
		echo "${line//@TYPE@/$4}"
	done < <(grep -v '^#' hack/azure/stages.yaml)
}

make_stages() {
	local group version kind type
	mkdir "$work/stages"
	while read -r group version kind type; do
		stage "${kind,,}" "$group/$version" "$kind" "$type" >"$work/stages/${kind,,}.yaml"
	done < <(printf '%s\n' "${kinds[@]}")
	put stages
}

mkdir -p "$out"
if is_current crds && is_current stages; then
	exit 0
fi
if command -v flock >/dev/null; then
	exec 9>"$out/.lock"
	flock 9
	rm -rf "$out"/.work.* # of runs that were killed
fi
trap 'rm -rf "$work"' EXIT
mkdir "$work"
is_current crds || make_crds
is_current stages || make_stages
