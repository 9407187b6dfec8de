// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// Every cause that can be told apart, by what ASO and Azure really say.
func TestWhatIsWrongIsToldByItsCause(t *testing.T) {
	const (
		client = "The client '6f2b4c1e-0b0e-4c1d-9d53-1f4c3f0a7a11' with object id '6f2b4c1e-0b0e-4c1d-9d53-1f4c3f0a7a11' does not have authorization to perform action "
		over   = " over scope '/subscriptions/0a1b2c3d-0000-1111-2222-333344445555/resourceGroups/so-tt02-skd' or the scope is invalid. If access was recently granted, please refresh your credentials."
	)
	account, vault := "stskd"+digits(10, here.of(skd())...), here.vaultName(skd())
	for sentence, c := range map[string]struct {
		kind                      schema.GroupVersionKind
		severity, reason, message string
		want                      string // reason, actor, beginning of the message
		remedy                    string
	}{
		"too many requests are waited out": {
			accountKind, "Warning", "TooManyRequests", "The request is being throttled as the limit has been reached for operation type - Write_ObservationWindow_00:05:00. For more information, see - https://aka.ms/srpthrottlinglimits",
			"StorageUnavailable External: Azure asks for patience before it works on storage account " + account + " (TooManyRequests): The request is being throttled as the limit has been reached for operation type - Write_ObservationWindow_00:05:00. For more information, see - […]",
			"it is tried again",
		},
		"a subscription that is throttled is waited out": {
			vaultKind, "Warning", "SubscriptionRequestsThrottled", "Number of requests for subscription '0a1b2c3d-0000-1111-2222-333344445555' and operation 'PUT/SUBSCRIPTIONS/RESOURCEGROUPS' exceeded the limit.",
			"StorageUnavailable External: Azure asks for patience before it works on key vault " + vault + " (SubscriptionRequestsThrottled): Number of requests for subscription '[…]' and operation 'PUT/subscriptions/[…]' exceeded the limit",
			"it is tried again",
		},
		"a quota is for the platform to raise": {
			accountKind, "Warning", "OperationNotAllowed", "Operation could not be completed as it results in exceeding approved storage account quota.",
			"StorageUnavailable Platform: The subscription has no room for storage account " + account, "quota raised",
		},
		"a subscription full of accounts is for the platform": {
			accountKind, "Warning", "MaxStorageAccountsCountPerSubscriptionExceeded", "Subscription 0a1b2c3d-0000-1111-2222-333344445555 already contains 250 storage accounts in location norwayeast and the maximum allowed is 250.",
			"StorageUnavailable Platform: The subscription has no room for storage account " + account + " (MaxStorageAccountsCountPerSubscriptionExceeded): Subscription […] already contains 250", "quota raised",
		},
		"a right that lacks is named by its role": {
			accountKind, "Warning", "AuthorizationFailed", client + "'Microsoft.Storage/storageAccounts/write'" + over,
			"StorageForbidden Platform: Azure Service Operator may not make storage account " + account + " as declared (AuthorizationFailed): The client '[…]' with object id '[…]' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/write' over scope '/subscriptions/[…]/resourceGroups/so-tt02-skd'",
			"role Contributor on the subscription",
		},
		"to give roles takes another role": {
			roleKind, "Warning", "AuthorizationFailed", client + "'Microsoft.Authorization/roleAssignments/write'" + over,
			"StorageForbidden Platform: Azure Service Operator may not make role assignment skd.keys.vault as declared", "role Role Based Access Control Administrator on the subscription",
		},
		"identities take a role of their own": {
			identityKind, "Warning", "AuthorizationFailed", client + "'Microsoft.ManagedIdentity/userAssignedIdentities/write'" + over,
			"StorageForbidden Platform: Azure Service Operator may not make identity key-skd as declared", "role Managed Identity Contributor",
		},
		"so do the subnets of another subscription": {
			accountKind, "Warning", "LinkedAuthorizationFailed", client + "'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action'" + over,
			"StorageForbidden Platform: Azure Service Operator may not make storage account " + account, "role Network Contributor on the subnets",
		},
		"a name that is taken": {
			accountKind, "Warning", "StorageAccountAlreadyTaken", "The storage account named " + account + " is already taken.",
			"StorageNameTaken Platform: The name of storage account " + account + " is taken, in this subscription or another (StorageAccountAlreadyTaken): The storage account named " + account + " is already taken", "who|what has the name",
		},
		"a name of a vault that is taken, though Azure also speaks of deleted ones": {
			vaultKind, "Warning", "VaultAlreadyExists", "The vault name '" + vault + "' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.",
			"StorageNameTaken Platform: The name of key vault " + vault + " is taken", "what has the name",
		},
		"a deleted vault that is still kept": {
			vaultKind, "Warning", "ConflictError", "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
			"StorageSoftDeleted Platform: A deleted one of the name of key vault " + vault + " is still kept (ConflictError): A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link […] for more information on soft delete", "Recover what was deleted",
		},
		"a deleted vault of another resource group, as ASO says it": {
			vaultKind, "Error", "Failed", "cannot recover KeyVault: new resourceGroup so-tt02-skd does not match old resource group old",
			"StorageSoftDeleted Platform: A deleted one of the name of key vault " + vault + " is still kept (Failed): cannot recover KeyVault: new resourceGroup so-tt02-skd does not match old resource group old", "in the resource group it was in",
		},
		"a key that is not there": {
			accountKind, "Warning", "KeyVaultEncryptionKeyNotFound", "The operation failed because the key vault encryption key is not found.",
			"StorageKeyMissing ServiceOwner: Storage account " + account + " cannot use the key storage of its service owner (KeyVaultEncryptionKeyNotFound)", "Make a key storage (RSA, 3072 bits or more) in key vault " + vault,
		},
		"a vault that lets the account in no more": {
			accountKind, "Warning", "KeyVaultAuthenticationFailure", "The operation failed because of authentication issue on the keyvault.",
			"StorageKeyMissing ServiceOwner: Storage account " + account, "in key vault " + vault,
		},
		"a rule of the subscription, which ASO tries again for nothing": {
			groupKind, "Warning", "RequestDisallowedByPolicy", "Resource 'so-tt02-skd' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Allowed locations\"}}]'.",
			"StorageRefused Platform: Azure refuses resource group so-tt02-skd (RequestDisallowedByPolicy): Resource 'so-tt02-skd' was disallowed by policy", "rules of the subscription",
		},
		"what Azure refuses for good": {
			blobsKind, "Error", "PropertyChangeNotAllowed", "Changing property 'isVersioningEnabled' is not allowed.",
			"StorageRefused Platform: Azure refuses blob service skd (PropertyChangeNotAllowed): Changing property 'isVersioningEnabled' is not allowed", "Change what Azure names",
		},
		"an error that nobody knows is a refusal": {
			accountKind, "Error", "Outlandish", "", "StorageRefused Platform: Azure refuses storage account " + account + " (Outlandish)", "Change what Azure names",
		},
		"a warning that nobody knows is tried again": {
			accountKind, "Warning", "UnknownError", "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
			"StorageUnavailable External: Azure has not made storage account " + account + " as declared (UnknownError): context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "tried again",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			wanted := ofOwner(t, skd(withKey))
			report := here.Judge(wanted, stand(wanted, isReady, only(c.kind, fails(c.severity, c.reason, c.message))))
			if len(report.Findings) != 1 || len(report.Awaited) != 0 {
				t.Fatalf("found %v, awaited %v", report.Findings, report.Awaited)
			}
			found := report.Findings[0]
			if found.Effect != decide.Limit || found.Part != v1alpha1.ConditionStorageReady {
				t.Errorf("found %+v", found)
			}
			if got := found.Reason + " " + string(found.Actor) + ": " + found.Message; !strings.HasPrefix(got, c.want) {
				t.Errorf("says\n%s\nwant\n%s", got, c.want)
			}
			if _, remedy, either := strings.Cut(c.remedy, "|"); !strings.Contains(found.Remedy, c.remedy) && (!either || !strings.Contains(found.Remedy, remedy)) {
				t.Errorf("remedy %q does not say %q", found.Remedy, c.remedy)
			}
		})
	}
}

