#!/usr/bin/env bash
# Makes the part of Flux that the local control plane plays, into bin/flux: the CRDs of Flux, of exactly the kinds that
# a service owner's Apps are deployed by, generated from its Go types at the version that hack/flux pins; and the stages
# by which kwok plays Flux, made of hack/flux. When bin/flux is current it takes milliseconds. A part counts as made when
# its stamp, written last, holds the fingerprint of what it is made of.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly out=$PWD/bin/flux
readonly work=$out/.work.$$
# The kinds: the controller that defines it, group, version and kind.
readonly kinds=(
	"source-controller source.toolkit.fluxcd.io v1 OCIRepository"
	"source-controller source.toolkit.fluxcd.io v1 GitRepository"
	"kustomize-controller kustomize.toolkit.fluxcd.io v1 Kustomization"
)
export CGO_ENABLED=0 GOWORK=off

# fingerprint PART: of everything the part is made of, except the Go toolchain.
fingerprint() {
	case $1 in
	crds) cat hack/build-flux.sh hack/flux/go.mod hack/flux/go.sum hack/tools/go.mod hack/tools/go.sum ;;
	stages) cat hack/build-flux.sh hack/flux/stages.yaml hack/flux/status/*.yaml ;;
	esac | git hash-object --stdin
}

# is_current PART: the stamp matches and no file was taken away.
is_current() {
	local controller group version kind
	while read -r controller group version kind; do
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

make_crds() {
	local controller group version kind file started packages
	hack/build-tools.sh controller-gen
	started=$SECONDS
	echo "flux: generating the CRDs of Flux into bin/flux; the first time, its types are fetched"
	mkdir -p "$work/crds" "$work/generated"
	read -r -d '' -a packages < <(printf '%s\n' "${kinds[@]}" |
		sed -E "s|^([^ ]*) [^ ]* ([^ ]*) .*|paths=github.com/fluxcd/\1/api/\2|" | sort -u) || true # it ends at the end of the text
	(cd hack/flux && ../../bin/tools/controller-gen crd:maxDescLen=0 "${packages[@]}" output:crd:dir="$work/generated")
	while read -r controller group version kind; do
		file=$(grep -lx "    kind: $kind" "$work/generated/${group}_"*.yaml) || {
			echo "flux: controller-gen wrote no CRD of $kind" >&2
			exit 1
		}
		mv "$file" "$work/crds/${kind,,}.yaml"
	done < <(printf '%s\n' "${kinds[@]}")
	put crds
	echo "flux: CRDs generated in $((SECONDS - started)) s"
}

# stage NAME API KIND: the stage of one kind.
stage() {
	local line
	while IFS= read -r line; do
		if [[ $line == *@STATUS@ ]]; then
			sed "s|^|${line%@STATUS@}|" "hack/flux/status/$1.yaml"
			continue
		fi
		line=${line//@NAME@/$1}
		line=${line//@API@/$2}
		echo "${line//@KIND@/$3}"
	done < <(grep -v '^#' hack/flux/stages.yaml)
}

make_stages() {
	local controller group version kind
	mkdir "$work/stages"
	while read -r controller group version kind; do
		stage "${kind,,}" "$group/$version" "$kind" >"$work/stages/${kind,,}.yaml"
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
