// SPDX-License-Identifier: BSD-3-Clause

package admission

import "testing"

func TestServiceOwner(t *testing.T) {
	serviceOwners.try(t, map[string]testCase{
		"the sample is taken in as it stands":      accepted(),
		"the shortest code has two characters":     accepted(set("metadata.name", "nb")),
		"the longest code has twelve characters":   accepted(set("metadata.name", "a23456789012")),
		"a code of one character is refused":       refused("name n must be a service owner code: two to twelve", set("metadata.name", "n")),
		"a code of thirteen characters is refused": refused("name a234567890123 must be a service owner code", set("metadata.name", "a234567890123")),
		"a code with a hyphen is refused":          refused("name skd-nav must be a service owner code", set("metadata.name", "skd-nav")),
		"a code that starts with a digit is refused": refused("name 1skd must be a service owner code",
			set("metadata.name", "1skd")),
		"an unknown field is refused": refused(`unknown field "spec.organisationNumber"`,
			set("spec.organisationNumber", "974761076")),
		"a missing spec is refused": refused("spec: Required value", remove("spec")),
	})
}

func TestServiceOwnerContacts(t *testing.T) {
	for _, role := range []string{"support", "privacy", "incident"} {
		at := "spec.contacts." + role
		serviceOwners.try(t, map[string]testCase{
			role + " by e-mail alone":               accepted(set(at, obj{"email": "post@skd.example.no"})),
			role + " by a page alone":               accepted(set(at, obj{"url": "https://skd.example.no/post"})),
			role + " by both":                       accepted(set(at, obj{"email": "post@skd.example.no", "url": "https://skd.example.no/post"})),
			role + " by neither is refused":         refused(at+": Invalid value: a contact needs an email or a url", set(at, obj{})),
			role + " left out is refused":           refused(at+": Required value", remove(at)),
			role + " by a person's name is refused": refused(`unknown field "`+at+`.name"`, set(at+".name", "Kari Nordmann")),
		})
	}
}

func TestServiceOwnerRegion(t *testing.T) {
	exception := obj{"reason": "Norway lacks the machine type", "expires": "2027-06-30T00:00:00Z"}
	serviceOwners.try(t, map[string]testCase{
		"both Norwegian regions need no exception": accepted(set("spec.region", "norwaywest")),
		"an EEA region outside Norway is taken in with an exception": accepted(
			set("spec.region", "swedencentral"), set("spec.regionException", exception)),
		"an EEA region outside Norway is refused without one": refused(
			"region swedencentral lies outside Norway: use norwayeast, or another region of the EEA with a regionException",
			set("spec.region", "swedencentral")),
		"an exception needs a reason": refused("spec.regionException.reason: Required value",
			set("spec.regionException", obj{"expires": "2027-06-30T00:00:00Z"})),
		"an exception needs an end": refused("spec.regionException.expires: Required value",
			set("spec.regionException", obj{"reason": "Norway lacks it"})),
		"an exception does not open a region outside the EEA": refused(
			"region eastus is not an Azure region in the EEA, where personal data must stay; the regions allowed are norwayeast, norwaywest, ",
			set("spec.region", "eastus"), set("spec.regionException", exception)),
	})
}

func TestServiceOwnerAccess(t *testing.T) {
	serviceOwners.try(t, map[string]testCase{
		"nobody needs access":                     accepted(remove("spec.access")),
		"a group may have two roles":              accepted(add("spec.access", obj{"role": "Viewer", "group": "skd-developers"})),
		"two groups may have one role":            accepted(add("spec.access", obj{"role": "Admin", "group": "skd-developers"})),
		"a grant may run out":                     accepted(set("spec.access[0].until", "2027-01-01T00:00:00+01:00")),
		"the same grant twice is refused":         refused("spec.access[3]: Duplicate value", add("spec.access", obj{"role": "Admin", "group": "skd-altinn-admins"})),
		"the same grant with another end too":     refused("spec.access[3]: Duplicate value", add("spec.access", obj{"role": "Admin", "group": "skd-altinn-admins", "until": "2027-01-01T00:00:00Z"})),
		"a role of one's own making is refused":   refused(`spec.access[0].role: Unsupported value: "Owner": supported values: "Admin", "Deployer", "Viewer"`, set("spec.access[0].role", "Owner")),
		"a grant of Kubernetes' own is refused":   refused("group system:masters belongs to Kubernetes itself: name a group of the identity provider", set("spec.access[0].group", "system:masters")),
		"a group that ends its line is refused":   refused("spec.access[0].group: Invalid value", set("spec.access[0].group", "skd-admins\n")),
		"an end that is a day only is refused":    refused("spec.access[0].until in body must be of type date-time", set("spec.access[0].until", "2027-01-01")),
		"an end only the API server could read":   refused("the instant must be written as 2027-06-30T00:00:00Z", set("spec.access[0].until", "2027-06-30t00:00:00z")),
		"a user is refused where a group belongs": refused(`unknown field "spec.access[0].user"`, set("spec.access[0].user", "kari")),
	})
}

