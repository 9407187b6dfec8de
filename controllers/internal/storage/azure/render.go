// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// policyAnnotation is where ASO reads whether what is in Azure goes with its object (ASO, "Annotations understood by
// the operator").
const policyAnnotation = "serviceoperator.azure.com/reconcile-policy"

// Values of policyAnnotation.
const (
	policyManage = "manage"
	policyDetach = "detach-on-delete"
)

// fixed are the fields of a spec that Azure never lets anybody change. They stay as they are found, so that nobody
// argues about them for ever; Judge says where they are not as declared.
var fixed = []string{"azureName", "location", "kind"}

// child is an object as apply is to write it.
func child(object *unstructured.Unstructured) apply.Child {
	return apply.Child{Object: object, Yields: fixed, Shared: true}
}

// part copies a base, under its name in the owner's namespace.
func (p *provider) part(from string, owner storage.Owner, name string) *unstructured.Unstructured {
	object := p.bases[from].DeepCopy()
	object.SetNamespace(owner.Namespace)
	object.SetName(name)
	object.SetLabels(map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelServiceOwner: owner.Code})
	return object
}

// appPart copies a base for an App.
func (p *provider) appPart(from string, app storage.App, name string) *unstructured.Unstructured {
	object := p.part(from, app.Owner, name)
	object.SetLabels(appLabels(app))
	return object
}

func appLabels(app storage.App) map[string]string {
	return map[string]string{
		v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelServiceOwner: app.Owner.Code, v1alpha1.LabelName: app.Name,
	}
}

// place says where in Azure an object lies, and whose it is.
func (p *provider) place(object *unstructured.Unstructured, owner storage.Owner) {
	put(object, string(owner.Region), "spec", "location")
	put(object, stringsOf(p.tags(owner)), "spec", "tags")
}

// tags are those of Altinn's RFC 0007, tagging of resources in Azure.
func (p *provider) tags(owner storage.Owner) map[string]string {
	return map[string]string{
		"finops_environment":       p.environment,
		"finops_product":           p.azure.Product,
		"finops_serviceownercode":  owner.Code,
		"finops_serviceownerorgnr": string(owner.OrganizationNumber),
		"repository":               p.azure.Repository,
		"env":                      p.environment,
		"product":                  p.azure.Product,
		"org":                      owner.Code,
	}
}

// keep says whether the data in an object goes with it. Nothing is deleted but on the word Delete.
func keep(object *unstructured.Unstructured, policy v1alpha1.DeletionPolicy) {
	value := policyDetach
	if policy == v1alpha1.DeletionDelete {
		value = policyManage
	}
	annotations := object.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[policyAnnotation] = value
	object.SetAnnotations(annotations)
}

// reach opens an account's or a vault's network to the subnets of the configuration; below is where its rules are.
// Without any it stays closed to all but private endpoints.
func (p *provider) reach(object *unstructured.Unstructured, rule map[string]any, below ...string) {
	if len(p.azure.Subnets) == 0 {
		return
	}
	rules := make([]any, 0, len(p.azure.Subnets))
	for _, subnet := range p.azure.Subnets {
		next := map[string]any{"reference": map[string]any{"armId": subnet}}
		for key, value := range rule {
			next[key] = value
		}
		rules = append(rules, next)
	}
	put(object, "Enabled", append(below, "publicNetworkAccess")...)
	put(object, rules, append(below, "networkAcls", "virtualNetworkRules")...)
}

// identity fills in an identity that says in a ConfigMap who it is, for those who refer to it and for pods.
func (p *provider) identity(object *unstructured.Unstructured, owner storage.Owner, azureName, config string) {
	put(object, azureName, "spec", "azureName")
	put(object, owner.Code, "spec", "owner", "name")
	p.place(object, owner)
	for _, key := range []string{keyClientID, keyPrincipalID, keyTenantID} {
		put(object, map[string]any{"name": config, "key": key}, "spec", "operatorSpec", "configMaps", key)
	}
}

// Keys of the ConfigMap of an identity, which are also ASO's names of what they hold.
const (
	keyClientID    = "clientId"
	keyPrincipalID = "principalId"
	keyTenantID    = "tenantId"
)

// role fills in what an identity may do, by the ConfigMap that says who it is; scope is the object it may do it in.
func (p *provider) role(object *unstructured.Unstructured, owner storage.Owner, scope, config string) {
	put(object, p.roleName(owner, object.GetName()), "spec", "azureName")
	put(object, scope, "spec", "owner", "name")
	put(object, map[string]any{"name": config, "key": keyPrincipalID}, "spec", "principalIdFromConfig")
}
