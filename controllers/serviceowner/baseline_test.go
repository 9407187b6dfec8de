// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

func TestBuiltInBaseline(t *testing.T) {
	want := []string{
		"LimitRange tenant", "Namespace so-tenant", "NetworkPolicy allow-dns", "NetworkPolicy default-deny", "ResourceQuota tenant",
		"RoleBinding serviceowner-admin", "RoleBinding serviceowner-deployer", "RoleBinding serviceowner-viewer", "ServiceAccount deployer",
	}
	got := map[string]bool{}
	for _, object := range newBaseline(t, "") {
		got[strings.TrimPrefix(fmt.Sprintf("%T", object)[strings.LastIndex(fmt.Sprintf("%T", object), "."):], ".")+" "+object.GetName()] = true
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("the baseline has no %s", name)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("the baseline also has %v", got)
	}
}

// An overlay's patch goes into what every owner gets.
func TestOverlayPatchesEveryOwner(t *testing.T) {
	kind := newKind(t, atNow())
	kind.Baseline = newBaseline(t, "testdata/overlay-limits")
	want := []corev1.LimitRangeItem{{
		Type:    corev1.LimitTypeContainer,
		Default: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi")},
		// As the API server would fill it in.
		DefaultRequest: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi")},
	}}
	for _, code := range []string{"skd", "nav"} {
		owner := skd()
		owner.Name = code
		limits := limitRange(t, kind, owner)
		if limits.Namespace != "so-"+code {
			t.Errorf("the LimitRange of %s lies in %s", code, limits.Namespace)
		}
		if diff := cmp.Diff(want, limits.Spec.Limits); diff != "" {
			t.Errorf("limits of %s (-want +got):\n%s", code, diff)
		}
	}
}

// limitRange is the LimitRange an owner gets.
func limitRange(t *testing.T, kind *serviceowner.Kind, owner *v1alpha1.ServiceOwner) *corev1.LimitRange {
	t.Helper()
	children, err := kind.Render(owner, serviceowner.Facts{Owner: owner, Now: now}, decide.ActionAdmit)
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		if limits, ok := child.Object.(*corev1.LimitRange); ok {
			return limits
		}
	}
	t.Fatalf("%s gets no LimitRange", owner.Name)
	return nil
}

func TestOverlaysThatAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		// overlay goes below what names the base; added, if any, is a file it may name.
		overlay, added string
		// want is what the error must say.
		want []string
	}{
		"a kind the operator does not watch": {
			overlay: "resources: [../base, added.yaml]",
			added:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: motd, namespace: so-tenant}}",
			want: []string{"tenant baseline, motd: kind ConfigMap is not allowed; " +
				"allowed are Namespace, ResourceQuota, LimitRange, ServiceAccount, NetworkPolicy and RoleBinding"},
		},
		"a second Namespace": {
			overlay: "resources: [../base, added.yaml]",
			added:   "{apiVersion: v1, kind: Namespace, metadata: {name: so-second}}",
			want:    []string{"tenant baseline: there must be exactly one Namespace, so-tenant"},
		},
		"an object of the whole cluster": {
			overlay: "resources: [../base, added.yaml]",
			added:   "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: everything}}",
			want:    []string{"tenant baseline, everything: kind ClusterRole is not allowed; allowed are Namespace, "},
		},
		"an object that does not say where it lies": {
			overlay: "resources: [../base, added.yaml]",
			added:   "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}",
			want:    []string{"tenant baseline, robot: only objects in the tenant's namespace are allowed besides the Namespace"},
		},
		"a kind of a group the operator does not know": {
			overlay: "resources: [../base, added.yaml]",
			added:   "{apiVersion: apps/v1, kind: Deployment, metadata: {name: agent, namespace: so-tenant}}",
			want:    []string{"tenant baseline, agent: kind Deployment is not allowed; allowed are Namespace, "},
		},
		"the Namespace taken away": {
			overlay: "resources: [../base]\n" +
				"patches: [{patch: '{$patch: delete, apiVersion: v1, kind: Namespace, metadata: {name: so-tenant}}'}]",
			want: []string{"tenant baseline: there must be exactly one Namespace, so-tenant"},
		},
		"a field the kind does not have": {
			overlay: "resources: [../base]\n" +
				"patches: [{patch: '{apiVersion: v1, kind: LimitRange, metadata: {name: tenant, namespace: so-tenant}, spec: {limitz: []}}'}]",
			want: []string{"tenant baseline, LimitRange", "tenant", `unknown field "spec.limitz"`},
		},
		"a patch of what is not there": {
			overlay: "resources: [../base]\n" +
				"patches: [{patch: '{apiVersion: v1, kind: LimitRange, metadata: {name: other, namespace: so-tenant}}'}]",
			want: []string{"building the tenant baseline: ", "no matches for Id LimitRange"},
		},
		"a file outside the overlay": {
			overlay: "resources: [../base, ../../etc/passwd]",
			want:    []string{"building the tenant baseline: ", "../../etc/passwd"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			files := map[string]string{
				"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + tc.overlay + "\n",
				"added.yaml":         tc.added,
			}
			for file, content := range files {
				if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := serviceowner.NewBaseline(folder)
			if err == nil {
				t.Fatal("the overlay was accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
	t.Run("a folder that does not exist", func(t *testing.T) {
		_, err := serviceowner.NewBaseline("testdata/overlay/none")
		if err == nil || !strings.HasPrefix(err.Error(), "reading the tenant overlay testdata/overlay/none: ") {
			t.Errorf("the error does not name the folder: %v", err)
		}
	})
}

// What one owner gets is not in the way of what the next one does.
func TestRenderingDoesNotChangeTheBaseline(t *testing.T) {
	kind := newKind(t, atNow())
	first := readGolden(t, "testdata/many-groups.in.yaml")
	second := readGolden(t, "testdata/defaults.in.yaml")
	second.Owner.Name, second.Owner.Spec.OrganizationNumber = "nav", otherNumber
	untouched := childrenYAML(t, kind, second)
	childrenYAML(t, kind, first)
	if diff := cmp.Diff(untouched, childrenYAML(t, kind, second)); diff != "" {
		t.Errorf("what nav gets before and after skd is rendered (-before +after):\n%s", diff)
	}
	if strings.Contains(untouched, "skd") {
		t.Errorf("nav gets something of skd's:\n%s", untouched)
	}
	if diff := cmp.Diff(newBaseline(t, ""), kind.Baseline); diff != "" {
		t.Errorf("baseline (-built +after rendering):\n%s", diff)
	}
}
