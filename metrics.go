// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/altinn/serviceowner-operator/controllers/scrape"
)

// nowhere is the address of what is not served.
const nowhere = "0"

// metricsServer says how metrics are served: by TLS and to whom the cluster lets read them, or, on this machine
// only, by plain HTTP to anybody.
func metricsServer(o options) (server.Options, error) {
	if o.metrics == nowhere {
		return server.Options{BindAddress: nowhere}, nil
	}
	if o.metricsInsecure {
		if !isLoopback(o.metrics) {
			return server.Options{}, fmt.Errorf("--metrics-insecure serves metrics to anybody, and --metrics-bind-address is %q: "+
				"bind them to a loopback address, as 127.0.0.1:8080, or leave --metrics-insecure out", o.metrics)
		}
		return server.Options{BindAddress: o.metrics}, nil
	}
	for _, file := range []string{"tls.crt", "tls.key"} {
		if _, err := os.Stat(filepath.Join(o.metricsCertificate, file)); o.metricsCertificate != "" && err != nil {
			// The server would make a certificate of its own, and nobody would know why monitoring does not trust it.
			return server.Options{}, fmt.Errorf("--metrics-cert-dir needs tls.crt and tls.key: %w", err)
		}
	}
	return server.Options{
		BindAddress: o.metrics, SecureServing: true, CertDir: o.metricsCertificate, FilterProvider: scrape.Filter,
		TLSOpts: []func(*tls.Config){func(config *tls.Config) {
			config.MinVersion = tls.VersionTLS13
			config.NextProtos = []string{"http/1.1"} // who scrapes needs no HTTP/2, and what floods it is not let in
		}},
	}, nil
}

// isLoopback says whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
