// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// resource is one of the four kinds, with its sample.
type resource struct {
	kind      string
	plural    string
	sample    string
	namespace string
	typed     func() client.Object
}

// The four kinds.
var (
	serviceOwners = resource{kind: "ServiceOwner", plural: "serviceowners", sample: "serviceowner-skd.yaml",
		typed: func() client.Object { return &v1alpha1.ServiceOwner{} }}
	agreements = resource{kind: "DataProcessingAgreement", plural: "dataprocessingagreements",
		sample: "dataprocessingagreement-skd.yaml",
		typed:  func() client.Object { return &v1alpha1.DataProcessingAgreement{} }}
	apps = resource{kind: "App", plural: "apps", sample: "app-income.yaml", namespace: "so-skd",
		typed: func() client.Object { return &v1alpha1.App{} }}
	consentResources = resource{kind: "ConsentResource", plural: "consentresources",
		sample: "consentresource-income.yaml", namespace: "so-skd",
		typed: func() client.Object { return &v1alpha1.ConsentResource{} }}

	allResources = []resource{serviceOwners, agreements, apps, consentResources}
)

// object returns the sample with the changes made.
func (r resource) object(changes ...change) (*unstructured.Unstructured, error) {
	objects, err := readObjects(filepath.Join(moduleRoot, "config/samples", r.sample))
	if err != nil {
		return nil, err
	}
	if len(objects) != 1 {
		return nil, fmt.Errorf("%s holds %d objects, not one", r.sample, len(objects))
	}
	return changed(objects[0], changes...)
}

func changed(object *unstructured.Unstructured, changes ...change) (*unstructured.Unstructured, error) {
	copied := object.DeepCopy()
	for _, change := range changes {
		if err := change(copied.Object); err != nil {
			return nil, fmt.Errorf("changing %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return copied, nil
}

// in returns the client for the kind in a namespace; the empty one for cluster-scoped kinds.
func (r resource) in(namespace string) dynamic.ResourceInterface {
	return cluster.Resource(v1alpha1.GroupVersion.WithResource(r.plural)).Namespace(namespace)
}

// dryRun asks the API server whether it would take in the changed sample.
func (r resource) dryRun(ctx context.Context, changes ...change) error {
	object, err := r.object(changes...)
	if err != nil {
		return err
	}
	return r.dryRunOf(ctx, object)
}

// dryRunOf asks the API server whether it would take in the object, and the operator's own types
// whether they can read what it took in: one object that they cannot read blinds the operator to all.
func (r resource) dryRunOf(ctx context.Context, object *unstructured.Unstructured) error {
	taken, err := r.in(object.GetNamespace()).Create(ctx, object, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
	})
	if err != nil {
		return err
	}
	return r.readable(taken)
}

var errUnreadable = errors.New("the API server took in what the operator cannot read")

func (r resource) readable(taken *unstructured.Unstructured) error {
	encoded, err := json.Marshal(taken.Object)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(encoded, r.typed()); err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return nil
}

// testCase is a changed sample and what the API server must say to it.
type testCase struct {
	changes []change
	// refusal is what the answer must hold; empty when the object must be taken in.
	refusal string
}

func accepted(changes ...change) testCase { return testCase{changes: changes} }

func refused(refusal string, changes ...change) testCase {
	return testCase{changes: changes, refusal: refusal}
}

// try runs a table whose keys are the sentences that hold.
func (r resource) try(t *testing.T, cases map[string]testCase) {
	t.Helper()
	for sentence, test := range cases {
		t.Run(sentence, func(t *testing.T) {
			r.check(t, r.dryRun(t.Context(), test.changes...), test.refusal)
		})
	}
}

// check compares the API server's answer with the refusal expected, and notes what was refused.
func (r resource) check(t *testing.T, answer error, refusal string) {
	t.Helper()
	switch {
	case refusal == "" && answer != nil:
		t.Errorf("must be taken in, was refused:\n%v", answer)
	case refusal == "":
	case answer == nil:
		t.Errorf("must be refused with\n%q\nwas taken in", refusal)
	case !strings.Contains(answer.Error(), refusal):
		t.Errorf("must be refused with\n%q\nwas refused with\n%v", refusal, answer)
	default:
		r.note(answer)
	}
}

func (r resource) checkChanged(t *testing.T, object *unstructured.Unstructured, refusal string, changes ...change) {
	t.Helper()
	broken, err := changed(object, changes...)
	if err != nil {
		t.Fatal(err)
	}
	r.check(t, r.dryRunOf(t.Context(), broken), refusal)
}

// note keeps the causes of a refusal for rulesNeverRefused.
func (r resource) note(answer error) {
	for _, cause := range causes(answer) {
		refusals = append(refusals, refusalSeen{kind: r.kind, field: anyIndex(cause.Field), message: cause.Message})
	}
}

// causes are the single reasons of a refusal.
func causes(answer error) []metav1.StatusCause {
	var status apierrors.APIStatus
	if !errors.As(answer, &status) || status.Status().Details == nil {
		return nil
	}
	return status.Status().Details.Causes
}

// made creates the changed sample for the length of the test.
func (r resource) made(t *testing.T, changes ...change) *unstructured.Unstructured {
	t.Helper()
	object, err := r.object(changes...)
	if err != nil {
		t.Fatal(err)
	}
	client := r.in(object.GetNamespace())
	made, err := client.Create(t.Context(), object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatalf("making %s %s: %v", r.kind, object.GetName(), err)
	}
	t.Cleanup(func() {
		if err := client.Delete(context.WithoutCancel(t.Context()), object.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Errorf("deleting %s %s: %v", r.kind, object.GetName(), err)
		}
	})
	return made
}

// tryUpdates runs a table of changes to an object that exists.
func (r resource) tryUpdates(t *testing.T, object *unstructured.Unstructured, cases map[string]testCase) {
	t.Helper()
	for sentence, test := range cases {
		t.Run(object.GetName()+": "+sentence, func(t *testing.T) {
			changed, err := changed(object, test.changes...)
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.in(object.GetNamespace()).Update(t.Context(), changed, metav1.UpdateOptions{
				DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
			})
			r.check(t, err, test.refusal)
		})
	}
}
