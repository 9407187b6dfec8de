#!/usr/bin/env bash
# Makes bin/cilium/crds: the CRD of CiliumNetworkPolicy, as Cilium installs it, taken out of Cilium's module at the
# version that hack/cilium pins. The first time the module is fetched: 38 MB, and nothing of it is built. When bin/cilium
# is current it takes milliseconds. It counts as made when its stamp, written last, holds the fingerprint of what it is
# made of.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly out=$PWD/bin/cilium
readonly work=$out/.work.$$
readonly package=github.com/cilium/cilium/pkg/k8s/apis/cilium.io/client/crds/v2
readonly crd=ciliumnetworkpolicies.yaml
export CGO_ENABLED=0 GOWORK=off

fingerprint() { cat hack/build-cilium.sh hack/cilium/go.mod hack/cilium/go.sum | git hash-object --stdin; }

# is_current: the stamp matches and the file was not taken away.
is_current() {
	[[ -f $out/crds/$crd && -f $out/stamp && $(<"$out/stamp") == "$(fingerprint)" ]]
}

mkdir -p "$out"
if is_current; then
	exit 0
fi
if command -v flock >/dev/null; then
	exec 9>"$out/.lock"
	flock 9
	rm -rf "$out"/.work.* # of runs that were killed
	if is_current; then
		exit 0
	fi
fi
trap 'rm -rf "$work"' EXIT
echo "cilium: taking the CRD of CiliumNetworkPolicy into bin/cilium; the first time, Cilium's module is fetched"
mkdir -p "$work/crds"
# Nothing of the package is compiled: only the place of its files is asked for.
folder=$(cd hack/cilium && go list -f '{{.Dir}}' "$package")
cp "$folder/$crd" "$work/crds/$crd"
chmod u+w "$work/crds/$crd"
rm -rf "$out/stamp" "$out/crds"
mv "$work/crds" "$out/crds"
fingerprint >"$out/stamp"
