// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Every object of testdata is taken in, and together they hold every field of the four kinds: so
// each rule has a case that it lets through.
func TestEveryFieldIsTakenIn(t *testing.T) {
	for _, r := range allResources {
		t.Run(r.kind, func(t *testing.T) {
			objects := r.fullOrFail(t)
			for _, object := range objects {
				if err := r.dryRunOf(t.Context(), object); err != nil {
					t.Errorf("%s must be taken in, was refused:\n%v", object.GetName(), err)
				}
			}
			r.walkSpec(t, func(path string, _ apiextensionsv1.JSONSchemaProps) {
				if object, _ := place(objects, path); object == nil {
					t.Errorf("no object of testdata/%s.yaml has a %s: add it to one", r.plural, path)
				}
			})
		})
	}
}

// Every enum, bound, required field, type, format and list key of the CRDs is held against the API
// server, in every place it stands.
func TestEveryBoundIsHeld(t *testing.T) {
	for _, r := range allResources {
		objects := r.fullOrFail(t)
		r.walkSpec(t, func(path string, node apiextensionsv1.JSONSchemaProps) {
			object, at := place(objects, path)
			if object == nil {
				return
			}
			for _, bound := range boundsOf(node, at, value(object, at)) {
				t.Run(r.kind+" "+path+" "+bound.says, func(t *testing.T) {
					r.checkBound(t, object, bound)
				})
			}
		})
	}
}

// Every value of every enum is one the API server knows.
func TestEveryEnumValueIsKnown(t *testing.T) {
	for _, r := range allResources {
		objects := r.fullOrFail(t)
		r.walkSpec(t, func(path string, node apiextensionsv1.JSONSchemaProps) {
			object, at := place(objects, path)
			for _, known := range node.Enum {
				t.Run(fmt.Sprintf("%s %s may be %s", r.kind, path, known.Raw), func(t *testing.T) {
					changed, err := changed(object, set(at, strings.Trim(string(known.Raw), `"`)))
					if err != nil {
						t.Fatal(err)
					}
					// Another rule may refuse the value for what else the object holds, but not this one.
					if err := r.dryRunOf(t.Context(), changed); hasCause(err, at, "") {
						t.Error(err)
					}
				})
			}
		})
	}
}

// bound is one limit of a schema and a change that oversteps it.
type bound struct {
	// says is the limit in words.
	says string
	// overstep breaks it.
	overstep change
	// field and message are where the API server must see it, and what it must say.
	field, message string
}

func (r resource) checkBound(t *testing.T, object *unstructured.Unstructured, bound bound) {
	t.Helper()
	broken, err := changed(object, bound.overstep)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.dryRunOf(t.Context(), broken); !hasCause(err, bound.field, bound.message) {
		t.Errorf("must be refused at %s with %q, got: %v", bound.field, bound.message, err)
	}
}

// hasCause says whether a refusal has a cause at the field that holds the message.
func hasCause(answer error, field, message string) bool {
	return slices.ContainsFunc(causes(answer), func(cause metav1.StatusCause) bool {
		return cause.Field == field && strings.Contains(cause.Message, message)
	})
}

// boundsOf lists the limits of a schema that stands at a path of an object and holds old there.
func boundsOf(node apiextensionsv1.JSONSchemaProps, at string, old any) []bound {
	found := slices.Concat(shapeBounds(node, at), stringBounds(node, at), numberBounds(node, at), listBounds(node, at, old))
	for _, name := range node.Required {
		found = append(found, bound{
			says: "needs " + name, overstep: remove(at + "." + name),
			field: at + "." + name, message: "Required value",
		})
	}
	if node.MinProperties != nil {
		found = append(found, bound{
			says: fmt.Sprintf("has at least %d fields", *node.MinProperties), overstep: set(at, obj{}),
			field: at, message: fmt.Sprintf("should have at least %d properties", *node.MinProperties),
		})
	}
	if node.MaxProperties != nil && node.AdditionalProperties != nil {
		found = append(found, bound{
			says:     fmt.Sprintf("has at most %d fields", *node.MaxProperties),
			overstep: set(at, crowd(old, int(*node.MaxProperties)+1)),
			field:    at, message: fmt.Sprintf("must have at most %d items", *node.MaxProperties),
		})
	}
	return found
}

