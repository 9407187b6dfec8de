// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// FuzzCompile reads whatever is a NetworkPolicy by its form, and asks all there is to ask of it.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{"metadata":{"namespace":"a","name":"p"},"spec":{"podSelector":{}}}`,
		`{"metadata":{"namespace":"a","name":"p"},"spec":{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"ports":[{"port":80,"endPort":90},{"port":"http"}]}]}}`,
		`
metadata: {namespace: a, name: p}
spec:
  podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web, api]}]}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.169.254/32]}}, {ipBlock: {cidr: "::/0"}}]
    ports: [{protocol: UDP}, {protocol: SCTP, port: 1}]
  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]`,
		`{metadata: {namespace: a}, spec: {podSelector: {}, policyTypes: [Sideways]}}`,
		`{metadata: {namespace: a}, spec: {ingress: [{from: [{}]}]}}`,
		`{metadata: {namespace: a}, spec: {ingress: [{ports: [{port: 0}]}]}}`,
		`{metadata: {namespace: a}, spec: {egress: [{to: [{ipBlock: {cidr: "::ffff:10.0.0.0/104"}}]}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var policy networkingv1.NetworkPolicy
		if yaml.Unmarshal(data, &policy) != nil {
			return
		}
		compiled, err := Compile(&policy)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "NetworkPolicy "+policy.Namespace+"/"+policy.Name+" cannot be read: ") {
				t.Errorf("the error names no policy: %s", err)
			}
			return
		}
		w := Workload{Namespace: policy.Namespace, Name: "w", Labels: policy.Spec.PodSelector.MatchLabels, Ports: map[string]NamedPort{"http": {Number: 80}}}
		world := NewWorld()
		world.Set(Namespace{Name: policy.Namespace, Workloads: []Workload{w, {Name: "other"}}, Policies: []*Policy{compiled}})
		for range world.Edges() { // what comes of it is for other tests
		}
		for _, direction := range bothDirections {
			openings := compiled.Openings(direction)
			if left := Excess(openings, openings); len(left) > 0 {
				t.Errorf("in excess of itself: %s", left)
			}
			for _, opening := range slices.Concat(openings, Of([]*Policy{compiled}, w, direction).Openings) {
				if text := opening.String(); text != opening.String() || !strings.Contains(text, " from ") && !strings.Contains(text, " to ") {
					t.Errorf("no sentence: %q", text)
				}
			}
		}
	})
}