// What is under way is no problem.
func TestWhatIsAwaited(t *testing.T) {
	account := here.accountName(skd())
	gone := func([]apply.Child) []storage.Object { return nil }
	with := func(changes ...func(*unstructured.Unstructured)) func([]apply.Child) []storage.Object {
		return func(wanted []apply.Child) []storage.Object { return stand(wanted, changes...) }
	}
	all := []string{"resource group so-tt02-skd", "key vault " + here.vaultName(skd()), "storage account " + account, "blob service skd"}
	one := []string{"storage account " + account}
	for sentence, c := range map[string]struct {
		standing func([]apply.Child) []storage.Object
		want     []string
	}{
		"what stands and is ready is not":            {with(isReady), nil},
		"what is not there yet is":                   {gone, all},
		"what ASO has not looked at is":              {with(), all},
		"what ASO has only seen an earlier state of": {with(isReady, only(accountKind, func(o *unstructured.Unstructured) { o.SetGeneration(4) })), one},
		"what ASO is at work on":                     {with(isReady, only(accountKind, fails("Info", "Reconciling", "The resource is in the process of being reconciled by the operator"))), one},
		"what waits for what it lies in":             {with(isReady, only(accountKind, fails("Warning", "WaitingForOwner", `Owner "skd" cannot be found. Progress is blocked until the owner is created.`))), one},
		"what waits for who an identity is":          {with(isReady, only(accountKind, fails("Warning", "ConfigMapNotFound", `so-skd/skd.keys does not exist`))), one},
		"of what ASO knows nothing":                  {with(isReady, only(accountKind, condition(map[string]any{"status": "Unknown", "reason": "Failed"}))), one},
		"what is being deleted, and made anew after": {with(isReady, only(accountKind, beingDeleted)), one},
		"what is being deleted, as ASO itself says":  {with(isReady, only(accountKind, beingDeleted), only(accountKind, fails("Info", "Deleting", "The resource is being deleted"))), one},
	} {
		t.Run(sentence, func(t *testing.T) {
			wanted := ofOwner(t, skd())
			report := here.Judge(wanted, c.standing(wanted))
			if len(report.Findings) != 0 {
				t.Errorf("found %v", report.Findings)
			}
			if diff := gocmp.Diff(c.want, report.Awaited); diff != "" {
				t.Errorf("awaited (-want +got):\n%s", diff)
			}
		})
	}
}

