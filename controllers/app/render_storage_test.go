// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// rendered are the children of an App by an action.
func rendered(t *testing.T, facts app.Facts, action decide.Action) []apply.Child {
	t.Helper()
	children, err := (&app.Kind{Operator: facts.Operator}).Render(facts.App, facts, action)
	if err != nil {
		t.Fatal(err)
	}
	return children
}

// shelvesOf are the shelves and passes among children, up to the Deployment that needs them.
func shelvesOf(t *testing.T, children []apply.Child) (names []string) {
	t.Helper()
	for _, child := range children {
		if _, runs := child.Object.(*appsv1.Deployment); runs {
			return names
		}
		if kind := child.GetObjectKind().GroupVersionKind(); kind.Group == shelfKind.Group {
			names = append(names, kind.Kind+" "+child.GetName())
		}
	}
	t.Error("there is no Deployment")
	return names
}

func TestWhatAnAppKeepsItsDataIn(t *testing.T) {
	admittedWith := func(f *app.Facts, containers ...string) {
		spec := f.App.DeepCopy().Spec
		spec.Storage = inContainers(containers...)
		*f = f.WithAdmitted(spec, 1, "skd-2026")
	}
	for name, tc := range map[string]struct {
		containers []string
		change     func(*app.Facts)
		action     decide.Action
		want       []string
	}{
		"is nothing when it keeps nothing":               {action: decide.ActionAdmit},
		"is nothing where nobody keeps data":             {containers: []string{"letters"}, change: func(f *app.Facts) { f.Storage = nil }, action: decide.ActionAdmit},
		"stands before its pods, and the way to it":      {containers: []string{"letters"}, action: decide.ActionAdmit, want: []string{"Shelf income.letters", "Pass income.letters"}},
		"is left out where the cluster does not know it": {containers: []string{"letters"}, change: func(f *app.Facts) { f.Storage = shelved(passKind) }, action: decide.ActionAdmit, want: []string{"Shelf income.letters"}},
		"is what was admitted last, under a refusal": {
			containers: []string{"letters", "receipts"}, change: func(f *app.Facts) { admittedWith(f, "letters") },
			action: decide.ActionKeep, want: []string{"Shelf income.letters", "Pass income.letters"},
		},
		"stays when the App is out of service, without a way to it": {
			containers: []string{"letters"}, change: func(f *app.Facts) { admittedWith(f, "letters") },
			action: decide.ActionWithdraw, want: []string{"Shelf income.letters"},
		},
		"is nothing new of an App that is out of service and was admitted never": {
			containers: []string{"letters", "receipts"}, change: func(f *app.Facts) { onRecord(f, "letters"); standing(f, "letters") },
			action: decide.ActionWithdraw, want: []string{"Shelf income.letters", "Pass income.letters"},
		},
		"stays as it stands when the App goes out of service and its owner is gone": {
			containers: []string{"letters", "receipts"}, action: decide.ActionWithdraw,
			change: func(f *app.Facts) {
				admittedWith(f, "letters", "receipts")
				onRecord(f, "letters", "receipts")
				standing(f, "letters")
				f.Owner = nil
			},
			want: []string{"Shelf income.letters", "Pass income.letters"},
		},
		"stays as it stands when the App goes out of service and what it should be cannot be told": {
			containers: []string{"refused"}, action: decide.ActionWithdraw,
			change: func(f *app.Facts) {
				admittedWith(f, "refused")
				onRecord(f, "letters")
				standing(f, "letters")
			},
			want: []string{"Shelf income.letters", "Pass income.letters"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := keeping(t, tc.containers...)
			if tc.change != nil {
				tc.change(&facts)
			}
			if diff := cmp.Diff(tc.want, shelvesOf(t, rendered(t, facts, tc.action))); diff != "" {
				t.Errorf("children (-want +got):\n%s", diff)
			}
		})
	}
}

// What stays as it stands is named and nothing more, so that writing it changes nothing of it.
func TestWhatStaysAsItStandsIsNamedOnly(t *testing.T) {
	facts := keeping(t, "letters")
	onRecord(&facts, "letters")
	standing(&facts, "letters")
	facts.Owner = nil
	for _, child := range rendered(t, facts, decide.ActionWithdraw) {
		if child.GetObjectKind().GroupVersionKind() != shelfKind {
			continue
		}
		want := aShelf(shelfKind, "so-skd", "income.letters")
		want.SetLabels(map[string]string{
			v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelName: "income", v1alpha1.LabelServiceOwner: "skd",
		})
		if diff := cmp.Diff(want.Object, child.Object.(*unstructured.Unstructured).Object); diff != "" {
			t.Errorf("object (-want +got):\n%s", diff)
		}
	}
}

func TestWhatCannotBeKeptIsNotMade(t *testing.T) {
	facts := keeping(t, "refused")
	if _, err := (&app.Kind{Operator: facts.Operator}).Render(facts.App, facts, decide.ActionAdmit); !errors.Is(err, errRefused) {
		t.Errorf("error: want %v, got %v", errRefused, err)
	}
}

