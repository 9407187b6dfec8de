// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// wanted is what the children are made from.
type wanted struct {
	// app is the App with the spec to go by.
	app *v1alpha1.App
	// record is that of its admission; nil when it was never admitted.
	record *admission
	// digest is one of what the pods read.
	digest string
}

// wantedOf is what is declared, where that is admitted now; else what was admitted last. Where nothing
// was, what is declared is only made to stand still.
func wantedOf(app *v1alpha1.App, facts Facts, action decide.Action) wanted {
	last := facts.Admitted
	switch {
	case last != nil && (action != decide.ActionAdmit || last.is(app)):
		record := *last
		record.withdrawn = facts.withdrawal(action)
		return wanted{app: last.of(app), record: &record, digest: facts.Kept.digest}
	case action == decide.ActionAdmit:
		record := &admission{generation: app.Generation, agreement: facts.judge(&app.Spec).Agreement, spec: app.Spec}
		return wanted{app: app, record: record, digest: facts.Reads.digest}
	default:
		return wanted{app: app, digest: facts.Reads.digest}
	}
}

// canonical is a spec as JSON with its keys sorted. The API server compares the content of a record byte
// by byte, and an update passes through maps, which have no order of their own.
func canonical(spec v1alpha1.AppSpec) ([]byte, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// revision is the record as an object. A spec admitted anew after another was gets a record of the
// same name, with the later generation.
func (a *admission) revision(app *v1alpha1.App) (*appsv1.ControllerRevision, error) {
	name, raw := a.name, a.raw
	if raw == nil {
		var err error
		if raw, err = canonical(a.spec); err != nil {
			return nil, fmt.Errorf("recording what is admitted: %w", err)
		}
		sum := sha256.Sum256(raw)
		name = app.Name + "-" + hex.EncodeToString(sum[:5])
	}
	object := meta(app, name)
	// An annotation that is left out would stay as it is: what brings the App back must be said.
	object.Annotations = map[string]string{v1alpha1.AnnotationAgreement: a.agreement, v1alpha1.AnnotationWithdrawn: a.withdrawn}
	return &appsv1.ControllerRevision{ObjectMeta: object, Revision: a.generation, Data: runtime.RawExtension{Raw: raw}}, nil
}
