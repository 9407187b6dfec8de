// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

func TestRefuseRemote(t *testing.T) {
	const remote = "https://api.example.no:6443"
	for name, tc := range map[string]struct {
		host    string
		tls     bool
		allowed bool
		version string
		// refused is the host that the refusal names; empty when it is let through.
		refused string
	}{
		"localhost is this machine":                           {host: "https://localhost:6443"},
		"localhost without a port is this machine":            {host: "https://localhost"},
		"localhost in capitals is this machine":               {host: "https://LOCALHOST:6443"},
		"localhost without a scheme is this machine":          {host: "localhost:8080"},
		"no host at all is this machine, as client-go has it": {host: ""},
		"an IPv4 loopback address is this machine":            {host: "https://127.0.0.1:35719"},
		"any IPv4 loopback address is this machine":           {host: "https://127.8.9.10:6443"},
		"a loopback address without a scheme too":             {host: "127.0.0.1:6443", tls: true},
		"a loopback address alone too":                        {host: "127.0.0.1"},
		"an IPv6 loopback address is this machine":            {host: "https://[::1]:6443"},
		"an IPv6 loopback without a port is too":              {host: "https://[::1]"},
		"an IPv4 loopback written as IPv6 is too":             {host: "https://[::ffff:127.0.0.1]:6443"},
		"a path behind the host is no matter":                 {host: "https://127.0.0.1:6443/clusters/a"},
		"a name elsewhere is refused":                         {host: remote, refused: "api.example.no"},
		"an address elsewhere is refused":                     {host: "https://10.0.0.1:6443", refused: "10.0.0.1"},
		"an IPv6 address elsewhere is refused":                {host: "https://[2001:db8::1]:6443", refused: "2001:db8::1"},
		"an address elsewhere without a scheme too":           {host: "10.0.0.1:6443", refused: "10.0.0.1"},
		"all addresses are not this machine's loopback":       {host: "https://0.0.0.0:6443", refused: "0.0.0.0"},
		"a name that begins like localhost is refused":        {host: "https://localhost.example.no", refused: "localhost.example.no"},
		"a name that holds an address is refused":             {host: "https://127.0.0.1.nip.io", refused: "127.0.0.1.nip.io"},
		"a user's name that looks like one is no help":        {host: "https://localhost@api.example.no:6443", refused: "api.example.no"},
		"a path that looks like one is no help":               {host: "https://api.example.no/localhost", refused: "api.example.no"},
		"what cannot be read as a host is refused":            {host: "https://%zz", refused: "https://%zz"},
		"who says --allow-remote is let through":              {host: remote, allowed: true},
		"a released version is let through":                   {host: remote, version: "v1.2.3"},
		"a released version needs no --allow-remote":          {host: remote, version: "v1.2.3", allowed: true},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.version != "" {
				built := version
				version = tc.version
				t.Cleanup(func() { version = built })
			}
			api := &rest.Config{Host: tc.host, TLSClientConfig: rest.TLSClientConfig{Insecure: tc.tls}}
			err := refuseRemote(api, options{remote: tc.allowed})
			if tc.refused == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			want := "built from source and the API server " + tc.refused + " is not on this machine: use a released image, or say --allow-remote if you mean it"
			if err == nil || err.Error() != want {
				t.Errorf("want %q, got %v", want, err)
			}
		})
	}
}

func TestABuildWithoutAVersionIsOneFromSource(t *testing.T) {
	if version != fromSource {
		t.Errorf("version %q", version)
	}
}

func TestRunNeedsAConfiguration(t *testing.T) {
	for name, tc := range map[string]struct{ config, want string }{
		"none named":            {want: "--config is needed: the OperatorConfiguration file, as config/manager/operator.yaml"},
		"one that is not there": {config: "nowhere.yaml", want: "reading the configuration: open nowhere.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(options{config: tc.config}); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("want %q, got %v", tc.want, err)
			}
		})
	}
}

// served is how metrics are served.
type served struct {
	address         string
	secure, guarded bool
	certificates    string
}

