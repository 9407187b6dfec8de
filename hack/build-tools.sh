#!/usr/bin/env bash
# Builds the development tools into bin/tools, at the versions pinned in hack/tools.
# A tool is built again only when its module's go.mod or go.sum, or the Go release, has changed.
#
#   hack/build-tools.sh              all tools
#   hack/build-tools.sh kustomize    only these
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly out=bin/tools
toolchain=$(go version)
readonly toolchain

# golangci-lint has a module of its own: its linters are tested with the versions its authors
# pinned, and a shared module would raise them. So have govulncheck and cyclonedx-gomod.
module_of() {
	case $1 in
	golangci-lint | govulncheck | cyclonedx-gomod) echo "hack/tools/$1" ;;
	*) echo hack/tools ;;
	esac
}

package_of() {
	case $1 in
	controller-gen) echo sigs.k8s.io/controller-tools/cmd/controller-gen ;;
	crd-ref-docs) echo github.com/elastic/crd-ref-docs ;;
	cyclonedx-gomod) echo github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod ;;
	golangci-lint) echo github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
	govulncheck) echo golang.org/x/vuln/cmd/govulncheck ;;
	kustomize) echo sigs.k8s.io/kustomize/kustomize/v5 ;;
	*) echo "build-tools: unknown tool '$1'" >&2 && return 1 ;;
	esac
}

fingerprint() {
	{ cat "$1/go.mod" "$1/go.sum" && echo "$toolchain"; } | git hash-object --stdin
}

build() {
	local name=$1 module package want started
	module=$(module_of "$name")
	package=$(package_of "$name")
	want=$(fingerprint "$module")
	if [[ -x $out/$name && -f $out/$name.stamp && $(<"$out/$name.stamp") == "$want" ]]; then
		return
	fi
	started=$SECONDS
	echo "tools: building $name (the first time takes minutes)"
	# The rename makes it atomic: an interrupted build leaves no half tool and no stamp.
	CGO_ENABLED=0 GOWORK=off go -C "$module" build -mod=readonly -buildvcs=false -trimpath \
		-ldflags "-s -w" -o "$scratch/$name" "$package"
	rm -f "$out/$name.stamp"
	mv "$scratch/$name" "$out/$name"
	echo "$want" >"$scratch/stamp"
	mv "$scratch/stamp" "$out/$name.stamp"
	echo "tools: $name built in $((SECONDS - started)) s"
}

mkdir -p "$out"
scratch=$(mktemp -d "$PWD/$out/.build.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

if (($# == 0)); then
	set -- controller-gen crd-ref-docs kustomize golangci-lint govulncheck cyclonedx-gomod
fi
for name in "$@"; do
	build "$name"
done
