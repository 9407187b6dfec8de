// SPDX-License-Identifier: BSD-3-Clause

package xacml

// namespace is the only one an XACML 3.0 policy is written in (XACML 3.0 §5).
const namespace = "urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"

// denyOverrides combines rules so that one that permits is enough while none denies (XACML 3.0 annex C.2).
const denyOverrides = "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"

// Data types of values (XACML 3.0 annex A.2).
const (
	typeString  = "http://www.w3.org/2001/XMLSchema#string"
	typeInteger = "http://www.w3.org/2001/XMLSchema#integer"
)

// The functions Altinn's policies match by (XACML 3.0 annex A.3.1): resources to the letter, subjects and actions in any case.
const (
	functionEqual      = "urn:oasis:names:tc:xacml:1.0:function:string-equal"
	functionIgnoreCase = "urn:oasis:names:tc:xacml:3.0:function:string-equal-ignore-case"
)

// Categories of attributes (XACML 3.0 annex B.2 and B.3).
const (
	categorySubject  = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
	categoryResource = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
	categoryAction   = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
)

// Attributes that policies are rendered with. An org is a subject when its own actions are meant, and with the app a resource.
const (
	attributeRole          = "urn:altinn:rolecode"
	attributeAccessPackage = "urn:altinn:accesspackage"
	attributeAccessList    = "urn:altinn:access-list"
	attributePartyType     = "urn:altinn:partytype"
	attributeOrg           = "urn:altinn:org"
	attributeApp           = "urn:altinn:app"
	attributeResource      = "urn:altinn:resource"
	attributeAction        = "urn:oasis:names:tc:xacml:1.0:action:action-id"
)

// anyOrganization is the party type every organisation has; it stands for "whoever asks, if it is an organisation".
const anyOrganization = "organization"

// Categories of obligations. Altinn reads the meaning of an obligation out of its category, and not out of its id.
const (
	obligationLevel = "urn:altinn:minimum-authenticationlevel"
	// obligationOrgLevel is the level that is enough for a service owner's own tokens where the other is not met.
	obligationOrgLevel = "urn:altinn:minimum-authenticationlevel-org"
)

// attributesOf are the attributes Altinn Authorization knows, by the category they may stand in.
var attributesOf = map[string][]string{
	categorySubject: {
		attributeRole, attributeAccessPackage, attributeAccessList, attributePartyType, attributeOrg,
		"urn:altinn:external-role:ccr", "urn:altinn:external-role:cra", "urn:altinn:resource:delegation",
	},
	categoryResource: {
		attributeResource, attributeOrg, attributeApp,
		"urn:altinn:task", "urn:altinn:end-event", "urn:altinn:instance-id", "urn:altinn:appresource",
	},
	categoryAction: {attributeAction},
}

// nameOf is what a category is called in messages.
var nameOf = map[string]string{categorySubject: "subjects", categoryResource: "resources", categoryAction: "actions"}

// inOrder are the categories in the order a rule's target has them in Altinn's own policies.
var inOrder = []string{categorySubject, categoryResource, categoryAction}
