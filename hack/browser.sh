#!/usr/bin/env bash
# Gets what the tests of web pages need into bin/browser: a link to Chromium, which is installed with
# apt where there is none, and axe-core, which finds breaches of WCAG, at a pinned version from npm.
# When both are there it takes milliseconds and says nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly out=$PWD/bin/browser
readonly version=4.14.1
readonly package_sha256=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
readonly script_sha256=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

fail() {
	echo "browser: $1" >&2
	exit 1
}

# has_sha256 FILE SUM: the file exists and is the one that was pinned.
has_sha256() {
	[[ -f $1 ]] && echo "$2  $1" | sha256sum --check --status
}

find_chromium() {
	local name
	for name in chromium chromium-browser google-chrome-stable google-chrome; do
		if command -v "$name"; then
			return
		fi
	done
	return 1
}

# install PROGRAM PACKAGE...: installs what is not there.
install() {
	local -a as_root=()
	command -v apt-get >/dev/null || fail "there is no $1, and no apt-get to install it with: put it on the PATH"
	if ((EUID != 0)); then
		sudo -n true 2>/dev/null || fail "there is no $1, and no right to install it: run apt-get install ${*:2} as root"
		as_root=(sudo -n)
	fi
	echo "browser: installing $1 with apt-get"
	"${as_root[@]}" apt-get update -qq || fail "apt-get update failed"
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		"${@:2}" >"$out/apt.log" 2>&1 || fail "apt-get could not install $1: see bin/browser/apt.log"
}

link_chromium() {
	local found
	if [[ -x $out/chromium ]]; then
		return
	fi
	found=$(find_chromium) || { install chromium chromium ca-certificates && found=$(find_chromium); } || fail "Chromium was installed, but is not on the PATH"
	ln -sfn "$found" "$out/chromium"
}

fetch_axe() {
	local scratch
	if has_sha256 "$out/axe.min.js" "$script_sha256"; then
		return
	fi
	command -v npm >/dev/null || install npm npm
	echo "browser: fetching axe-core $version"
	scratch=$(mktemp -d "$out/.axe.XXXXXX")
	# shellcheck disable=SC2064 # the folder of now, not of then
	trap "rm -rf '$scratch'" EXIT
	# npm asks the registry it is configured with; the checksum says whether the answer is right.
	(cd "$scratch" && npm pack --silent "axe-core@$version" >/dev/null) || fail "npm could not fetch axe-core $version"
	has_sha256 "$scratch/axe-core-$version.tgz" "$package_sha256" || fail "axe-core $version is not the package that was pinned: its checksum is another"
	tar --extract --gzip --file "$scratch/axe-core-$version.tgz" --directory "$scratch" package/axe.min.js
	has_sha256 "$scratch/package/axe.min.js" "$script_sha256" || fail "axe.min.js is not the file that was pinned: its checksum is another"
	mv "$scratch/package/axe.min.js" "$out/axe.min.js"
}

mkdir -p "$out"
exec 9>"$out/.lock"
flock --timeout 600 9 || fail "somebody else has been at this for ten minutes"
link_chromium
fetch_axe
