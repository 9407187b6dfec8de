// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	testingclock "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

// world is one App, its owner and their agreements in a tiny API server, with the engine's order of
// writes: the inventory, the children as rendered, what is no longer wanted, the status.
type world struct {
	client.Reader // what is not read panics

	oracle
	clock *testingclock.FakePassiveClock
	kind  *app.Kind
	app   *v1alpha1.App
	// specs are all that was ever declared; the image's tag is the number.
	specs []v1alpha1.AppSpec
	// admitted are the numbers of those that agreements covered when they were put on record.
	admitted   map[int]bool
	records    map[string]*appsv1.ControllerRevision
	deployment *appsv1.Deployment
	// others are the children that nothing is asked of, by kind and name.
	others map[v1alpha1.Child]bool
	fail   func(format string, args ...any)
}

func newWorld(operator *configuration.Operator, fail func(string, ...any)) *world {
	clock := testingclock.NewFakePassiveClock(born.Time)
	w := &world{
		oracle:   oracle{owner: serviceOwner("skd"), agreements: map[string]*v1alpha1.DataProcessingAgreement{}, now: born.Time},
		clock:    clock,
		kind:     &app.Kind{Operator: operator, References: references.New(nil), RouteKindKnown: func() bool { return true }, Clock: clock, Storage: shelved()},
		app:      incomeApp(),
		admitted: map[int]bool{}, records: map[string]*appsv1.ControllerRevision{}, others: map[v1alpha1.Child]bool{}, fail: fail,
	}
	w.app.Spec.Replicas = v1alpha1.Replicas{Min: 2, Max: 6, CPUPercent: 75}
	return w
}

// declare edits the App.
func (w *world) declare(spec v1alpha1.AppSpec) {
	w.app.Spec = spec
	w.app.Generation++
}

// number is which of the specs an image runs.
func (w *world) number(image string) int {
	_, tag, _ := strings.Cut(image, ":")
	number, err := strconv.Atoi(tag)
	if err != nil {
		w.fail("image %s is of no spec", image)
	}
	return number
}

func (w *world) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	if shelf, is := object.(*unstructured.Unstructured); is && w.shelf(shelf) {
		return nil
	}
	owner, isOwner := object.(*v1alpha1.ServiceOwner)
	if !isOwner || w.owner == nil { // a record that is not listed is not there
		return apierrors.NewNotFound(schema.GroupResource{Resource: fmt.Sprintf("%T", object)}, key.Name)
	}
	*owner = *w.owner
	return nil
}

// shelf fills in what there is of a shelf or pass, and says whether it is there: the owner's, which lies where it
// does, or one of the App's children.
func (w *world) shelf(named *unstructured.Unstructured) bool {
	if named.GetName() == "skd" && w.lies != "" {
		*named = *aShelf(shelfKind, "so-skd", "skd", "region", string(w.lies))
		return true
	}
	return w.others[referenceTo(apply.Child{Object: named})]
}

func (w *world) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch list := list.(type) {
	case *v1alpha1.DataProcessingAgreementList:
		for _, agreement := range w.agreements {
			list.Items = append(list.Items, *agreement)
		}
	case *appsv1.ControllerRevisionList:
		for _, record := range w.records {
			list.Items = append(list.Items, *record)
		}
	case *corev1.PodList, *networkingv1.NetworkPolicyList: // where pods run, and what isolates them, have tests of their own
	case *v1alpha1.AppList:
		list.Items = append(list.Items, *w.app)
	default:
		return fmt.Errorf("nobody lists %T", list)
	}
	return nil
}

// pass reconciles the App, and is cut off after a number of writes. It returns whether it came to its end.
func (w *world) pass(writes int) (whole bool) {
	w.clock.SetTime(w.now)
	subject := w.app.DeepCopy()
	facts, err := w.kind.Gather(context.Background(), w, subject)
	if err != nil {
		w.fail("gathering: %v", err)
	}
	verdict := w.kind.Decide(subject, facts)
	if verdict.Action == decide.ActionHold {
		return true
	}
	children, err := w.kind.Render(subject, facts, verdict.Action)
	if err != nil {
		w.fail("rendering: %v", err)
	}
	recorded := w.app.Status.Children
	var desired []v1alpha1.Child
	for _, child := range children {
		desired = append(desired, referenceTo(child))
	}
	writes--
	if writes < 0 {
		return false
	}
	w.app.Status.Children = apply.Union(recorded, desired)
	for _, child := range children {
		if w.write(child, verdict.Action) {
			writes--
		}
		if writes < 0 {
			return false
		}
	}
	for _, old := range recorded {
		if _, wanted := find(desired, old); !wanted {
			writes--
			if writes < 0 {
				return false
			}
			w.letGo(old)
		}
	}
	w.app.Status.Children = apply.Union(nil, desired)
	return true
}