// What Azure never changes is told, and nothing is deleted for it.
func TestWhatCannotMoveIsTold(t *testing.T) {
	stood := stand(ofOwner(t, skd(inRegion("westeurope"))), isReady)
	wanted := ofOwner(t, skd(), stood...)
	report := here.Judge(wanted, stood)
	var got []string
	for _, finding := range report.Findings {
		got = append(got, finding.Reason+" "+finding.Message)
	}
	want := []string{
		"StorageImmovable Resource group so-tt02-skd is declared in norwayeast and lies in westeurope: Azure cannot move it",
		"StorageImmovable Key vault " + here.vaultName(skd()) + " is declared in norwayeast and lies in westeurope: Azure cannot move it",
		"StorageImmovable Storage account " + here.accountName(skd()) + " is declared in norwayeast and lies in westeurope: Azure cannot move it",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	for _, child := range wanted {
		if diff := gocmp.Diff(fixed, child.Yields); diff != "" {
			t.Errorf("%s does not yield what is fixed: %s", child.GetName(), diff)
		}
	}
}

func TestTheSameRegionInAnotherSpellingIsNoMove(t *testing.T) {
	wanted := ofOwner(t, skd())
	if report := here.Judge(wanted, stand(wanted, isReady, only(accountKind, spec("Norway East", "location")))); len(report.Findings) != 0 {
		t.Errorf("found %v", report.Findings)
	}
}

func TestAnotherKindOfAccountIsToldOf(t *testing.T) {
	wanted := ofOwner(t, skd())
	report := here.Judge(wanted, stand(wanted, isReady, only(accountKind, spec("BlobStorage", "kind"))))
	if len(report.Findings) != 1 || report.Findings[0].Reason != v1alpha1.ReasonStorageImmovable || !strings.Contains(report.Findings[0].Message, "kind StorageV2 and has BlobStorage") {
		t.Errorf("found %v", report.Findings)
	}
}

func TestWhatDoesNotGoIsToldOf(t *testing.T) {
	wanted := ofOwner(t, skd())
	report := here.Judge(wanted, stand(wanted, isReady, only(vaultKind, beingDeleted),
		only(vaultKind, fails("Warning", "ScopeLocked", "The scope '/subscriptions/0a1b2c3d-0000-1111-2222-333344445555' cannot perform delete operation because following scope(s) are locked"))))
	if len(report.Findings) != 1 || report.Findings[0].Reason != v1alpha1.ReasonStorageDeleting ||
		report.Findings[0].Message != "Key vault "+here.vaultName(skd())+" is being deleted, and Azure does not let it go (ScopeLocked): The scope '/subscriptions/[…]' cannot perform delete operation because following scope(s) are locked" {
		t.Errorf("found %v", report.Findings)
	}
}

func TestARedundancyThatIsNotDeclaredIsWarnedOf(t *testing.T) {
	wanted := ofOwner(t, skd())
	report := here.Judge(wanted, stand(wanted, isReady, only(accountKind, status("Standard_GZRS", "sku", "name"))))
	if len(report.Findings) != 1 || report.Findings[0].Effect != decide.Warn ||
		report.Findings[0].Message != "Storage account "+here.accountName(skd())+" is kept as Standard_GZRS in Azure, and declared as Standard_ZRS" {
		t.Errorf("found %v", report.Findings)
	}
	if report := here.Judge(wanted, stand(wanted, isReady, only(accountKind, status("Standard_ZRS", "sku", "name")))); len(report.Findings) != 0 {
		t.Errorf("of what is as declared, found %v", report.Findings)
	}
}

func TestThatImmutableHasNoTermIsWarnedOf(t *testing.T) {
	app := income(skd())
	app.Containers[1].Immutable = true
	share := ofApp(t, app)
	report := here.Judge(share.Children, stand(share.Children, isReady))
	if len(report.Findings) != 1 || report.Findings[0].Effect != decide.Warn || !strings.HasPrefix(report.Findings[0].Message, "Container income-pdf lets blobs be made immutable, and does not make them so") {
		t.Errorf("found %v", report.Findings)
	}
}

// What Azure says goes to status, which many may read.
func TestWordsOfAzureAreMadeHarmless(t *testing.T) {
	for sentence, c := range map[string]struct{ words, want string }{
		"ids of subscriptions are taken out":      {"over scope '/subscriptions/0a1b2c3d-0000-1111-2222-333344445555/resourceGroups/x'", "over scope '/subscriptions/[…]/resourceGroups/x'"},
		"ids of requests and times are taken out": {"It failed. RequestId:7d3c2b1a-0000-1111-2222-333344445555 Time:2026-02-03T10:11:12.1234567Z", "It failed"},
		"traces are taken out":                    {"It failed. Trace ID: 7d3c2b1a-0000-1111-2222-333344445555 Correlation ID: 8d3c2b1a-0000-1111-2222-333344445555 Timestamp: 2026-02-03 10:11:12Z", "It failed"},
		"tracking ids are taken out":              {"Please include the tracking id '7d3c2b1a-0000-1111-2222-333344445555' in your call", "Please include the tracking id '[…]' in your call"},
		"keys in connections are taken out":       {"DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc123==;EndpointSuffix=core", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=[…];EndpointSuffix=core"},
		"links are taken out":                     {"see https://x.blob.core.windows.net/a?sv=1&sig=abc for more", "see […] for more"},
		"people are taken out":                    {"the caller kari@example.no may not", "the caller […] may not"},
		"what could be a key is taken out":        {"with Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA== it failed", "with […] it failed"},
		"lines become one":                        {"first\n\n  second\tthird.", "first second third"},
		"what is long is cut":                     {strings.Repeat("a ", 400), strings.Repeat("a ", 150) + "…"},
	} {
		if got := harmless(c.words); got != c.want {
			t.Errorf("%s: %q became %q, want %q", sentence, c.words, got, c.want)
		}
	}
}

// What stands is read from the cache and shared: nothing here may touch it.
func TestWhatStandsIsNotTouched(t *testing.T) {
	apps := ofApp(t, income(skd(withKey)))
	standing := stand(append(ofOwner(t, skd(withKey)), apps.Children...), fails("Error", "Outlandish", "no"))
	standing = append(standing, stand(ofOwner(t, skd(), standing...))...)
	var before []*unstructured.Unstructured
	for _, object := range standing {
		before = append(before, object.(*unstructured.Unstructured).DeepCopy())
	}
	wanted := ofOwner(t, skd(withKey, inRegion("westeurope")), standing...)
	here.Judge(append(wanted, apps.Children...), standing)
	here.Fates(skd(), standing)
	for i, object := range standing {
		if diff := gocmp.Diff(before[i], object); diff != "" {
			t.Errorf("%s was changed: %s", object.GetName(), diff)
		}
	}
}
