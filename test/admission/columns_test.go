// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// screen is how many characters wide a terminal may be taken to be.
const screen = 120

// What kubectl get prints of the samples fits a screen, also in the longest of their states and with
// the namespace before it.
func TestColumnsFitAScreen(t *testing.T) {
	columns := map[string][]string{
		"serviceowners":            {"Name", "Display name", "Org number", "Region", "Namespace", "Ready", "Reason", "Age"},
		"dataprocessingagreements": {"Name", "Owner", "Terms", "State", "Days left", "Apps", "Held", "Ready", "Reason", "Age"},
		"apps":                     {"Name", "URL", "Ready", "Reason", "Age"},
		"consentresources":         {"Name", "Title", "State", "App", "Ready", "Reason", "Age"},
	}
	for _, r := range allResources {
		t.Run(r.kind, func(t *testing.T) {
			r.report(t, r.made(t))
			table := r.table(t)
			if got := header(table); !slices.Equal(got, columns[r.plural]) {
				t.Errorf("the columns must be %v, are %v", columns[r.plural], got)
			}
			width := printedWidth(table)
			if r.namespace != "" {
				width += columnWidth("NAMESPACE", r.namespace)
			}
			t.Logf("%d characters wide", width)
			if width > screen {
				t.Errorf("kubectl get %s prints %d characters, more than %d", r.plural, width, screen)
			}
		})
	}
}

// report gives an object the status the operator would: with the longest reason it has.
func (r resource) report(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	changed, err := changed(object, set("status", obj{
		"observedGeneration": 1,
		"conditions": list{obj{
			"type": v1alpha1.ConditionReady, "status": "Unknown", "observedGeneration": 1,
			"reason": longestReason(), "message": "a sentence that stands in the wide output only",
			"lastTransitionTime": "2026-01-05T00:00:00Z",
		}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	more := map[string][]change{
		"serviceowners": {set("status.namespace", "so-skd")},
		"dataprocessingagreements": {
			set("status.daysLeft", -1234),
			set("status.covered", obj{"apps": users("income", "tax-return"), "consentResources": users("income")}),
			set("status.inUse", obj{"apps": users("income", "tax-return"), "consentResources": users("income")}),
			set("status.held", obj{"apps": users("debt"), "consentResources": users("debt")}),
			set("status.nextCheck", "2027-10-07T00:00:00Z"),
		},
		"apps": {
			set("status.image", "skdregistry.example.no/skd-income:1.4.2"),
			set("status.url", "https://skd.apps.tt02.altinn.no/skd/income/"),
			set("status.admitted", obj{"generation": 1, "agreement": "skd-2026"}),
		},
	}
	if r.kind == agreements.kind {
		t.Cleanup(func() {
			if err := reportInUse(context.WithoutCancel(t.Context()), object.GetName(), obj{}); err != nil {
				t.Errorf("what runs under an agreement keeps it from being deleted: %v", err)
			}
		})
	}
	for _, change := range more[r.plural] {
		if err := change(changed.Object); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.in(object.GetNamespace()).UpdateStatus(t.Context(), changed, metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
		t.Fatal(err)
	}
}

func longestReason() string {
	return slices.MaxFunc([]string{
		v1alpha1.ReasonFactsUnavailable, v1alpha1.ReasonProviderMissing,
		v1alpha1.ReasonNamespaceConflict, v1alpha1.ReasonServiceOwnerMissing, v1alpha1.ReasonReferenceMissing,
		v1alpha1.ReasonAgreementTerminated, v1alpha1.ReasonTransferNotLawful,
		v1alpha1.ReasonRegionExceptionMissing, v1alpha1.ReasonRegionExceptionExpired,
		v1alpha1.ReasonRegistryNotConfigured, v1alpha1.ReasonRegistryUnavailable, v1alpha1.ReasonRegistrationContested,
		v1alpha1.ReasonRegisteredToAnother, v1alpha1.ReasonAlreadyRegistered, v1alpha1.ReasonDelegationMissing,
	}, func(a, b string) int { return len(a) - len(b) })
}

// table asks the API server for what kubectl get prints.
func (r resource) table(t *testing.T) metav1.Table {
	t.Helper()
	answer, err := apis.RESTClient().Get().AbsPath("apis", v1alpha1.GroupVersion.String(), r.plural).
		SetHeader("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(answer, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) == 0 {
		t.Fatalf("the table of %s is empty", r.plural)
	}
	return table
}

func header(table metav1.Table) []string {
	var names []string
	for _, column := range table.ColumnDefinitions {
		if column.Priority == 0 {
			names = append(names, column.Name)
		}
	}
	return names
}

// printedWidth is how wide kubectl prints the table without -o wide.
func printedWidth(table metav1.Table) int {
	width := 0
	for i, column := range table.ColumnDefinitions {
		if column.Priority != 0 {
			continue
		}
		cells := []string{strings.ToUpper(column.Name)}
		for _, row := range table.Rows {
			cells = append(cells, fmt.Sprint(row.Cells[i]))
		}
		width += columnWidth(cells...)
	}
	return width
}

// columnWidth is the widest cell, six at least, and the three blanks kubectl sets between columns.
func columnWidth(cells ...string) int {
	width := 6
	for _, cell := range cells {
		width = max(width, utf8.RuneCountInString(cell)+3)
	}
	return width
}
