#!/usr/bin/env bash
# Generates charts/serviceowner-operator from config/default. It writes only what has changed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
# The flags of hack/test.sh, so that nothing is compiled twice.
CGO_ENABLED=0 GOWORK=off go -C hack/chart run -mod=readonly -trimpath . "$root"
