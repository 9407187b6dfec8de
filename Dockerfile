# The base images are arguments so that they can be taken from a mirror. A release pins both by digest, as
# --build-arg BASE=gcr.io/distroless/static:nonroot@sha256:…: a tag is whatever its owner makes of it today.
ARG BUILDER=golang:1.26
ARG BASE=gcr.io/distroless/static:nonroot

FROM --platform=$BUILDPLATFORM ${BUILDER} AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
# As make build does, so that who has the source can build the same binary and compare.
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /operator .

# Nothing is in it but the operator, certificates of authorities, time zones and a user that is nobody: no shell, and
# nothing that writes to its root.
FROM ${BASE}
COPY --from=build /operator /operator
USER 65532:65532
ENTRYPOINT ["/operator"]
