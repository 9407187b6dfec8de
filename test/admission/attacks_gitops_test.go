// SPDX-License-Identifier: BSD-3-Clause

package admission

import "testing"

// kustomization is what has Flux apply a source, as the operator makes it.
func kustomization(changes ...change) attempt {
	made := object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "skd", append([]change{set("spec", obj{
		"interval": "5m", "prune": true, "path": "./", "serviceAccountName": "deployer", "targetNamespace": "so-skd",
		"sourceRef": obj{"kind": "OCIRepository", "name": "skd"},
	})}, changes...)...)
	return creates("kustomizations", made)
}

// Flux may do anything, and does for a Kustomization what the account it names may: nobody has it act as itself.
func TestAttackByWayOfFlux(t *testing.T) {
	for sentence, tc := range map[string]struct {
		try  attempt
		says string
	}{
		"as Flux itself":                    {kustomization(remove("spec.serviceAccountName")), "must be applied as the ServiceAccount deployer, not as Flux itself"},
		"as an account with other rights":   {kustomization(set("spec.serviceAccountName", "default")), "must be applied as the ServiceAccount deployer, not as default"},
		"into another's namespace":          {kustomization(set("spec.targetNamespace", "so-nav")), "must read from that namespace and apply to it"},
		"from another's source":             {kustomization(set("spec.sourceRef.namespace", "so-nav")), "must read from that namespace and apply to it"},
		"to another cluster":                {kustomization(set("spec.kubeConfig", obj{"secretRef": obj{"name": "x"}})), "take out spec.kubeConfig"},
		"as the deployer, into its own":     {try: kustomization()},
		"into what is left out, so its own": {try: kustomization(remove("spec.targetNamespace"))},
		"from its own, named":               {try: kustomization(set("spec.sourceRef.namespace", "so-skd"))},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, who := range []actor{operator, engine, rescuer, administrator} {
				expect(t, tc.try(t.Context(), who), tc.says)
			}
		})
	}
}
