// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// sampled is the sample of a kind under another name.
func (r resource) sampled(t *testing.T, name string, changes ...change) *unstructured.Unstructured {
	t.Helper()
	object, err := r.object(append(changes, set("metadata.name", name))...)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// An agreement is what lets a service owner's Apps run: no service owner writes its own.
func TestAttackByAForgedAgreement(t *testing.T) {
	agreement := agreements.made(t, set("metadata.name", "forged-2026"))
	owner := serviceOwners.made(t, set("metadata.name", "forged"))
	may := []actor{engine, platform, manager, rescuer, administrator}
	by := func(what string) string { return what + " is not for " }
	const ask = "as the group serviceowner-operator:platform; ask it for the change"
	repel(t, map[string]attack{
		"one is made":                            {try: creates("dataprocessingagreements", agreements.sampled(t, "mine")), says: by("DataProcessingAgreement mine"), may: may},
		"one is widened":                         {try: changes("dataprocessingagreements", agreement, add("spec.dataCategories", "Health")), says: ask, may: may},
		"one is made to last":                    {try: changes("dataprocessingagreements", agreement, set("spec.validity.until", "2099-01-05T00:00:00Z")), says: by("DataProcessingAgreement forged-2026"), may: may},
		"a stop order is taken away":             {try: deletes("dataprocessingagreements", agreement), says: by("DataProcessingAgreement forged-2026"), may: may},
		"a service owner is made":                {try: creates("serviceowners", serviceOwners.sampled(t, "mine")), says: by("ServiceOwner mine"), may: may},
		"a service owner lets itself in":         {try: changes("serviceowners", owner, set("spec.access", list{obj{"role": "Admin", "group": "everybody"}})), says: by("ServiceOwner forged"), may: may},
		"a service owner raises its quota":       {try: changes("serviceowners", owner, set("spec.quota", obj{"profile": "Large"})), says: by("ServiceOwner forged"), may: may},
		"a service owner gives itself exception": {try: changes("serviceowners", owner, set("spec.regionException", obj{"reason": "No room", "expires": "2099-01-01T00:00:00Z"})), says: ask, may: may},
		"a suspended one brings itself back":     {try: changes("serviceowners", owner, remove("spec.suspend")), says: by("ServiceOwner forged"), may: may},
		"another service owner is deleted":       {try: deletes("serviceowners", owner), says: by("ServiceOwner forged"), may: may},
	})
}

// Others believe what status says: the agreement in use, the address that is served, the namespace that is ready.
func TestAttackByAForgedStatus(t *testing.T) {
	agreement := agreements.made(t, set("metadata.name", "told-2026"))
	owner := serviceOwners.made(t, set("metadata.name", "told"))
	app := apps.made(t, set("metadata.name", "told"))
	consent := consentResources.made(t, set("metadata.name", "told"))
	of := func(what string) string { return "the status of " + what + " told" }
	may := []actor{operator, engine, manager, rescuer, administrator}
	repel(t, map[string]attack{
		"an agreement is said to be in use by none": {try: changes("dataprocessingagreements", agreement, inUse(obj{"apps": obj{"count": 0}}), "status"), says: of("DataProcessingAgreement"), may: may},
		"a service owner is said to stand":          {try: changes("serviceowners", owner, set("status.namespace", "so-nav"), "status"), says: of("ServiceOwner"), may: may},
		"an App is said to serve an address":        {try: changes("apps", app, set("status.url", "https://nav.apps.tt02.altinn.no/"), "status"), says: of("App"), may: may},
		"an App is said to have no children":        {try: changes("apps", app, set("status.children", list{}), "status"), says: of("App"), may: may},
		"a consent is said to be registered":        {try: changes("consentresources", consent, set("status.observedGeneration", 1), "status"), says: of("ConsentResource"), may: may},
	})
	t.Run("the platform team does not write it either", func(t *testing.T) {
		expect(t, changes("dataprocessingagreements", agreement, inUse(obj{}), "status")(t.Context(), platform), "the status of DataProcessingAgreement told-2026 is not for engineer")
	})
}

// A finalizer stands for what lies outside the cluster: keys that work, entries that are public, data.
func TestAttackOnADeletionUnderWay(t *testing.T) {
	ctx := context.WithoutCancel(t.Context())
	finalizers := list{"tenancy.altinn.cloud/credentials", "tenancy.altinn.cloud/registration", "example.no/held"}
	app := apps.sampled(t, "going", set("metadata.finalizers", finalizers))
	made, err := apps.in("so-skd").Create(ctx, app, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := changedIn(ctx, apps, "going", remove("metadata.finalizers")); err != nil {
			t.Error(err)
		}
	})
	if err := apps.in("so-skd").Delete(ctx, "going", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	repel(t, map[string]attack{
		"it is finished before its clients are gone": {
			try:  changes("apps", made, remove("metadata.finalizers")),
			says: "App going is being deleted, and tenancy.altinn.cloud/credentials, tenancy.altinn.cloud/registration is not for ",
			may:  []actor{operator, manager, rescuer, administrator},
		},
		"it is finished before its entry is hidden": {
			try:  changes("apps", made, set("metadata.finalizers", finalizers[:1])),
			says: "and tenancy.altinn.cloud/registration is not for ", may: []actor{operator},
		},
	})
	t.Run("its service owner may still let go of what is its own", func(t *testing.T) {
		for _, who := range []actor{stranger, roles["an admin of the service owner"], roles["a deployer of the service owner"]} {
			expect(t, changes("apps", made, set("metadata.finalizers", finalizers[:2]))(t.Context(), who), "")
			expect(t, changes("apps", made, set("spec.port", 8080))(t.Context(), who), "")
		}
	})
}

// changedIn writes an object of so-skd as it stands, changed.
func changedIn(ctx context.Context, r resource, name string, change change) (*unstructured.Unstructured, error) {
	found, err := r.in("so-skd").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	edited, err := changed(found, change)
	if err != nil {
		return nil, err
	}
	return r.in("so-skd").Update(ctx, edited, metav1.UpdateOptions{})
}
