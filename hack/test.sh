#!/usr/bin/env bash
# Runs all tests and ends with the line "N passed, N failed, N skipped". The black-box suite runs by
# itself: it counts the operator's requests, and listens to its silence.
#
#   hack/test.sh [flags for go test]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CGO_ENABLED=0 GOWORK=off
export KUBEBUILDER_ASSETS=${KUBEBUILDER_ASSETS:-$PWD/bin/k8s}

# nested_modules prints the folders of the modules inside this one that have tests.
nested_modules() {
	local file dir
	find . -mindepth 2 -name go.mod -not -path './bin/*' -not -path '*/testdata/*' | sort | while read -r file; do
		dir=$(dirname "$file")
		if [[ -n $(find "$dir" -name '*_test.go' -print -quit) ]]; then
			echo "$dir"
		fi
	done
}

# run_all prints the events of every test, and fails if any run of go test did.
run_all() {
	local status=0 listed packages module
	listed=$(go list ./... | grep -v '/test/e2e')
	read -r -d '' -a packages <<<"$listed" || true # it ends at the end of the text, not at a NUL
	go test -json "$@" "${packages[@]}" || status=1
	if [[ -d test/e2e ]]; then
		go test -json -count=1 "$@" ./test/e2e/... || status=1
	fi
	for module in $(nested_modules); do
		# The flags of hack/build-k8s.sh and hack/build-tools.sh, so that nothing is compiled twice.
		go -C "$module" test -json -trimpath "$@" ./... || status=1
	done
	return "$status"
}

go build -o bin/testsummary ./hack/testsummary
run_all "$@" | bin/testsummary
