// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

func TestPlacesAreWhereAzureSaysThatDataLies(t *testing.T) {
	account, vault := "storage account "+here.accountName(skd()), "key vault "+here.vaultName(skd())
	for sentence, c := range map[string]struct {
		changes []func(*unstructured.Unstructured)
		want    []gate.Place
	}{
		"what Azure has said nothing of is nowhere": {nil, nil},
		"the account and the vault": {
			[]func(*unstructured.Unstructured){only(accountKind, status("norwayeast", "primaryLocation")), only(vaultKind, status("Norway East", "location"))},
			[]gate.Place{{What: account, Region: "norwayeast", Keeps: true}, {What: vault, Region: "norwayeast", Keeps: true}},
		},
		"a second copy, whether it was declared or not": {
			[]func(*unstructured.Unstructured){only(accountKind, status("norwayeast", "primaryLocation")), only(accountKind, status("West Europe", "secondaryLocation"))},
			[]gate.Place{{What: account, Region: "norwayeast", Keeps: true}, {What: "the second copy of " + account, Region: "westeurope", Keeps: true}},
		},
	} {
		wanted := ofOwner(t, skd())
		if diff := gocmp.Diff(c.want, here.Judge(nil, stand(wanted, c.changes...)).Places); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sentence, diff)
		}
	}
}

func TestContainersAreThoseThatStandAndThoseThatAreKept(t *testing.T) {
	apps := stand(ofApp(t, income(skd())).Children, isReady)
	policy := stand(ofOwner(t, skd(), apps...), isReady)
	var reportsOnly []storage.Object
	for _, container := range ofKind(containerKind.Kind, apps) {
		if container.GetName() == "income.reports" {
			reportsOnly = append(reportsOnly, container)
		}
	}
	standing := append(policy, reportsOnly...)
	got := here.Judge(ofOwner(t, skd(), standing...), standing).Containers
	want := []v1alpha1.KeptContainer{{Name: "income-pdf", RetentionDays: 30}, {Name: "income-reports", App: "income", RetentionDays: 3650}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
}

func TestFatesAreWhatObjectsSay(t *testing.T) {
	regions := []v1alpha1.Region{"norwayeast"}
	account, vault := here.accountName(skd()), here.vaultName(skd())
	detach := func(object *unstructured.Unstructured) { keep(object, v1alpha1.DeletionRetain) }
	stays := []storage.Fate{
		{What: "storage account " + account, Where: account, Regions: regions}, {What: "key vault " + vault, Where: vault, Regions: regions},
		{What: "container income-pdf", Where: "income-pdf", Regions: regions}, {What: "container income-reports", Where: "income-reports", Regions: regions},
	}
	goes := []storage.Fate{
		{What: "storage account " + account, Where: account, Regions: regions, Deleted: true, RecoverableDays: 14},
		{What: "key vault " + vault, Where: vault, Regions: regions, Deleted: true, RecoverableDays: 30},
		{What: "container income-pdf", Where: "income-pdf", Regions: regions, Deleted: true, RecoverableDays: 14},
		{What: "container income-reports", Where: "income-reports", Regions: regions, Deleted: true, RecoverableDays: 14},
	}
	alone := append(append([]storage.Fate{}, stays[:2]...),
		storage.Fate{What: "container income-pdf", Where: "income-pdf", Regions: regions, Deleted: true, RecoverableDays: 30},
		storage.Fate{What: "container income-reports", Where: "income-reports", Regions: regions, Deleted: true, RecoverableDays: 30})
	for sentence, c := range map[string]struct {
		owner   storage.Owner
		changes []func(*unstructured.Unstructured)
		want    []storage.Fate
	}{
		"under Retain all stays":           {skd(withRetain), nil, stays},
		"so it does where nothing is said": {skd(), nil, stays},
		"under Delete all goes":            {skd(withDelete), nil, goes},
		"a container that goes alone can be brought back as long as is declared": {skd(withDelete), []func(*unstructured.Unstructured){only(groupKind, detach), only(accountKind, detach), only(vaultKind, detach)}, alone},
		"with the resource group goes what is in it":                             {skd(withRetain), []func(*unstructured.Unstructured){only(groupKind, func(o *unstructured.Unstructured) { o.SetAnnotations(nil) })}, goes},
	} {
		standing := stand(append(ofOwner(t, c.owner), ofApp(t, income(c.owner)).Children...), c.changes...)
		if diff := gocmp.Diff(c.want, here.Fates(c.owner, standing)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sentence, diff)
		}
	}
	found := here.Fates(skd(), stand(ofOwner(t, skd()), only(accountKind, status("/subscriptions/s/x", "id")), only(accountKind, status("norwaywest", "secondaryLocation"))))
	if found[0].Where != "/subscriptions/s/x" || len(found[0].Regions) != 2 {
		t.Errorf("of what Azure has told of, found %+v", found[0])
	}
}
