// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// complete fills in the templates when they are left out: those that Altinn publishes, two of them
// for the tax administration and the test department only.
func (c *Consents) complete() {
	if c.Templates != nil {
		return
	}
	c.Templates = []ConsentTemplate{
		{Name: "default"},
		{Name: "poa"},
		{Name: "samtykkemal_simpleconsent"},
		{Name: "bst_krav", ServiceOwners: []v1alpha1.OrgCode{"skd", "ttd"}},
		{Name: "sblanesoknad", ServiceOwners: []v1alpha1.OrgCode{"skd", "ttd"}},
	}
}

// What names of templates and codes of service owners look like.
var (
	templateName = regexp.MustCompile(`^[a-z0-9_-]+$`)
	orgCode      = regexp.MustCompile(`^[a-z][a-z0-9]{1,11}$`)
)

func validateConsents(path *field.Path, consents Consents) field.ErrorList {
	var wrong field.ErrorList
	list := path.Child("templates")
	if len(consents.Templates) == 0 {
		wrong = append(wrong, field.Required(list, "a consent is shown in one; leave the key out for those that Altinn publishes"))
	}
	seen := map[string]bool{}
	for i, template := range consents.Templates {
		at := list.Index(i)
		if !templateName.MatchString(template.Name) {
			wrong = append(wrong, field.Invalid(at.Child("name"), template.Name, "must be lower-case letters, digits, - and _, as samtykkemal_simpleconsent"))
		}
		if seen[template.Name] {
			wrong = append(wrong, field.Duplicate(at.Child("name"), template.Name))
		}
		seen[template.Name] = true
		wrong = append(wrong, validateServiceOwners(at.Child("serviceOwners"), template.ServiceOwners)...)
	}
	return wrong
}

// validateServiceOwners refuses an empty list: it reads as nobody, and would mean everyone.
func validateServiceOwners(path *field.Path, owners []v1alpha1.OrgCode) field.ErrorList {
	var wrong field.ErrorList
	if owners != nil && len(owners) == 0 {
		wrong = append(wrong, field.Required(path, "name a service owner, or leave the key out for everyone"))
	}
	seen := map[v1alpha1.OrgCode]bool{}
	for i, owner := range owners {
		if !orgCode.MatchString(string(owner)) {
			wrong = append(wrong, field.Invalid(path.Index(i), owner, "must be two to twelve lower-case letters and digits and start with a letter, as skd"))
		}
		if seen[owner] {
			wrong = append(wrong, field.Duplicate(path.Index(i), owner))
		}
		seen[owner] = true
	}
	return wrong
}
