#!/usr/bin/env bash
# Builds the embedded control plane into bin/k8s, once: etcd, kube-apiserver, kube-controller-manager,
# kube-scheduler and kubectl (one program, five links), kwok, and kwok's stages for nodes and pods.
# The first time takes minutes (hence the progress lines); when bin/k8s is current it takes milliseconds.
# A part counts as built when its stamp, written last, holds the fingerprint of what it is built from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly out=$PWD/bin/k8s
readonly programs=(etcd kube-apiserver kube-controller-manager kube-scheduler kubectl)
readonly go_flags=(-mod=readonly -trimpath -buildvcs=false)
export CGO_ENABLED=0 GOWORK=off

readonly work=$out/.work.$$
child=""    # the running go command
next_line=0 # when the next progress line is due

clean_up() {
	if [[ -n $child ]]; then
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	rm -rf "$work" 2>/dev/null || true # a compiler that outlives go for a second may still write there
}

# fingerprint PART: of everything the part is built from, except the Go toolchain.
fingerprint() {
	{
		uname -sm
		echo "${go_flags[@]}" "${programs[@]}"
		cat "hack/$1"/go.mod "hack/$1"/go.sum
		[[ ! -f hack/$1/main.go ]] || cat "hack/$1/main.go"
	} | git hash-object --stdin
}

# is_current PART FILE...: the stamp matches and no file was taken away.
is_current() {
	local part=$1 file
	shift
	for file in "$@"; do
		[[ -e $out/$file ]] || return 1
	done
	[[ -f $out/$part.stamp && $(<"$out/$part.stamp") == "$(fingerprint "$part")" ]]
}

# show PART PHASE LOG TOTAL: one progress line; redrawn on a terminal, a new line every 10 s elsewhere.
show() {
	local fetched compiled text
	fetched=$(grep -c '^go: downloading' "$3" || true)
	compiled=$(grep -cv -e '^go: ' -e '^#' "$3" || true)
	case $2 in
	fetch) text="$fetched modules fetched" ;;
	*) text="$compiled of at most $4 packages compiled" ;;
	esac
	printf -v text '%s: %d:%02d  %s' "$1" $((SECONDS / 60)) $((SECONDS % 60)) "$text"
	if [[ -t 1 ]]; then
		printf '\r%-72s' "$text"
	elif ((SECONDS >= next_line)); then
		echo "$text"
		next_line=$((SECONDS + 10))
	fi
}

# follow PART PHASE LOG TOTAL COMMAND...: runs the command in hack/PART and shows how far it is.
follow() {
	local part=$1 phase=$2 log=$3 total=$4
	shift 4
	(cd "hack/$part" && exec "$@") 2>"$log" 9>&- &
	child=$!
	while kill -0 "$child" 2>/dev/null; do
		show "$part" "$phase" "$log" "$total"
		sleep 1
	done
	if ! wait "$child"; then
		child=""
		echo >&2
		echo "$part: the $phase step failed; the end of $log:" >&2
		tail -n 30 "$log" >&2
		exit 1
	fi
	child=""
}

# build PART PACKAGE LDFLAGS: compiles to a temporary name, then renames; leaves no stamp.
build() {
	local part=$1 package=$2 ldflags=$3 total
	SECONDS=0 next_line=10
	rm -f "$out/$part.stamp"
	follow "$part" fetch "$out/$part.log" 0 go list -mod=readonly -deps "$package" >"$work/$part.deps"
	total=$(wc -l <"$work/$part.deps")
	follow "$part" compile "$out/$part.log" "$((total))" \
		go build -v "${go_flags[@]}" -ldflags "-s -w $ldflags" -o "$work/$part" "$package"
	mv -f "$work/$part" "$out/$part"
	[[ ! -t 1 ]] || echo
	printf '%s: built in %d:%02d\n' "$part" $((SECONDS / 60)) $((SECONDS % 60))
}

module() { # module PART FIELD PATH: one field of a module the part is built from
	(cd "hack/$1" && go list -mod=readonly -m -f "{{.$2}}" "$3")
}

build_controlplane() {
	local version program
	version=$(module controlplane Version k8s.io/kubernetes)
	echo "controlplane: building Kubernetes $version into bin/k8s; the first time takes 8 to 10 minutes on two cores"
	build controlplane . "-X k8s.io/component-base/version.gitVersion=$version"
	for program in "${programs[@]}"; do
		ln -sf controlplane "$out/$program"
	done
	fingerprint controlplane >"$out/controlplane.stamp"
}

build_kwok() {
	local version stages
	version=$(module kwok Version sigs.k8s.io/kwok)
	echo "kwok: building $version into bin/k8s; the first time takes 3 to 5 minutes on two cores"
	build kwok sigs.k8s.io/kwok/cmd/kwok ""
	stages=$(module kwok Dir sigs.k8s.io/kwok)/kustomize/stage
	mkdir "$work/stages"
	cp "$stages"/node/fast/node-*.yaml "$stages"/pod/fast/pod-*.yaml "$work/stages"
	chmod u+w "$work"/stages/*.yaml # the module cache is read-only
	rm -rf "$out/stages"
	mv "$work/stages" "$out/stages"
	fingerprint kwok >"$out/kwok.stamp"
}

mkdir -p "$out"
if [[ -n ${KUBEBUILDER_ASSETS:-} && ! $KUBEBUILDER_ASSETS -ef $out ]]; then
	echo "KUBEBUILDER_ASSETS is set: its programs are used and nothing is built"
	exit 0
fi
if is_current controlplane controlplane "${programs[@]}" && is_current kwok kwok stages; then
	exit 0
fi
if command -v flock >/dev/null; then # two builds at once would only slow each other down
	exec 9>"$out/.lock"
	flock -n 9 || {
		echo "another build of bin/k8s is running; waiting for it"
		flock 9
	}
	rm -rf "$out"/.work.* # of builds that were killed
fi
trap clean_up EXIT
mkdir "$work"
export GOTMPDIR=$work # so that an interrupted compilation leaves nothing elsewhere
is_current controlplane controlplane "${programs[@]}" || build_controlplane
is_current kwok kwok stages || build_kwok
echo "bin/k8s is complete"