func find(children []v1alpha1.Child, one v1alpha1.Child) (int, bool) {
	for n, child := range children {
		if child == one {
			return n, true
		}
	}
	return 0, false
}

// letGo removes what is no longer wanted, which is never what data is kept in that the App was admitted with.
func (w *world) letGo(old v1alpha1.Child) {
	if last := w.last(); last != nil && old.Kind == shelfKind.Kind && w.others[old] {
		for _, container := range w.recorded(last).Storage.Containers {
			if old.Name == "income."+container.Name {
				w.fail("what container %s is kept in is let go, and the App was admitted with it", container.Name)
			}
		}
	}
	delete(w.records, old.Name)
	delete(w.others, old)
}

// referenceTo is how a child is written down: by its kind where it says that, else by its type.
func referenceTo(child apply.Child) v1alpha1.Child {
	if foreign, is := child.Object.(*unstructured.Unstructured); is {
		return v1alpha1.Child{APIVersion: foreign.GetAPIVersion(), Kind: foreign.GetKind(), Namespace: child.GetNamespace(), Name: child.GetName()}
	}
	return v1alpha1.Child{Kind: fmt.Sprintf("%T", child.Object), Namespace: child.GetNamespace(), Name: child.GetName()}
}

// write makes a child what it is to be, and says whether that took a write.
func (w *world) write(child apply.Child, action decide.Action) bool {
	switch object := child.Object.(type) {
	case *appsv1.ControllerRevision:
		return w.writeRecord(object)
	case *appsv1.Deployment:
		return w.writeDeployment(object, len(child.Yields) > 0, action)
	default:
		was := w.others[referenceTo(child)]
		w.others[referenceTo(child)] = true
		return !was
	}
}

// writeRecord is the moment of admission: an agreement must cover what is put on record anew, and what
// is said on record to be back in service.
func (w *world) writeRecord(record *appsv1.ControllerRevision) bool {
	record.OwnerReferences = []metav1.OwnerReference{{UID: w.app.UID, Controller: ptr.To(true)}}
	was := w.records[record.Name]
	if equality.Semantic.DeepEqual(was, record) {
		return false
	}
	w.records[record.Name] = record
	if was == nil || was.Revision != record.Revision {
		if !w.covers(w.app.Spec) {
			w.fail("generation %d was put on record, and no agreement covers it", w.app.Generation)
		}
		w.admitted[w.number(w.app.Spec.Image)] = true
		return true
	}
	if back := was.Annotations[v1alpha1.AnnotationWithdrawn] != "" && record.Annotations[v1alpha1.AnnotationWithdrawn] == ""; back && !w.covers(w.recorded(record)) {
		w.fail("generation %d is back in service, and no agreement covers it", record.Revision)
	}
	return true
}

// recorded is the spec on a record.
func (w *world) recorded(record *appsv1.ControllerRevision) (spec v1alpha1.AppSpec) {
	if err := json.Unmarshal(record.Data.Raw, &spec); err != nil {
		w.fail("reading a record: %v", err)
	}
	return spec
}

// last is the record of what was admitted last; nil when there is none.
func (w *world) last() (last *appsv1.ControllerRevision) {
	for _, record := range w.records {
		if last == nil || record.Revision > last.Revision {
			last = record
		}
	}
	return last
}

// withdrawn says whether an agreement took out of service what was admitted last, and none covers it now.
func (w *world) withdrawn() bool {
	last := w.last()
	return last != nil && last.Annotations[v1alpha1.AnnotationWithdrawn] != "" && w.owner != nil && !w.covers(w.recorded(last))
}

// writeDeployment is the moment pods change: to nothing that was not admitted, unless nothing ever was
// and they are to stand still.
func (w *world) writeDeployment(wanted *appsv1.Deployment, yields bool, action decide.Action) bool {
	if yields && w.deployment != nil && *w.deployment.Spec.Replicas > 0 {
		wanted.Spec.Replicas = w.deployment.Spec.Replicas
	}
	if equality.Semantic.DeepEqual(w.deployment, wanted) {
		return false
	}
	if number := w.number(imageOf(wanted)); !w.admitted[number] && (action != decide.ActionWithdraw || len(w.records) > 0) {
		w.fail("pods of spec %d are made, which was never admitted (action %d)", number, action)
	}
	w.deployment = wanted
	return true
}

func imageOf(deployment *appsv1.Deployment) string {
	return deployment.Spec.Template.Spec.Containers[0].Image
}

// pods are how many pods are asked for.
func (w *world) pods() int32 {
	if w.deployment == nil {
		return 0
	}
	return *w.deployment.Spec.Replicas
}

// move sets the clock.
func (w *world) move(to time.Time) { w.now = to }
