// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
)

// maskinportenSolution is the shared solution that gives tokens, to Apps and to the operator.
const maskinportenSolution = v1alpha1.Solution(v1alpha1.ClientMaskinporten)

// Solution is what holds for a shared solution here: what the operator knows of it by itself for the class
// of the environment, with what the configuration says otherwise. There is one Maskinporten: unless the
// catalogue of the configuration says otherwise, Apps get their tokens where the operator gets its own.
// One that is not known asks for nothing and calls nothing.
func (o *Operator) Solution(solution v1alpha1.Solution) catalogue.Entry {
	entry, known := catalogue.Of(solution, catalogue.Environment{
		Production: o.Environment.Class == Production, PlatformHost: o.Environment.PlatformHost,
	})
	if !known {
		return catalogue.Entry{Solution: solution}
	}
	if solution == maskinportenSolution && o.Maskinporten != nil {
		entry.Issuer = o.Maskinporten.Issuer
	}
	return entry.With(o.Catalogue[solution])
}

// Addresses are those of a host that a solution calls: what the configuration gives in egress wins over the
// catalogue.
func (o *Operator) Addresses(host catalogue.Host) []string {
	if configured := o.Egress.Hosts[host.Host]; len(configured) > 0 {
		return configured
	}
	return host.Addresses
}

// validateCatalogue looks at what is said of solutions, issuers' addresses among it.
func validateCatalogue(path *field.Path, overrides map[v1alpha1.Solution]catalogue.Override, class EnvironmentClass) field.ErrorList {
	wrong := catalogue.Validate(path, overrides)
	for _, solution := range slices.Sorted(maps.Keys(overrides)) {
		builtIn, _ := catalogue.Of(solution, catalogue.Environment{})
		if issuer := overrides[solution].Issuer; issuer != "" && builtIn.Issuer != "" {
			_, unfit := issuersOf(solution).validate(path.Key(string(solution)).Child("issuer"), issuer, class)
			wrong = append(wrong, unfit...)
		}
	}
	return wrong
}
