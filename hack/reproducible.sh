#!/usr/bin/env bash
# Builds what is shipped twice and compares: who has the source can tell whether a binary is of it.
#
#   hack/reproducible.sh           in two folders, each with an empty build cache, in two time zones: minutes
#   hack/reproducible.sh -shared   with this machine's cache: seconds. The cache is found by all that goes into a package,
#                                  so that the second build finds all of the first only if nothing of the folder went in;
#                                  it says nothing of whether compiling something twice gives the same
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

shared=""
if [[ ${1:-} == -shared ]]; then
	shared=1
fi
scratch=$(mktemp -d)
# What go wrote into a cache of modules is read-only; what it wrote into one of builds is not.
trap 'rm -rf "$scratch"' EXIT

# All that is in the checkout and not ignored, at one moment: whoever works in it meanwhile makes no difference.
git ls-files -z --cached --others --exclude-standard |
	while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
	tar --create --null --files-from=- --file="$scratch/source.tar"

# tree FOLDER: the source as a clone would have it: no history, and times of its own.
tree() {
	mkdir -p "$1"
	tar -xmf "$scratch/source.tar" -C "$1"
}

# build FOLDER ZONE: as a release is built.
build() {
	if [[ -z $shared ]]; then
		export GOCACHE=$1.cache
	fi
	TZ=$2 GOFLAGS="" make --directory "$1" build plugin VERSION=v0.0.0 >"$1.log" 2>&1 || {
		tail -n 20 "$1.log" >&2
		echo "reproducible: it does not build" >&2
		exit 1
	}
	(cd "$1/bin" && sha256sum operator kubectl-altinn)
}

tree "$scratch/one"
tree "$scratch/another/folder"
first=$(build "$scratch/one" UTC)
second=$(build "$scratch/another/folder" Pacific/Auckland)
if [[ $first != "$second" ]]; then
	diff <(echo "$first") <(echo "$second") >&2 || true
	echo "reproducible: two builds of the same source differ" >&2
	exit 1
fi
echo "reproducible: both builds are the same"
echo "$first"
