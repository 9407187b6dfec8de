// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"crypto/rsa"
	"errors"
	"time"

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
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// +kubebuilder:rbac:groups="",resources=secrets,verbs=create;delete

// Kind is what Apps bring to their credentials.
type Kind interface {
	// Plan reads what the plan for an App rests on, and decides. An error means that something is not known,
	// and then nothing is changed.
	Plan(ctx context.Context, cluster client.Reader, app *v1alpha1.App) (Plan, error)
}

// Keys makes private keys.
type Keys interface {
	// Take gives a new key. It waits a few seconds for one to be made, and gives false when none came.
	Take() (*rsa.PrivateKey, bool)
}

// Reconciler is the controller of the Apps' credentials.
type Reconciler struct {
	Kind Kind
	// Cluster is read from the cache, and Live from the API server itself: before a key is dropped.
	Cluster client.Reader
	Live    Live
	// Client writes the record, the finalizer and the Secrets.
	Client client.Client
	Events events.EventRecorder
	// Clients call Digdir's self-service; nil where the configuration names none.
	Clients *Clients
	Keys    Keys
	Clock   clock.PassiveClock
	Policy  Policy

	looked looked
}

// AsReconciler is the reconciler as a controller calls it: it loads the App and reconciles it.
func (r *Reconciler) AsReconciler() reconcile.Reconciler {
	return reconcile.AsReconciler[*v1alpha1.App](r.Client, r)
}

// Reconcile makes an App's credentials what is planned.
func (r *Reconciler) Reconcile(ctx context.Context, app *v1alpha1.App) (reconcile.Result, error) {
	if !app.DeletionTimestamp.IsZero() {
		return r.leave(ctx, app)
	}
	if r.Clients == nil {
		return reconcile.Result{}, nil
	}
	plan, err := r.Kind.Plan(ctx, r.Cluster, app)
	if err != nil {
		return reconcile.Result{}, err
	}
	onRecord := len(app.Status.Credentials)+len(app.Status.Scopes) > 0
	wanted := plan.Action == Provide && len(plan.Clients)+len(plan.Scopes) > 0
	if plan.Action == Leave || !wanted && !onRecord {
		return reconcile.Result{RequeueAfter: r.until(plan.Next)}, nil
	}
	fresh := !controllerutil.ContainsFinalizer(app, v1alpha1.FinalizerCredentials)
	if err := r.finalizer(ctx, app, controllerutil.AddFinalizer); err != nil {
		return r.result(nil, err)
	}
	pass := r.begin(app, plan)
	pass.fresh = fresh
	ended := pass.run(ctx)
	r.publishNews(app, pass)
	if err := r.record(ctx, app, pass.credentials, pass.scopes); err != nil {
		return reconcile.Result{}, err
	}
	if ended != nil {
		r.looked.failed(app.UID)
	} else if !pass.trusted {
		r.looked.whole(app.UID, r.Policy.Resync, r.Clock.Now())
	}
	return r.result(pass, ended)
}

// record writes status.credentials and status.scopes, and nothing else of the status, if they differ.
func (r *Reconciler) record(ctx context.Context, app *v1alpha1.App, credentials []v1alpha1.Credential, scopes []v1alpha1.ScopeRecord) error {
	if equality.Semantic.DeepEqual(app.Status.Credentials, credentials) && equality.Semantic.DeepEqual(app.Status.Scopes, scopes) {
		return nil
	}
	before := app.DeepCopy()
	written := v1alpha1.AppStatus{Credentials: credentials, Scopes: scopes} // what is on record must not change with what is worked on
	written = *written.DeepCopy()
	app.Status.Credentials, app.Status.Scopes = written.Credentials, written.Scopes
	err := r.Client.Status().Patch(ctx, app.DeepCopy(), client.MergeFrom(before), client.FieldOwner(apply.FieldManager))
	return client.IgnoreNotFound(err)
}

// finalizer adds or takes away the finalizer, on the version that was read.
func (r *Reconciler) finalizer(ctx context.Context, app *v1alpha1.App, change func(client.Object, string) bool) error {
	before := app.DeepCopy()
	if !change(app, v1alpha1.FinalizerCredentials) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return r.Client.Patch(ctx, app, patch, client.FieldOwner(apply.FieldManager))
}

// soonAgain is for what a moment helps: a version that was not the newest, or a key that is being made.
const soonAgain = 250 * time.Millisecond

// result is what the queue needs to know. Of several errors, the one that is to be tried first counts.
func (r *Reconciler) result(pass *pass, err error) (reconcile.Result, error) {
	if err == nil {
		again := r.Policy.Resync
		for _, instant := range []time.Time{pass.plan.Next, pass.wake, r.looked.next(pass.app.UID, r.Policy.Resync)} {
			if next := r.until(instant); next > 0 {
				again = min(again, next)
			}
		}
		return reconcile.Result{RequeueAfter: again}, nil
	}
	if apierrors.IsConflict(err) || errors.Is(err, errNotYet) {
		return reconcile.Result{RequeueAfter: wait.Jitter(soonAgain, 1)}, nil
	}
	if later, ok := errors.AsType[*external.TryLater](err); ok && later.RetryAfter > 0 {
		return reconcile.Result{RequeueAfter: wait.Jitter(later.RetryAfter, 0.2)}, nil
	}
	if onlyRefused(err) {
		again := wait.Jitter(slowly, 0.2)
		if next := r.until(pass.wake); next > 0 { // what is refused holds up nothing else
			again = min(again, next)
		}
		return reconcile.Result{RequeueAfter: again}, nil
	}
	return reconcile.Result{}, err
}

// until is how long it is to an instant; zero for none.
func (r *Reconciler) until(instant time.Time) time.Duration {
	if instant.IsZero() {
		return 0
	}
	return max(instant.Sub(r.Clock.Now()), time.Millisecond)
}
