SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# One setting for build, lint and tests, so that they share the build cache; no C compiler is needed.
export CGO_ENABLED := 0

NAME ?= default
# A release names its version; a build from source keeps to API servers on this machine.
VERSION ?= source
IMAGE ?= serviceowner-operator:dev

##@ Use

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: k8s azure flux build ## Start a local control plane, the operator and the samples, and watch (RUN_ONCE=1: until Ready)
	@go run ./hack/run

.PHONY: cluster-up
cluster-up: k8s ## Start a local control plane in the background (NAME=default)
	@go run ./hack/cluster/cmd up $(NAME)

.PHONY: cluster-down
cluster-down: ## Stop it and remove what it left (NAME=default)
	@go run ./hack/cluster/cmd down $(NAME)

##@ Change

.PHONY: generate
generate: ## Generate deepcopy code, CRDs and the operator's ClusterRole
	@hack/build-tools.sh controller-gen
	bin/tools/controller-gen object:headerFile=hack/boilerplate.go.txt paths=./api/...
	bin/tools/controller-gen crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	bin/tools/controller-gen rbac:roleName=serviceowner-operator paths=./controllers/... output:rbac:artifacts:config=config/rbac

.PHONY: docs
docs: ## Generate the API reference, docs/reference/api.md
	@hack/build-tools.sh crd-ref-docs
	@mkdir -p docs/reference
	bin/tools/crd-ref-docs --source-path=api/v1alpha1 --config=hack/crd-ref-docs.yaml \
		--renderer=markdown --output-path=docs/reference/api.md --log-level=ERROR
	@grep -q '^### Resource Types' docs/reference/api.md || \
		{ echo "docs: a marker cannot be read; make generate says which" >&2; exit 1; }

.PHONY: chart
chart: ## Generate the Helm chart from config/
	@if [[ -x hack/build-chart.sh ]]; then hack/build-chart.sh; fi

.PHONY: golden
golden: ## Write the golden files anew: look at their diff before you commit it
	@go test $$(find controllers cmd -path '*/testdata/*.in.yaml' | sed 's|^|./|; s|/testdata/.*||' | sort -u) \
		-run Golden -update

.PHONY: fmt
fmt: ## Format the code
	@hack/build-tools.sh golangci-lint
	bin/tools/golangci-lint fmt

##@ Check

.PHONY: lint
lint: ## Check the code against .golangci.yml
	@hack/build-tools.sh golangci-lint
	bin/tools/golangci-lint run

.PHONY: verify
verify: ## Check that generated files are current, lint, and look for known vulnerabilities
	@hack/verify.sh

.PHONY: test
test: k8s azure flux cilium ## Run all tests: unit, golden, envtest, and the black-box suite on the local control plane
	@hack/test.sh -p 2 -timeout 15m

.PHONY: fuzz
fuzz: ## Run every fuzzer for a while (FUZZTIME=30s each; ONLY=pattern)
	@hack/fuzz.sh $(ONLY)

.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities in what is shipped, Go's own library included, as a release must
	@hack/vulnerabilities.sh -strict

.PHONY: reproducible
reproducible: ## Build twice from nothing, in two folders, and compare (minutes)
	@hack/reproducible.sh

.PHONY: bench
bench: k8s azure ## Measure the operator against the same writes made by a plain client
	@go run ./test/bench

##@ Build

.PHONY: build
build: ## Build bin/operator
	go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/operator .

.PHONY: plugin
plugin: ## Build bin/kubectl-altinn, the kubectl plugin
	go build -trimpath -buildvcs=false -ldflags "-s -w" -o bin/kubectl-altinn ./cmd/kubectl-altinn

.PHONY: sbom
sbom: build plugin ## List what is in the binaries, as CycloneDX: bin/operator.cdx.json, bin/kubectl-altinn.cdx.json
	@hack/build-tools.sh cyclonedx-gomod
	@for name in operator kubectl-altinn; do \
		bin/tools/cyclonedx-gomod bin -json -noserial -std -version $(VERSION) -output bin/$$name.cdx.json bin/$$name; done

.PHONY: browser
browser: ## Get what the tests of web pages need: Chromium (apt-get) and axe-core (npm)
	@hack/browser.sh

.PHONY: image
image: ## Build the container image (IMAGE=…; needs a container engine)
	docker build -t $(IMAGE) .

.PHONY: tools
tools: ## Build the development tools into bin/tools, unless they are current
	@hack/build-tools.sh

.PHONY: k8s
k8s: ## Build the local control plane into bin/k8s, unless it is current (minutes, the first time)
	@hack/build-k8s.sh

.PHONY: azure
azure: ## Generate the part of Azure that the local control plane plays into bin/azure, unless it is current
	@hack/build-azure.sh

.PHONY: flux
flux: ## Generate the part of Flux that the local control plane plays into bin/flux, unless it is current
	@hack/build-flux.sh

.PHONY: cilium
cilium: ## Take the CRD of CiliumNetworkPolicy into bin/cilium, unless it is current
	@hack/build-cilium.sh

.PHONY: clean
clean: ## Remove what building and testing left; bin/k8s, bin/azure, bin/flux, bin/cilium, bin/tools and running clusters stay
	rm -rf bin/operator bin/kubectl-altinn bin/*.cdx.json bin/testsummary coverage *.out
