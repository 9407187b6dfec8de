// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// admission is the record of a spec that was admitted: a ControllerRevision, as Kubernetes keeps
// those of StatefulSets. The API server lets nobody change what one holds.
//
// It is a child of the App like the others, and the first to be written, so that no pod template is
// there before it is on record what admitted it.
type admission struct {
	// name is that of the ControllerRevision.
	name string
	// generation is that of the App when the spec was admitted.
	generation int64
	// agreement is the name of the agreement that covered it.
	agreement string
	// withdrawn is the reason for which an agreement took it out of service; empty when none did.
	withdrawn string
	// spec is what was admitted, raw the same as it stands on record; nil for what is to be recorded.
	spec v1alpha1.AppSpec
	raw  []byte
}

// is says whether the App's spec is the one that was admitted.
func (a *admission) is(app *v1alpha1.App) bool { return equality.Semantic.DeepEqual(a.spec, app.Spec) }

// of is the App as it was admitted.
func (a *admission) of(app *v1alpha1.App) *v1alpha1.App {
	admitted := *app
	admitted.Spec = a.spec
	return &admitted
}

// indexAdmission, of ControllerRevisions, is the name of the App they are records of.
const indexAdmission = "admission"

// readers read records: by index, and as they were just written.
type readers struct{ index, written client.Reader }

// admittedLast reads the record of the revision that was admitted last; nil when there is none. Two are
// there for as long as it takes to let go of the older.
func admittedLast(ctx context.Context, from readers, app *v1alpha1.App) (*admission, error) {
	records, err := recordsOf(ctx, from, app)
	if err != nil {
		return nil, err
	}
	var last *appsv1.ControllerRevision
	for n := range records {
		if record := &records[n]; metav1.IsControlledBy(record, app) && (last == nil || record.Revision > last.Revision) {
			last = record
		}
	}
	if last == nil {
		return nil, nil
	}
	found := &admission{
		name: last.Name, generation: last.Revision,
		agreement: last.Annotations[v1alpha1.AnnotationAgreement], withdrawn: last.Annotations[v1alpha1.AnnotationWithdrawn],
		raw: last.Data.Raw,
	}
	if err := json.Unmarshal(last.Data.Raw, &found.spec); err != nil {
		return nil, fmt.Errorf("reading ControllerRevision %s: %w", last.Name, err)
	}
	return found, nil
}

// recordsOf reads an App's records, by index and, since one just written is not in the index yet, by its
// inventory.
func recordsOf(ctx context.Context, from readers, app *v1alpha1.App) ([]appsv1.ControllerRevision, error) {
	var records appsv1.ControllerRevisionList
	err := from.index.List(ctx, &records, client.InNamespace(app.Namespace), client.MatchingFields{indexAdmission: app.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("reading what was admitted of App %s: %w", app.Name, err)
	}
	for _, ref := range app.Status.Children {
		indexed := slices.ContainsFunc(records.Items, func(record appsv1.ControllerRevision) bool { return record.Name == ref.Name })
		if ref.Kind != "ControllerRevision" || indexed {
			continue
		}
		var record appsv1.ControllerRevision
		err := from.written.Get(ctx, client.ObjectKey{Namespace: app.Namespace, Name: ref.Name}, &record)
		if err == nil {
			records.Items = append(records.Items, record)
		} else if !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("reading ControllerRevision %s: %w", ref.Name, err)
		}
	}
	return records.Items, nil
}
