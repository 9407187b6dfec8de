#!/usr/bin/env bash
# Runs every fuzzer of the checkout for a while, one after the other, and fails when one finds something. What it found
# stands in testdata/fuzz beside it, and is a test from then on: commit it with what mends it.
#
#   hack/fuzz.sh            30 s each; FUZZTIME=10s says otherwise
#   hack/fuzz.sh PATTERN    those whose package or name match
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly each=${FUZZTIME:-30s}
readonly wanted=${1:-.}
export CGO_ENABLED=0 GOWORK=off

found=0 failed=()
while IFS=: read -r file name; do
	package=./$(dirname "$file")
	[[ "$package $name" =~ $wanted ]] || continue
	found=$((found + 1))
	echo "fuzz: $package $name for $each"
	# The ordinary tests of the package are left out: make test runs them.
	go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$each" -parallel 2 || failed+=("$package $name")
done < <(git ls-files --cached --others --exclude-standard -- '*_test.go' | sort | xargs grep -oHE '^func Fuzz[A-Za-z0-9_]*' | sed 's/func //')

if ((found == 0)); then
	echo "fuzz: nothing matches $wanted" >&2
	exit 1
fi
if ((${#failed[@]} > 0)); then
	printf 'fuzz: %s found something\n' "${failed[@]}" >&2
	exit 1
fi
echo "fuzz: $found fuzzers found nothing"
