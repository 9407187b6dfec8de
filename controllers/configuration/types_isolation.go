// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Isolation says how it is found out whether Apps are isolated.
type Isolation struct {
	// Probe shows whether the network enforces NetworkPolicies. When it is left out nobody looks, and Apps say so.
	Probe *Probe `json:"probe,omitempty"`
}

// Probe is where the pods of config/probe run.
type Probe struct {
	// Namespace is theirs, as serviceowner-probe. It cannot be that of a service owner.
	Namespace string `json:"namespace"`
}

func validateIsolation(path *field.Path, isolation Isolation) field.ErrorList {
	if isolation.Probe == nil {
		return nil
	}
	at, name := path.Child("probe", "namespace"), isolation.Probe.Namespace
	var wrong field.ErrorList
	for _, message := range validation.IsDNS1123Label(name) {
		wrong = append(wrong, field.Invalid(at, name, message))
	}
	if v1alpha1.OwnerOfNamespace(name) != "" {
		wrong = append(wrong, field.Invalid(at, name, "must not be a service owner's: its pods would be the owner's to change"))
	}
	return wrong
}
