#!/usr/bin/env bash
# Looks for known vulnerabilities in what is shipped, the operator and the kubectl plugin, and fails when the code calls
# one in a module. Where nobody can be asked it says loudly that nothing was checked, and does not fail: a machine
# without a network must be able to verify what it can.
#
# The database is that of GOVULNDB; else https://vuln.go.dev; else, where that is not reached, its source as the module
# golang.org/x/vulndb, which comes by the module proxy and is checked by the checksum database like any other.
#
#   hack/vulnerabilities.sh            what verify runs
#   hack/vulnerabilities.sh -strict    fails on what is vulnerable in Go's own library too, as a release must
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CGO_ENABLED=0 GOWORK=off

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

not_checked() {
	echo "************************************************************************" >&2
	echo "vulnerabilities: NOT CHECKED: $1" >&2
	echo "************************************************************************" >&2
	if [[ ${STRICT:-} == 1 ]]; then
		exit 1
	fi
	exit 0
}

# within SECONDS COMMAND...: so that a network that drops what it gets does not hold anybody up.
within() {
	if command -v timeout >/dev/null; then
		timeout --kill-after=5 "$@"
	else
		"${@:2}"
	fi
}

# answers DATABASE: it is there and has a date.
answers() {
	within 20 bin/tools/govulncheck -db "$1" -version 2>/dev/null | grep -q '^DB updated: '
}

# from_proxy prints the folder of the newest copy that the module proxy has.
from_proxy() {
	(cd "$scratch" && GOFLAGS=-mod=mod within 90 go mod download -json golang.org/x/vulndb@latest 2>/dev/null) |
		sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p'
}

find_database() {
	local usual=https://vuln.go.dev folder
	if [[ -n ${GOVULNDB:-} ]]; then
		answers "$GOVULNDB" || not_checked "the database $GOVULNDB, which GOVULNDB names, is unreachable"
		echo "$GOVULNDB"
	elif answers "$usual"; then
		echo "$usual"
	elif folder=$(from_proxy) && [[ -d $folder/data/osv ]]; then
		echo "file://$folder/data/osv"
	else
		not_checked "database unreachable: neither $usual nor the module golang.org/x/vulndb could be read"
	fi
}

strict=()
if [[ ${1:-} == -strict ]]; then
	strict=(-strict) STRICT=1
fi
within 600 hack/build-tools.sh govulncheck || not_checked "govulncheck could not be built"
database=$(find_database)
[[ -n $database ]] || exit 0 # it has been said that nothing was checked
echo "vulnerabilities: by $database"
within 900 bin/tools/govulncheck -db "$database" -json . ./cmd/... >"$scratch/found.json" ||
	not_checked "govulncheck came to no end; the tree must build"
go run ./hack/vulnerabilities "${strict[@]}" <"$scratch/found.json"
