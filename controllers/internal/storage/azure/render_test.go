// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// What holds data goes with its object under Delete only; what gives access always does.
func TestDataIsDetachedUnlessItIsToBeDeleted(t *testing.T) {
	data := []string{groupKind.Kind, accountKind.Kind, blobsKind.Kind, lifecycleKind.Kind, vaultKind.Kind, containerKind.Kind}
	access := []string{identityKind.Kind, credentialKind.Kind, roleKind.Kind}
	for sentence, c := range map[string]struct {
		change func(*storage.Owner)
		want   string
	}{
		"nothing said":          {func(*storage.Owner) {}, policyDetach},
		"the policy is Retain":  {withRetain, policyDetach},
		"the policy is Delete":  {withDelete, policyManage},
		"the policy is no such": {func(owner *storage.Owner) { owner.DeletionPolicy = "delete" }, policyDetach},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := map[string]string{}
			owner := skd(withKey, c.change)
			app := ofApp(t, income(owner)).Children
			for _, object := range stand(append(ofOwner(t, owner, stand(app)...), app...)) {
				got[object.GetObjectKind().GroupVersionKind().Kind] = object.GetAnnotations()[policyAnnotation]
			}
			want := map[string]string{}
			for _, kind := range data {
				want[kind] = c.want
			}
			for _, kind := range access {
				want[kind] = policyManage
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("policies by kind (-want +got):\n%s", diff)
			}
		})
	}
}

