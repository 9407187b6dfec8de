#!/usr/bin/env bash
# Fails when a generated file is not current, when the linter has something to say, when what is built depends on where
# it is built, or when the code calls what is known to be vulnerable.
# It compares the work tree with itself before generating, so that work in progress may be verified
# too; on a clean clone that is the same as asking for a clean work tree.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
objects=$(git rev-parse --path-format=absolute --git-path objects)
index=$(git rev-parse --path-format=absolute --git-path index)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/objects"

# private_git is git with an index and an object store of its own: the checkout's are left alone.
private_git() {
	GIT_INDEX_FILE=$scratch/index GIT_OBJECT_DIRECTORY=$scratch/objects \
		GIT_ALTERNATE_OBJECT_DIRECTORIES=$objects git --no-pager "$@"
}

# snapshot prints the tree of all that is in the checkout and not ignored, added to git or not.
snapshot() {
	if [[ -f $index ]]; then
		cp "$index" "$scratch/index"
	fi
	private_git add --all
	private_git write-tree
}

before=$(snapshot)
make generate docs chart
after=$(snapshot)
if [[ $before != "$after" ]]; then
	private_git diff "$before" "$after"
	echo "verify: generated files were not current; they are now: commit them" >&2
	private_git diff --stat "$before" "$after" >&2
	exit 1
fi
make lint
hack/reproducible.sh -shared
hack/vulnerabilities.sh
echo "verify: generated files are current, the linter is content, and what is built is the same in any folder"