func TestServiceOwnerQuotaAndStorage(t *testing.T) {
	const either = "quota needs either profile (Small, Medium or Large) or hard, not both and not none"
	serviceOwners.try(t, map[string]testCase{
		"a quota may be figures":               accepted(set("spec.quota", obj{"hard": obj{"pods": 10, "requests.cpu": "500m", "requests.memory": "1Gi"}})),
		"a quota may be nothing at all":        accepted(set("spec.quota", obj{"hard": obj{"pods": 0}})),
		"profile and figures are refused":      refused(either, set("spec.quota.hard", obj{"pods": 10})),
		"an empty quota is refused":            refused(either, set("spec.quota", obj{})),
		"a quota below nothing is refused":     refused(`the amounts of ["pods"] must be quantities that are not negative`, set("spec.quota", obj{"hard": obj{"pods": "-1", "cpu": "1"}})),
		"so is one in whole numbers":           refused(`the amounts of ["pods"] must be quantities that are not negative`, set("spec.quota", obj{"hard": obj{"pods": -1}})),
		"an amount only the API server reads":  refused(`the amounts of ["cpu"] must be quantities`, set("spec.quota", obj{"hard": obj{"cpu": "1e1.5"}})),
		"an amount that is no number":          refused("spec.quota.hard.cpu in body should match", set("spec.quota", obj{"hard": obj{"cpu": "plenty"}})),
		"storage is kept seven days at least":  refused("spec.storage.softDeleteDays in body should be greater than or equal to 7", set("spec.storage.softDeleteDays", 6)),
		"storage is kept a year at most":       refused("spec.storage.softDeleteDays in body should be less than or equal to 365", set("spec.storage.softDeleteDays", 366)),
		"seven days are enough":                accepted(set("spec.storage.softDeleteDays", 7)),
		"read access from afar is not offered": refused(`Unsupported value: "RAGRS": supported values: "LRS", "ZRS", "GRS", "GZRS"`, set("spec.storage.redundancy", "RAGRS")),
	})
}

func TestServiceOwnerGitOps(t *testing.T) {
	const ref = "an OCIRepository's ref is a tag, semver or digest; a GitRepository's is a branch, tag, semver or commit"
	const bare = "the url must be an address without credentials, query and fragment"
	git := set("spec.gitops.source", obj{"kind": "GitRepository", "url": "https://git.skd.example.no/apps"})
	at := func(url string) change { return set("spec.gitops.source.url", url) }
	serviceOwners.try(t, map[string]testCase{
		"GitOps is optional":                       accepted(remove("spec.gitops")),
		"a source needs no ref":                    accepted(remove("spec.gitops.source.ref")),
		"a Git repository over https":              accepted(git),
		"a Git repository over ssh":                accepted(git, set("spec.gitops.source.url", "ssh://git@git.skd.example.no/apps")),
		"a Git repository at a port":               accepted(git, at("ssh://git@git.skd.example.no:2222/apps")),
		"a host without a path":                    accepted(git, at("https://git.skd.example.no")),
		"a password in a url is refused":           refused(bare, git, at("https://x:hunter2@git.skd.example.no/apps")),
		"so is a token as the user":                refused(bare, git, at("https://ghp_0123456789@git.skd.example.no/apps")),
		"so is one of a registry":                  refused(bare, at("oci://x:hunter2@registry.skd.example.no/apps")),
		"so is a password over ssh":                refused(bare, git, at("ssh://git:hunter2@git.skd.example.no/apps")),
		"so is a query":                            refused(bare, git, at("https://git.skd.example.no/apps?token=hunter2")),
		"so is a fragment":                         refused(bare, git, at("https://git.skd.example.no/apps#hunter2")),
		"so is a space":                            refused(bare, git, at("https://git.skd.example.no/ap ps")),
		"so is an address without a host":          refused(bare, git, at("https:///apps")),
		"a Secret is named":                        accepted(set("spec.gitops.source.secretName", "apps-registry")),
		"a Secret of another namespace is refused": refused("secretName flux-system/registry must be the name of a Secret", set("spec.gitops.source.secretName", "flux-system/registry")),
		"a Git repository without encryption":      refused("a url that starts with http:// does not fit GitRepository", git, set("spec.gitops.source.url", "http://git.skd.example.no/apps")),
		"a Git repository at an OCI address":       refused("an OCIRepository starts with oci://, a GitRepository with https:// or ssh://", set("spec.gitops.source.kind", "GitRepository")),
		"an OCI repository at a Git address":       refused("a url that starts with https:// does not fit OCIRepository", set("spec.gitops.source.url", "https://git.skd.example.no/apps")),
		"a branch of a Git repository":             accepted(git, set("spec.gitops.source.ref", obj{"branch": "main"})),
		"a commit of a Git repository":             accepted(git, set("spec.gitops.source.ref", obj{"commit": "abc"})),
		"a digest of a Git repository is refused":  refused(ref, git, set("spec.gitops.source.ref", obj{"digest": "sha256:abc"})),
		"a branch of an OCI repository is refused": refused(ref, set("spec.gitops.source.ref", obj{"branch": "main"})),
		"a commit of an OCI repository is refused": refused(ref, set("spec.gitops.source.ref", obj{"commit": "abc"})),
		"two refs are refused":                     refused("spec.gitops.source.ref: Too many: 2: must have at most 1 item", set("spec.gitops.source.ref", obj{"tag": "tt02", "semver": "1.x"})),
		"no ref in a ref is refused":               refused("spec.gitops.source.ref in body should have at least 1 properties", set("spec.gitops.source.ref", obj{})),
		"an interval the operator could not read":  refused("interval 999999999999999h must be a duration between 10s and 24h, as 5m", set("spec.gitops.interval", "999999999999999h")),
		"a folder outside the source is refused":   refused("path ./../nav must start with ./ and hold no ..", set("spec.gitops.path", "./../nav")),
	})
}

func TestServiceOwnerNeverChangesItsNumber(t *testing.T) {
	object := serviceOwners.made(t, set("metadata.name", "fixed"))
	serviceOwners.tryUpdates(t, object, map[string]testCase{
		"another name is taken in": accepted(set("spec.displayName.nb", "Skatteetaten AS")),
		"another region is too":    accepted(set("spec.region", "norwaywest")),
		"another number is refused": refused("organizationNumber cannot change from 974761076: another number is another controller, and needs a ServiceOwner of its own",
			set("spec.organizationNumber", "889640782")),
	})
}