// No key and no secret is asked for, written or named anywhere.
func TestNothingRenderedHasASecretInIt(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)kind: secret|secretref|secretkeyref|secrets:|secretexpressions|accountkey|connectionstring|sharedaccess|listkeys|key1|key2|sas(policy|token)|password`)
	for name, rendered := range goldens(t) {
		text := rendered.yaml(t)
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%s says %q", name, found)
		}
		if strings.Count(text, "allowSharedKeyAccess: false") != 1 {
			t.Errorf("%s does not switch off shared keys", name)
		}
	}
}

// An App out of service keeps its data and loses the right to it.
func TestAnAppWithoutAccessHasNoRole(t *testing.T) {
	app := income(skd())
	with := namesOf(ofApp(t, app).Children)
	app.Access = storage.Withdrawn
	var want []string
	for _, name := range with {
		if !strings.HasPrefix(name, roleKind.Kind) {
			want = append(want, name)
		}
	}
	if diff := gocmp.Diff(want, namesOf(ofApp(t, app).Children)); diff != "" || len(with) != len(want)+2 {
		t.Errorf("children (-want +got):\n%s", diff)
	}
}

func TestAnAppWithoutContainersHasNothing(t *testing.T) {
	app := income(skd())
	app.Containers = nil
	if diff := gocmp.Diff(storage.Share{}, ofApp(t, app)); diff != "" {
		t.Errorf("share (-want +got):\n%s", diff)
	}
}

// Neither order of containers, which would roll pods, nor earlier calls make a difference.
func TestRenderingIsTheSameEachTime(t *testing.T) {
	app := income(skd())
	first := ofApp(t, app)
	slices.Reverse(app.Containers)
	if diff := gocmp.Diff(first, ofApp(t, app)); diff != "" {
		t.Errorf("share (-first +in another order):\n%s", diff)
	}
	before := ofOwner(t, skd())
	ofOwner(t, skd(withKey, withDelete, inRegion("westeurope")))
	if diff := gocmp.Diff(before, ofOwner(t, skd())); diff != "" {
		t.Errorf("children (-before +after another owner's):\n%s", diff)
	}
}

// Azure lets nobody change for how long a vault is kept, so that what stands goes on.
func TestADeletedVaultIsKeptAsLongAsAzureAllows(t *testing.T) {
	for sentence, c := range map[string]struct {
		days     int32
		standing []storage.Object
		want     int64
	}{
		"as long as is declared":            {30, nil, 30},
		"at most ninety days":               {365, nil, 90},
		"at least seven":                    {1, nil, 7},
		"of one that stands, as long as it": {60, stand(ofOwner(t, skd())), 30},
	} {
		owner := skd(func(owner *storage.Owner) { owner.Storage.SoftDeleteDays = c.days })
		for _, vault := range ofKind(vaultKind.Kind, stand(ofOwner(t, owner, c.standing...))) {
			if got := number(vault, "spec", "properties", "softDeleteRetentionInDays"); got != c.want {
				t.Errorf("%s: kept for %d days, want %d", sentence, got, c.want)
			}
		}
	}
}

func TestARedundancyThatAzureDoesNotHaveIsRefused(t *testing.T) {
	_, err := here.OfOwner(skd(func(owner *storage.Owner) { owner.Storage.Redundancy = "XRS" }), nil)
	if err == nil || !strings.Contains(err.Error(), `storage of service owner skd: Azure has no redundancy "XRS"`) {
		t.Errorf("the error is %v", err)
	}
}

// Every number is as JSON decodes it: any other would differ from the live object for ever, or not copy at all.
func TestFieldsAreAsJSONDecodesThem(t *testing.T) {
	for name, rendered := range goldens(t) {
		for _, object := range stand(rendered.children()) {
			fields := object.(*unstructured.Unstructured)
			raw, err := fields.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			read := &unstructured.Unstructured{}
			if err := read.UnmarshalJSON(raw); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(fields.Object, read.Object); diff != "" {
				t.Errorf("%s, %s (-rendered +read):\n%s", name, called(fields), diff)
			}
		}
	}
}

// ASO's Go packages would bring Azure's SDKs along and tie the operator to a version of ASO.
func TestTheOperatorDoesNotImportAzureServiceOperator(t *testing.T) {
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	list.Dir = root
	packages, err := list.Output()
	if err != nil {
		t.Fatalf("listing what the operator imports: %v", err)
	}
	for name := range strings.Lines(string(packages)) {
		if strings.Contains(name, "azure-service-operator") || strings.Contains(name, "/sdk/resourcemanager/") {
			t.Errorf("the operator imports %s", name)
		}
	}
	if !strings.Contains(string(packages), "controllers/internal/storage/azure") {
		t.Error("the operator does not import this package: the list is not its")
	}
}

// namesOf are children as "Kind name", in their order.
func namesOf(children []apply.Child) []string {
	var names []string
	for _, object := range stand(children) {
		names = append(names, object.GetObjectKind().GroupVersionKind().Kind+" "+object.GetName())
	}
	return names
}

// Every label that reading by label needs is there.
func TestObjectsSayWhoseTheyAre(t *testing.T) {
	for _, object := range stand(append(ofOwner(t, skd(withKey)), ofApp(t, income(skd())).Children...)) {
		labels := object.GetLabels()
		if labels[v1alpha1.LabelManagedBy] != v1alpha1.ManagedBy || labels[v1alpha1.LabelServiceOwner] != "skd" {
			t.Errorf("%s has labels %v", object.GetName(), labels)
		}
		if ofApp := strings.HasPrefix(object.GetName(), "income"); ofApp != (labels[v1alpha1.LabelName] == "income") {
			t.Errorf("%s has labels %v", object.GetName(), labels)
		}
	}
}

// An App may be called as its owner, and a container as anything.
func TestAnAppOfTheOwnersNameHasObjectsOfItsOwn(t *testing.T) {
	owner := skd(withKey)
	app := storage.App{Owner: owner, Name: "skd", Access: storage.Granted}
	for _, name := range []string{"keys", "vault", "skd", "storage", "identity"} {
		app.Containers = append(app.Containers, v1alpha1.Container{Name: name, RetentionDays: 30})
	}
	called := map[string]bool{}
	for _, object := range stand(append(ofOwner(t, owner), ofApp(t, app).Children...)) {
		fields := object.(*unstructured.Unstructured)
		for _, name := range []string{fields.GetName(), "in Azure " + nameOf(fields)} {
			if name = fields.GetKind() + " " + name; called[name] {
				t.Errorf("two are called %s", name)
			}
			called[name] = true
		}
	}
}

func TestWhatAzureServiceOperatorAddsOwnersToIsNotLeftToTheCluster(t *testing.T) {
	for _, child := range append(ofOwner(t, skd(withKey)), ofApp(t, income(skd())).Children...) {
		if _, foreign := child.Object.(*unstructured.Unstructured); child.Shared != foreign {
			t.Errorf("%s %s: shared is %t", child.GetObjectKind().GroupVersionKind().Kind, child.GetName(), child.Shared)
		}
	}
}