func shapeBounds(node apiextensionsv1.JSONSchemaProps, at string) []bound {
	wrong := map[string]any{
		"string": 7, "integer": "seven", "boolean": "yes", "array": "one", "object": "one",
	}
	var found []bound
	if value, ok := wrong[node.Type]; ok && node.Format != "date" && node.Format != "date-time" {
		found = append(found, bound{
			says: "is of type " + node.Type, overstep: set(at, value),
			field: at, message: "must be of type " + node.Type,
		})
	}
	if len(node.Enum) > 0 {
		found = append(found, bound{
			says: "is one of a closed list", overstep: set(at, "Nonsense"),
			field: at, message: `Unsupported value: "Nonsense": supported values: ` + string(node.Enum[0].Raw),
		})
	}
	return found
}

func stringBounds(node apiextensionsv1.JSONSchemaProps, at string) []bound {
	var found []bound
	if node.MinLength != nil {
		found = append(found, bound{
			says: fmt.Sprintf("has at least %d characters", *node.MinLength), overstep: set(at, ""),
			field: at, message: fmt.Sprintf("should be at least %d chars long", *node.MinLength),
		})
	}
	if node.MaxLength != nil {
		found = append(found, bound{
			says:     fmt.Sprintf("has at most %d characters", *node.MaxLength),
			overstep: set(at, strings.Repeat("a", int(*node.MaxLength)+1)),
			field:    at, message: fmt.Sprintf("may not be more than %d", *node.MaxLength),
		})
	}
	if node.Format == "date" || node.Format == "date-time" {
		found = append(found, bound{
			says: "is a " + node.Format, overstep: set(at, "next year"),
			field: at, message: "must be of type " + node.Format,
		})
	}
	return found
}

func numberBounds(node apiextensionsv1.JSONSchemaProps, at string) []bound {
	var found []bound
	if node.Minimum != nil {
		found = append(found, bound{
			says: fmt.Sprintf("is at least %v", *node.Minimum), overstep: set(at, int64(*node.Minimum)-1),
			field: at, message: fmt.Sprintf("should be greater than or equal to %v", *node.Minimum),
		})
	}
	if node.Maximum != nil {
		found = append(found, bound{
			says: fmt.Sprintf("is at most %v", *node.Maximum), overstep: set(at, int64(*node.Maximum)+1),
			field: at, message: fmt.Sprintf("should be less than or equal to %v", *node.Maximum),
		})
	}
	return found
}

func listBounds(node apiextensionsv1.JSONSchemaProps, at string, old any) []bound {
	entries, _ := old.([]any)
	if len(entries) == 0 {
		return nil
	}
	var found []bound
	if node.MinItems != nil {
		found = append(found, bound{
			says: fmt.Sprintf("has at least %d entries", *node.MinItems), overstep: set(at, list{}),
			field: at, message: fmt.Sprintf("should have at least %d items", *node.MinItems),
		})
	}
	if node.MaxItems != nil {
		found = append(found, bound{
			says:     fmt.Sprintf("has at most %d entries", *node.MaxItems),
			overstep: set(at, slices.Repeat(entries[:1], int(*node.MaxItems)+1)),
			field:    at, message: fmt.Sprintf("must have at most %d items", *node.MaxItems),
		})
	}
	twice := bound{says: "refuses duplicates", overstep: add(at, entries[0]), field: at}
	if node.XListType != nil && *node.XListType != "atomic" {
		twice.field, twice.message = fmt.Sprintf("%s[%d]", at, len(entries)), "Duplicate value"
	}
	found = append(found, twice)
	return found
}

// crowd returns an object of many fields that all hold what one field of old holds.
func crowd(old any, size int) obj {
	many := obj{}
	for _, value := range old.(obj) {
		for i := range size {
			many[fmt.Sprintf("field%d", i)] = value
		}
		break
	}
	return many
}

func (r resource) fullOrFail(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	objects, err := r.full()
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// walkSpec visits all that users write of the kind.
func (r resource) walkSpec(t *testing.T, visit func(path string, node apiextensionsv1.JSONSchemaProps)) {
	t.Helper()
	root, err := r.schema()
	if err != nil {
		t.Fatal(err)
	}
	walk(root, "", func(path string, node apiextensionsv1.JSONSchemaProps) {
		if strings.HasPrefix(path, "spec") {
			visit(path, node)
		}
	})
}
