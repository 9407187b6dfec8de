// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// trouble is something that can be wrong, told by the code that Azure answers with, which ASO makes the reason of its
// condition; or, where Azure has one code for many things, by words.
type trouble struct {
	// codes are Azure's; one that ends in a star is the beginning of several.
	codes []string
	// words are in its message, in small letters.
	words []string
	// reason is one of api/v1alpha1.
	reason string
	// says is the sentence, with the object in it; what Azure says is put after it.
	says string
	// actor must act, as remedy says of an object and a message.
	actor  v1alpha1.Actor
	remedy func(want *unstructured.Unstructured, message string) string
}

// troubles are in order: the first that fits is what it is. Codes are from "Troubleshoot common Azure deployment
// errors" and the error codes of the storage and key vault resource providers.
var troubles = []trouble{
	{
		codes:  []string{"StorageAccountAlreadyTaken", "VaultAlreadyExists", "AccountNameNotAvailable"},
		reason: v1alpha1.ReasonStorageNameTaken, says: "The name of %s is taken, in this subscription or another",
		actor:  v1alpha1.ActorPlatform,
		remedy: always("Find out what has the name; if it is an earlier one of this service owner's, move it back to its resource group, else free the name"),
	},
	{
		words:  []string{"already exists in deleted state", "cannot recover keyvault", "in a recoverable state", "soft-deleted"},
		reason: v1alpha1.ReasonStorageSoftDeleted, says: "A deleted one of the name of %s is still kept",
		actor:  v1alpha1.ActorPlatform,
		remedy: always("Recover what was deleted, in the resource group it was in, or wait until its time is over: it cannot be purged before"),
	},
	{
		codes:  []string{"KeyVault*"},
		words:  []string{"key vault key is not found", "encryption key is not found"},
		reason: v1alpha1.ReasonStorageKeyMissing, says: "%s cannot use the key " + keyName + " of its service owner",
		actor: v1alpha1.ActorServiceOwner, remedy: makeKey,
	},
	{
		codes: []string{"AuthorizationFailed", "LinkedAuthorizationFailed", "LinkedAccessCheckFailed", "Forbidden*",
			"RoleAssignmentForbidden", "AuthorizationPermissionMismatch", "InvalidAuthenticationToken*"},
		reason: v1alpha1.ReasonStorageForbidden, says: "Azure Service Operator may not make %s as declared",
		actor: v1alpha1.ActorPlatform, remedy: giveRole,
	},
	{
		codes:  []string{"ResourceQuotaExceeded", "MaxStorageAccountsCountPerSubscriptionExceeded", "RoleAssignmentLimitExceeded", "QuotaExceeded"},
		words:  []string{"quota"},
		reason: v1alpha1.ReasonStorageUnavailable, says: "The subscription has no room for %s",
		actor:  v1alpha1.ActorPlatform,
		remedy: always("Have the subscription's quota raised, or take out of it what is not used. It is tried again"),
	},
	{
		codes:  []string{"TooManyRequests", "429", "SubscriptionRequestsThrottled", "ResourceRequestsThrottled", "ServerBusy", "ServiceUnavailable"},
		words:  []string{"too many requests", "throttled"},
		reason: v1alpha1.ReasonStorageUnavailable, says: "Azure asks for patience before it works on %s",
		actor: v1alpha1.ActorExternal, remedy: always("Nothing: it is tried again"),
	},
	{
		// Of these ASO tries some again and again, though only an edit can help.
		codes: []string{"BadRequest*", "Invalid*", "RequestDisallowedByPolicy", "ScopeLocked", "ReservedResourceName", "RegionIsOfferRestricted",
			"SkuNotAvailable", "PropertyChangeNotAllowed", "LocationNotAvailable*", "RoleAssignmentUpdateNotPermitted", "SubscriptionNotFound", "SubscriptionMismatch"},
		reason: v1alpha1.ReasonStorageRefused, says: "Azure refuses %s",
		actor: v1alpha1.ActorPlatform, remedy: always(mend),
	},
}

// What is left, by whether ASO tries it again.
var (
	otherWarning = trouble{
		reason: v1alpha1.ReasonStorageUnavailable, says: "Azure has not made %s as declared",
		actor: v1alpha1.ActorExternal, remedy: always("Nothing at first: it is tried again. If it lasts, see what Azure says"),
	}
	otherError = trouble{
		reason: v1alpha1.ReasonStorageRefused, says: "Azure refuses %s",
		actor: v1alpha1.ActorPlatform, remedy: always(mend),
	}
)

const mend = "Change what Azure names: in the ServiceOwner or App, in the operator's configuration, or in the rules of the subscription"

// troubleOf tells what is wrong with an object whose condition says that something is.
func troubleOf(want *unstructured.Unstructured, now ready) decide.Finding {
	found := otherWarning
	if now.severity == severityError {
		found = otherError
	}
	if known := slices.IndexFunc(troubles, func(t trouble) bool { return t.fits(now) }); known >= 0 {
		found = troubles[known]
	}
	return limit(found.reason, fmt.Sprintf(found.says, called(want))+said(now), found.actor, found.remedy(want, now.message))
}

func (t trouble) fits(now ready) bool {
	message := strings.ToLower(now.message)
	return slices.ContainsFunc(t.codes, func(code string) bool {
		if start, several := strings.CutSuffix(code, "*"); several {
			return strings.HasPrefix(now.reason, start)
		}
		return now.reason == code
	}) || slices.ContainsFunc(t.words, func(words string) bool { return strings.Contains(message, words) })
}

func always(remedy string) func(*unstructured.Unstructured, string) string {
	return func(*unstructured.Unstructured, string) string { return remedy }
}

// makeKey says what an account needs to be encrypted with its owner's key.
func makeKey(want *unstructured.Unstructured, _ string) string {
	vault := strings.TrimPrefix(text(want, "spec", "encryption", "keyvaultproperties", "keyvaulturi"), "https://")
	vault, _, _ = strings.Cut(vault, ".")
	return fmt.Sprintf("Make a key %s (RSA, 3072 bits or more) in key vault %s, and let it neither run out nor be switched off. It is tried again", keyName, vault)
}

// giveRole names the role that ASO's identity lacks.
func giveRole(want *unstructured.Unstructured, message string) string {
	role, where := "Contributor", "the subscription"
	switch {
	case strings.Contains(message, "Microsoft.Network/"):
		role, where = "Network Contributor", "the subnets of storage.azure.subnets"
	case want.GetKind() == roleKind.Kind:
		role = "Role Based Access Control Administrator"
	case want.GetKind() == identityKind.Kind || want.GetKind() == credentialKind.Kind:
		role = "Managed Identity Contributor"
	case strings.Contains(message, "Microsoft.ManagedIdentity/"):
		role = "Managed Identity Operator"
	}
	return fmt.Sprintf("Give the identity of Azure Service Operator the role %s on %s", role, where)
}