func TestMetricsAreServedByTLSToWhomMayReadThem(t *testing.T) {
	const insecure = "--metrics-insecure serves metrics to anybody, and --metrics-bind-address is "
	mounted := t.TempDir()
	for _, file := range []string{"tls.crt", "tls.key"} {
		if err := os.WriteFile(filepath.Join(mounted, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		given options
		want  served
		wrong string
	}{
		"by default":                                   {given: options{metrics: ":8443"}, want: served{":8443", true, true, ""}},
		"with a certificate of the platform's":         {given: options{metrics: ":8443", metricsCertificate: mounted}, want: served{":8443", true, true, mounted}},
		"at a loopback address too":                    {given: options{metrics: "127.0.0.1:8443"}, want: served{"127.0.0.1:8443", true, true, ""}},
		"nowhere":                                      {given: options{metrics: "0"}, want: served{address: "0"}},
		"nowhere, and insecurely":                      {given: options{metrics: "0", metricsInsecure: true}, want: served{address: "0"}},
		"insecurely to this machine":                   {given: options{metrics: "127.0.0.1:8080", metricsInsecure: true}, want: served{address: "127.0.0.1:8080"}},
		"insecurely to this machine, by IPv6":          {given: options{metrics: "[::1]:8080", metricsInsecure: true}, want: served{address: "[::1]:8080"}},
		"insecurely to this machine, by name":          {given: options{metrics: "localhost:8080", metricsInsecure: true}, want: served{address: "localhost:8080"}},
		"insecurely to everybody":                      {given: options{metrics: ":8080", metricsInsecure: true}, wrong: insecure + `":8080"`},
		"insecurely to everybody, by address":          {given: options{metrics: "0.0.0.0:8080", metricsInsecure: true}, wrong: insecure + `"0.0.0.0:8080"`},
		"insecurely to another machine":                {given: options{metrics: "10.0.0.1:8080", metricsInsecure: true}, wrong: insecure + `"10.0.0.1:8080"`},
		"insecurely at a name that looks like this":    {given: options{metrics: "localhost.example.no:8080", metricsInsecure: true}, wrong: insecure + `"localhost.example.no:8080"`},
		"insecurely at what is no address":             {given: options{metrics: "127.0.0.1", metricsInsecure: true}, wrong: insecure + `"127.0.0.1"`},
		"insecurely where the server has its own idea": {given: options{metrics: "", metricsInsecure: true}, wrong: insecure + `""`},
		"with a certificate that is not there":         {given: options{metrics: ":8443", metricsCertificate: t.TempDir()}, wrong: "--metrics-cert-dir needs tls.crt and tls.key: "},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := metricsServer(tc.given)
			if (tc.wrong == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), tc.wrong) {
				t.Fatalf("want %q, got %v", tc.wrong, err)
			}
			if err != nil {
				return
			}
			have := served{got.BindAddress, got.SecureServing, got.FilterProvider != nil, got.CertDir}
			if have != tc.want {
				t.Errorf("want %+v, have %+v", tc.want, have)
			}
			for _, change := range got.TLSOpts {
				config := &tls.Config{NextProtos: []string{"h2"}}
				change(config)
				if config.MinVersion != tls.VersionTLS13 || !slices.Equal(config.NextProtos, []string{"http/1.1"}) {
					t.Errorf("TLS from %x on, %v", config.MinVersion, config.NextProtos)
				}
			}
		})
	}
}

// Who has the source can tell whether an image holds what it says: by building it and comparing.
func TestTheImageIsBuiltAsMakeBuildDoes(t *testing.T) {
	flags := map[string]string{}
	for file, version := range map[string]string{"Makefile": "$(VERSION)", "Dockerfile": "$VERSION"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`go build (.*main\.version.*) -o `).FindSubmatch(text)
		if found == nil {
			t.Fatalf("%s builds no operator", file)
		}
		flags[file] = strings.ReplaceAll(string(found[1]), version, "VERSION")
	}
	if flags["Makefile"] != flags["Dockerfile"] || !strings.Contains(flags["Makefile"], "-trimpath") {
		t.Errorf("they build otherwise: %q", flags)
	}
}
