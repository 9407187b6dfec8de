// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadIsolation(t *testing.T) {
	for name, tc := range map[string]struct {
		more string
		want Isolation
	}{
		"left out, is not probed":                {"", Isolation{}},
		"empty, is not probed":                   {"isolation: {}\n", Isolation{}},
		"is probed by the pods of one namespace": {"isolation: {probe: {namespace: serviceowner-probe}}\n", Isolation{Probe: &Probe{Namespace: "serviceowner-probe"}}},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, valid+tc.more))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.Isolation); diff != "" {
				t.Errorf("isolation (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesImpossibleIsolation(t *testing.T) {
	const label = ": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character " +
		"(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
	probed := func(in, want string) loadCase {
		return loadCase{file: valid + "isolation:\n  probe:\n    namespace: " + in + "\n", want: []string{"25: isolation.probe.namespace: Invalid value: " + want}}
	}
	tryLoad(t, map[string]loadCase{
		"in a namespace without a name":        probed(`""`, `""`+label),
		"in a namespace that cannot be":        probed("Probe", `"Probe"`+label),
		"in the namespace of a service owner":  probed("so-skd", `"so-skd": must not be a service owner's: its pods would be the owner's to change`),
		"in no namespace":                      {file: valid + "isolation:\n  probe: {}\n", want: []string{`24: isolation.probe.namespace: Invalid value: ""` + label}},
		"by something that is no probe at all": {file: valid + "isolation:\n  probe: serviceowner-probe\n", want: []string{"24: isolation.probe: must be a map, not string"}},
		"by a probe with more keys":            {file: valid + "isolation:\n  probe: {namespace: a, image: b}\n", want: []string{"24: isolation.probe.image: " + unknown}},
	})
}
