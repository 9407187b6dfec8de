// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// Object is a resource that is registered.
type Object interface {
	client.Object
	// GetRegistration returns what is on record; nil when nothing is.
	GetRegistration() *v1alpha1.Registration
	// SetRegistration puts it on record.
	SetRegistration(*v1alpha1.Registration)
}

// Kind is what one kind brings to its registration.
type Kind[O Object] interface {
	// Plan reads what the plan for a resource rests on, and decides. An error means that something is not
	// known, and then nothing is changed.
	Plan(ctx context.Context, cluster client.Reader, obj O) (Plan, error)
	// Leaving says what is to become of what is registered when the resource is deleted, from the
	// resource alone: what else there was may be gone by then.
	Leaving(obj O) Leaving
}

// Leaving is what becomes of what is registered when its resource is deleted.
type Leaving struct {
	// Identifier is its id, and Code that of the service owner.
	Identifier, Code string
	// Adopts says that it is the resource's even when nothing of it is on record.
	Adopts bool
	// Policy says what becomes of it.
	Policy v1alpha1.ConsentDeletionPolicy
	// Silence renders the policy it is left with; nil leaves the one it has.
	Silence func() xacml.Policy
}

// Reconciler is the controller of one kind's registrations.
type Reconciler[O Object] struct {
	Kind Kind[O]
	// Parts are the conditions that stand for resource, policy and access list; the last stands for those
	// that have none of their own.
	Parts []string
	// Cluster is read, and Client writes the record and the finalizer.
	Cluster client.Reader
	Client  client.Client
	Events  events.EventRecorder
	// Clients call the registry; nil where the configuration names none, and then nothing is registered.
	Clients *Clients
	Clock   clock.PassiveClock
	// Resync is after how long what stands is looked at again.
	Resync time.Duration
}

// AsReconciler is the reconciler as a controller calls it: it loads the resource and reconciles it.
func (r *Reconciler[O]) AsReconciler() reconcile.Reconciler {
	return reconcile.AsReconciler[O](r.Client, r)
}

// Reconcile makes the registry hold what is planned for a resource.
func (r *Reconciler[O]) Reconcile(ctx context.Context, obj O) (reconcile.Result, error) {
	if !obj.GetDeletionTimestamp().IsZero() {
		return r.leave(ctx, obj)
	}
	if r.Clients == nil {
		return reconcile.Result{}, nil
	}
	plan, err := r.Kind.Plan(ctx, r.Cluster, obj)
	if err != nil {
		return reconcile.Result{}, err
	}
	record := obj.GetRegistration()
	if plan.Action != Register && (plan.Action != Withdraw || !Ours(record)) {
		return reconcile.Result{RequeueAfter: r.until(plan.Next)}, nil
	}
	if err := r.finalizer(ctx, obj, controllerutil.AddFinalizer); err != nil {
		return r.result(plan, err)
	}
	pass, err := r.begin(obj, plan)
	if err != nil {
		return reconcile.Result{}, err
	}
	err = pass.bring(ctx)
	if err := r.conclude(ctx, obj, pass, err); err != nil {
		return reconcile.Result{}, err
	}
	return r.result(plan, err)
}

// begin makes a pass over what the registry holds of a resource.
func (r *Reconciler[O]) begin(obj O, plan Plan) (*entry, error) {
	pass := &entry{plan: plan, note: func(ctx context.Context, noted v1alpha1.Registration) error { return r.record(ctx, obj, noted) }}
	if record := obj.GetRegistration(); record != nil {
		pass.record, pass.ours = *record.DeepCopy(), Ours(record)
	}
	if plan.Entry.Policy != nil {
		pass.policy = plan.Entry.Policy()
	}
	pass.record.Identifier = plan.Entry.Identifier
	if plan.Entry.Owner.Number != "" {
		pass.record.OrganizationNumber = plan.Entry.Owner.Number
	}
	pass.plan.Entry.Owner.Number = pass.record.OrganizationNumber
	if !pass.ours {
		pass.record.State = v1alpha1.RegistrationAbsent
	}
	var err error
	pass.client, err = r.Clients.For(pass.record.OrganizationNumber)
	return pass, err
}

// conclude records how a pass ended, and tells what is news.
func (r *Reconciler[O]) conclude(ctx context.Context, obj O, pass *entry, ended error) error {
	if ended != nil {
		pass.record.Obstacle = obstacleOf(ended, r.Parts)
	}
	r.tell(obj, pass)
	return r.record(ctx, obj, pass.record)
}

// tell makes events of what is news.
func (r *Reconciler[O]) tell(obj O, pass *entry) {
	for _, news := range pass.news {
		action := news.reason
		if news.reason == v1alpha1.EventRegistrationRepaired {
			repaired.WithLabelValues(news.repaired.String()).Inc()
			action += ": " + news.repaired.String()
		}
		r.act(obj, news.reason, action, news.message)
	}
}

// record writes status.registration, and nothing else of the status, if it differs.
func (r *Reconciler[O]) record(ctx context.Context, obj O, record v1alpha1.Registration) error {
	if before := obj.GetRegistration(); before != nil && equality.Semantic.DeepEqual(*before, record) {
		return nil
	}
	before, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("copying %T", obj)
	}
	obj.SetRegistration(record.DeepCopy())
	err := r.Client.Status().Patch(ctx, obj, client.MergeFrom(before), client.FieldOwner(apply.FieldManager))
	return client.IgnoreNotFound(err)
}

// finalizer adds or takes away the finalizer, on the version that was read.
func (r *Reconciler[O]) finalizer(ctx context.Context, obj O, change func(client.Object, string) bool) error {
	before, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("copying %T", obj)
	}
	if !change(obj, v1alpha1.FinalizerRegistration) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return r.Client.Patch(ctx, obj, patch, client.FieldOwner(apply.FieldManager))
}

// result is what the queue needs to know.
func (r *Reconciler[O]) result(plan Plan, err error) (reconcile.Result, error) {
	if err == nil {
		again := wait.Jitter(r.Resync, 0.2) // so that what was registered together is not looked at together
		if next := r.until(plan.Next); next > 0 {
			again = min(again, next)
		}
		return reconcile.Result{RequeueAfter: again}, nil
	}
	if apierrors.IsConflict(err) {
		return reconcile.Result{RequeueAfter: soonAgain}, nil
	}
	if after := retryAfter(err); after > 0 {
		return reconcile.Result{RequeueAfter: wait.Jitter(after, 0.2)}, nil
	}
	return reconcile.Result{}, err
}

// until is how long it is to an instant; zero for none.
func (r *Reconciler[O]) until(instant time.Time) time.Duration {
	if instant.IsZero() {
		return 0
	}
	return max(instant.Sub(r.Clock.Now()), time.Millisecond)
}

// alarming are the events that tell of something that should not have been so.
var alarming = []string{v1alpha1.EventRegistrationRepaired, v1alpha1.EventDeletionRefused, v1alpha1.EventLeftBehind}

func (r *Reconciler[O]) event(obj O, reason, message string) { r.act(obj, reason, reason, message) }

// act tells what was done. Events of one reason and one action are shown as the first of them and a count, so
// what differs by more than when it was has an action of its own.
func (r *Reconciler[O]) act(obj O, reason, action, message string) {
	kind := corev1.EventTypeNormal
	if slices.Contains(alarming, reason) {
		kind = corev1.EventTypeWarning
	}
	r.Events.Eventf(obj, nil, kind, reason, action, "%s", message)
}
