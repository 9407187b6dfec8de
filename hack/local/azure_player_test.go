// SPDX-License-Identifier: BSD-3-Clause

package local_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/hack/cluster"
	"github.com/altinn/serviceowner-operator/hack/local"
)

// player is a control plane that plays Azure, or Flux.
type player struct{ cluster client.WithWatch }

func playAzure(t *testing.T) *player {
	t.Helper()
	return playing(t, local.InstallAzure)
}

// playing is a control plane that plays what install installs.
func playing(t *testing.T, install func(context.Context, client.WithWatch, local.Player, string) error) *player {
	t.Helper()
	plane, err := cluster.Up(t.Context(), cluster.Options{Dir: filepath.Join(t.TempDir(), "cluster"), Controllers: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Down(); err != nil {
			t.Error(err)
		}
	})
	config, err := plane.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // tests wait for the server, not for a limit meant to protect it
	kubernetes, err := client.NewWithWatch(config, client.Options{Scheme: runtime.NewScheme()})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := install(t.Context(), kubernetes, plane, "../.."); err != nil {
		t.Fatal(err)
	}
	t.Logf("installed in %v", time.Since(begun).Round(time.Millisecond))
	return &player{kubernetes}
}

func (p *player) create(t *testing.T, kind, name, spec string, annotations map[string]string) *unstructured.Unstructured {
	t.Helper()
	version, kind, _ := strings.Cut(kind, " ")
	object := &unstructured.Unstructured{Object: map[string]any{"spec": parsed(t, spec)}}
	object.SetAPIVersion(version)
	object.SetKind(kind)
	object.SetNamespace("default")
	object.SetName(name)
	object.SetAnnotations(annotations)
	if err := p.cluster.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func (p *player) patch(t *testing.T, object *unstructured.Unstructured, patch string) {
	t.Helper()
	merge := client.RawPatch(types.MergePatchType, []byte(patch))
	if err := p.cluster.Patch(t.Context(), object, merge); err != nil {
		t.Fatal(err)
	}
}

func (p *player) read(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	if err := p.cluster.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
}

// becomes waits until Ready has a reason, of the generation that stands.
func (p *player) becomes(t *testing.T, object *unstructured.Unstructured, reason string) {
	t.Helper()
	p.until(t, object, func(object *unstructured.Unstructured) bool {
		ready := condition(object)
		return ready["reason"] == reason && ready["observedGeneration"] == object.GetGeneration()
	})
}

// until waits until an object is as wanted, and reads it as it then stands.
func (p *player) until(t *testing.T, object *unstructured.Unstructured, wanted func(*unstructured.Unstructured) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	of := local.Object{APIVersion: object.GetAPIVersion(), Kind: object.GetKind(), Namespace: object.GetNamespace(), Name: object.GetName()}
	if err := local.Until(ctx, p.cluster, of, wanted); err != nil {
		p.read(t, object)
		t.Fatalf("%v; it is %v", err, object.Object)
	}
	p.read(t, object)
}

// condition is the condition Ready of an object.
func condition(object *unstructured.Unstructured) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, each := range conditions {
		if ready, _ := each.(map[string]any); ready["type"] == "Ready" {
			return ready
		}
	}
	return nil
}

// parsed reads fields as the API server would hand them out.
func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte("{kind: Any, content: " + text + "}"))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(content); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	fields, _ := object.Object["content"].(map[string]any)
	return fields
}

// lacking is the first field that is wanted and is not there, or is another; empty when there is none.
func lacking(want, got any) string {
	wanted, below := want.(map[string]any)
	if !below {
		if equality.Semantic.DeepEqual(want, got) {
			return ""
		}
		return fmt.Sprint(want)
	}
	fields, _ := got.(map[string]any)
	for name, value := range wanted {
		if missing := lacking(value, fields[name]); missing != "" {
			return name + ": " + missing
		}
	}
	return ""
}
