// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// resourceIdentifier is asked of new resources only (Altinn's Resource Registry).
	resourceIdentifier = regexp.MustCompile(`^[a-z0-9_-]{4,}$`)
	// migratedIdentifier is the one exception, for apps that came from Altinn 1.
	migratedIdentifier = regexp.MustCompile(`(?i)^app_[a-z0-9]+_a1-.+:[a-z0-9.]+$`)
)

// complaints are model errors in the making.
type complaints map[string][]string

func (c complaints) add(key, message string) { c[key] = append(c[key], message) }

// validateResource is the registry's own check of a resource (Altinn's Resource Registry). What it does not check, such as the fields of a consent
// or the digits of an organisation number, is not checked here either.
func validateResource(r *ServiceResource) complaints {
	found := complaints{}
	checkPrefixes(r, found)
	if r.ResourceType == "Default" {
		found.add("ResourceType", "ResourceType needs to be set")
	}
	checkOwner(r, found)
	checkApp(r, found)
	checkTexts(r, found)
	if r.ResourceType == "MaskinportenSchema" && !r.refers("MaskinportenScope") {
		found.add("ResourceReferences", "Missing maskinporten scopen for MaskinportenSchema resource")
	}
	return found
}

// validateNew adds what is asked of an identifier when it is taken.
func validateNew(r *ServiceResource) complaints {
	found := validateResource(r)
	if !resourceIdentifier.MatchString(r.Identifier) && !migratedIdentifier.MatchString(r.Identifier) {
		found.add("Identifier", "Invalid id. Only a-z and 0-9 is allowed together with _ and -.  Minimum 4 characters")
	}
	return found
}

// validateRequired is the model's own [Required], which PUT obeys and POST is told to skip (RR's controller).
func validateRequired(r *ServiceResource) complaints {
	found := complaints{}
	for _, field := range []struct {
		name    string
		missing bool
	}{
		{"Identifier", r.Identifier == ""},
		{"Title", r.Title == nil},
		{"Description", r.Description == nil},
		{"ContactPoints", r.ContactPoints == nil},
		{"HasCompetentAuthority", r.HasCompetentAuth == nil},
	} {
		if field.missing {
			found.add(field.name, "The "+field.name+" field is required.")
		}
	}
	return found
}

func checkPrefixes(r *ServiceResource, found complaints) {
	if strings.HasPrefix(r.Identifier, "se_") && (!r.refers("ServiceCode") || !r.refers("ServiceEditionCode")) {
		found.add("Identifier", "Invalid prefix. Only to be used for Altinn 2 services")
	}
	if strings.HasPrefix(r.Identifier, "app_") && !r.isApp() {
		found.add("Identifier", "Invalid Prefix. app_ is only for Altinn Studio apps")
	}
}

// checkOwner asks for a number, not for a right one; the test owner ttd needs none.
func checkOwner(r *ServiceResource, found complaints) {
	owner := r.HasCompetentAuth
	if owner != nil && (strings.EqualFold(owner.Orgcode, "ttd") || strings.TrimSpace(owner.Organization) != "") {
		return
	}
	found.add("HasCompetentAuthority.Organization", "HasCompetentAuthority needs to be set with valid organization number")
}

func checkApp(r *ServiceResource, found complaints) {
	if !r.isApp() {
		return
	}
	prefix := "app_" + r.ownerCode()
	if !hasPrefixFold(r.Identifier, prefix) {
		found.add("Identifier",
			"Invalid identifier for app resource. App resources needs to have an identifier starting with app_<org>")
	}
	wanted := r.ownerCode() + "/" + strings.ReplaceAll(r.Identifier, prefix+"_", "")
	if !slices.ContainsFunc(r.ResourceReferences, func(reference ResourceReference) bool {
		return reference.ReferenceType == "ApplicationId" && reference.ReferenceSource == "Altinn3" &&
			strings.EqualFold(reference.Reference, wanted)
	}) {
		found.add("ResourceReferences", "Invalid resource references for app resource. App resources needs to have a reference "+
			"with ReferenceType=ApplicationId, ReferenceSource=Altinn3 and Reference=<org>/<appname>")
	}
}

// checkTexts wants three languages. rightDescription is only asked of what can be delegated.
func checkTexts(r *ServiceResource, found complaints) {
	texts := []struct {
		key, name string
		text      map[string]string
		needed    bool
	}{
		{"Title", "title", r.Title, true},
		{"RightDescription", "RightDescription", r.RightDescription, r.Delegable},
		{"Description", "Description", r.Description, true},
	}
	for _, text := range texts {
		for _, language := range []struct{ code, name string }{{"en", "english"}, {"nb", "bokmal"}, {"nn", "nynorsk"}} {
			if text.needed && strings.TrimSpace(text.text[language.code]) == "" {
				found.add(text.key, "Missing "+text.name+" in "+language.name+" "+language.code)
			}
		}
	}
}

func (r *ServiceResource) isApp() bool {
	return r.ResourceType == "AltinnApp" || r.ResourceType == "MigratedApp"
}

func (r *ServiceResource) refers(referenceType string) bool {
	return slices.ContainsFunc(r.ResourceReferences, func(reference ResourceReference) bool {
		return reference.ReferenceType == referenceType
	})
}

func (r *ServiceResource) ownerCode() string {
	if r.HasCompetentAuth == nil {
		return ""
	}
	return r.HasCompetentAuth.Orgcode
}

func (r *ServiceResource) ownerNumber() string {
	if r.HasCompetentAuth == nil {
		return ""
	}
	return r.HasCompetentAuth.Organization
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
