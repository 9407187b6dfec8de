// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

// patience is how long a deletion waits for somebody to mend what makes the registry refuse. Then the
// resource goes, and what stays registered is told of: a deletion does not hang on a refusal. An outage
// is no refusal, and is waited out.
const patience = 10 * time.Minute

// leave accounts for what is registered of a resource that is being deleted, and lets go of it.
func (r *Reconciler[O]) leave(ctx context.Context, obj O) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(obj, v1alpha1.FinalizerRegistration) {
		return reconcile.Result{}, nil
	}
	leaving := r.Kind.Leaving(obj)
	switch {
	case leaving.Policy == v1alpha1.ConsentRetain:
		r.event(obj, v1alpha1.EventRetained, fmt.Sprintf("deletionPolicy is Retain: %s stays registered as it is", leaving.Identifier))
		return reconcile.Result{}, r.letGo(ctx, obj)
	case !Ours(obj.GetRegistration()) && !leaving.Adopts:
		return reconcile.Result{}, r.letGo(ctx, obj)
	case r.Clients == nil:
		return reconcile.Result{}, r.leaveBehind(ctx, obj, leaving, "the operator's configuration no longer names a registry")
	}
	pass, err := r.begin(obj, Plan{Action: Withdraw, Entry: Entry{
		Identifier: leaving.Identifier, Owner: registry.Owner{Code: leaving.Code}, Policy: leaving.Silence, Adopt: leaving.Adopts,
	}})
	if err != nil {
		return reconcile.Result{}, err
	}
	err = pass.leave(ctx, r.Clients, leaving.Policy)
	if err == nil {
		r.tell(obj, pass)
		return reconcile.Result{}, r.letGo(ctx, obj)
	}
	if refused(err) && r.Clock.Now().Sub(obj.GetDeletionTimestamp().Time) >= patience {
		return reconcile.Result{}, r.leaveBehind(ctx, obj, leaving, err.Error())
	}
	if err := r.conclude(ctx, obj, pass, err); err != nil {
		return reconcile.Result{}, err
	}
	if refused(err) {
		return reconcile.Result{RequeueAfter: time.Minute}, nil
	}
	return r.result(pass.plan, err)
}

// leaveBehind lets go of a resource that still has something registered, and says so.
func (r *Reconciler[O]) leaveBehind(ctx context.Context, obj O, leaving Leaving, why string) error {
	leftBehind.Inc()
	r.event(obj, v1alpha1.EventLeftBehind, fmt.Sprintf("%s could not be withdrawn and stays registered: %s", leaving.Identifier, why))
	return r.letGo(ctx, obj)
}

// letGo takes the finalizer away.
func (r *Reconciler[O]) letGo(ctx context.Context, obj O) error {
	return client.IgnoreNotFound(r.finalizer(ctx, obj, controllerutil.RemoveFinalizer))
}

// refused says whether trying again cannot help until somebody has acted.
func refused(err error) bool {
	_, own := errors.AsType[*refusal](err)
	return own || external.IsRefused(err)
}

// leave withdraws what is registered, and deletes it where the policy and the registry allow that.
func (e *entry) leave(ctx context.Context, clients *Clients, policy v1alpha1.ConsentDeletionPolicy) error {
	if err := e.learnOwner(ctx, clients); err != nil || e.plan.Entry.Owner.Number == "" {
		return err
	}
	err := e.bring(ctx)
	if own, ok := errors.AsType[*refusal](err); ok && own.Reason == v1alpha1.ReasonRegisteredToAnother {
		return nil // what is another's is not ours to withdraw
	}
	if err != nil || policy != v1alpha1.ConsentDelete {
		return err
	}
	err = e.client.Delete(ctx, e.plan.Entry.Identifier)
	if errors.Is(err, registry.ErrDeletionForbidden) {
		e.news = append(e.news, news{reason: v1alpha1.EventDeletionRefused, message: fmt.Sprintf(
			"The Resource Registry deletes nothing in this environment: %s stays registered, withdrawn, so that nobody can find or use it", e.plan.Entry.Identifier)})
		return nil
	}
	if err != nil {
		return at(stepResource, err)
	}
	return nil
}

// learnOwner finds out to whom something is registered of which nothing is on record, because the pass
// that registered it came to no end. There is no owner when nothing is registered.
func (e *entry) learnOwner(ctx context.Context, clients *Clients) error {
	if e.plan.Entry.Owner.Number != "" {
		return nil
	}
	stored, err := absent(e.client.Get(ctx, e.plan.Entry.Identifier))
	if err != nil || stored == nil {
		return err
	}
	owner := registry.OwnerOf(stored)
	if owner.Code != e.plan.Entry.Owner.Code {
		return nil // it is another's, so it cannot have been us
	}
	e.plan.Entry.Owner, e.record.OrganizationNumber = owner, owner.Number
	e.client, err = clients.For(owner.Number)
	return err
}