// podsOf is the spec of an App's pods.
func podsOf(t *testing.T, facts app.Facts, action decide.Action) corev1.PodSpec {
	t.Helper()
	for _, child := range rendered(t, facts, action) {
		if deployment, is := child.Object.(*appsv1.Deployment); is {
			return deployment.Spec.Template.Spec
		}
	}
	t.Fatal("there is no Deployment")
	return corev1.PodSpec{}
}

func TestPodsFindTheirDataByTheirEnvironmentAndVolumes(t *testing.T) {
	facts := keeping(t, "letters")
	own := v1alpha1.ConfigValue("mine")
	facts.App.Spec.Env = []v1alpha1.EnvVar{{Name: "SHELF", Value: &own}}
	pods := podsOf(t, facts, decide.ActionAdmit)
	var env []string
	for _, variable := range pods.Containers[0].Env {
		env = append(env, variable.Name+"="+variable.Value)
	}
	if diff := cmp.Diff([]string{"SHELF_OWNER=skd", "SHELF=mine"}, env[len(env)-2:]); diff != "" {
		t.Errorf("the App's own variables win; environment (-want +got):\n%s", diff)
	}
	volume, mount := pods.Volumes[len(pods.Volumes)-1].Name, pods.Containers[0].VolumeMounts[len(pods.Containers[0].VolumeMounts)-1]
	if volume != "shelf" || mount.Name != "shelf" || mount.MountPath != "/mnt/shelf" {
		t.Errorf("volume %s, mounted as %+v", volume, mount)
	}
	facts.App.Spec.Storage = inContainers()
	without := podsOf(t, facts, decide.ActionAdmit)
	if len(without.Volumes) != len(pods.Volumes)-1 || len(without.Containers[0].Env) != len(env)-1 {
		t.Errorf("an App that keeps nothing has %d volumes and %d variables", len(without.Volumes), len(without.Containers[0].Env))
	}
}

func TestAnAppMayCallWhatItsStorageNeeds(t *testing.T) {
	facts := keeping(t, "letters")
	facts.App.Spec.Integrations = []v1alpha1.Integration{{Solution: "IDPorten"}}
	if diff := cmp.Diff([]string{"139.105.36.135/32 192.0.2.9/32 TCP:443"}, openedFor(t, facts, decide.ActionAdmit)); diff != "" {
		t.Errorf("what it may call (-want +got):\n%s", diff)
	}
	if closed := openedFor(t, facts, decide.ActionWithdraw); len(closed) > 0 {
		t.Errorf("it may call this though it is withdrawn: %q", closed)
	}
	facts.App.Spec.Storage = inContainers()
	if diff := cmp.Diff([]string{"139.105.36.135/32 TCP:443"}, openedFor(t, facts, decide.ActionAdmit)); diff != "" {
		t.Errorf("what it may call without storage (-want +got):\n%s", diff)
	}
}

// closedShelves are shelves of which no address is known.
type closedShelves struct{ shelves }

// OfApp implements storage.Provider.
func (c closedShelves) OfApp(of storage.App) (storage.Share, error) {
	share, err := c.shelves.OfApp(of)
	for n := range share.Hosts {
		share.Hosts[n].Addresses = nil
	}
	return share, err
}

func TestAHostOfItsStorageThatStaysClosedIsToldOf(t *testing.T) {
	facts := keeping(t, "letters")
	standing(&facts, "letters")
	facts.Storage.Provider = closedShelves{}
	got := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	want := closedHost("shelf.example.no")
	want.Message = "Host shelf.example.no, which the App needs for its storage, stays closed: a NetworkPolicy needs its addresses, and the configuration gives none"
	want.Remedy = "Add egress.hosts[shelf.example.no] to the operator's configuration"
	if diff := cmp.Diff([]decide.Finding{want}, got.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// One pass decides and renders by the same knowledge of the cluster: a kind that comes to be known meanwhile is for
// the next.
func TestAPassGoesByWhatTheClusterKnewAtItsStart(t *testing.T) {
	known := false
	operator := operatorConfiguration(t)
	w := newWorld(operator, t.Fatalf)
	w.kind.Storage = shelved()
	w.kind.Storage.Known = func(schema.GroupVersionKind) bool { return known }
	w.app.Spec.Storage = inContainers("letters")
	facts, err := w.kind.Gather(t.Context(), w, w.app)
	if err != nil {
		t.Fatal(err)
	}
	known = true
	if missing := facts.Storage.Missing(); !slices.Equal(missing, []string{"passes.storage.example.no", "shelves.storage.example.no"}) {
		t.Errorf("missing: %v", missing)
	}
	if made := shelvesOf(t, rendered(t, facts, decide.ActionAdmit)); len(made) > 0 {
		t.Errorf("made: %v", made)
	}
}
