// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// patience is how long a deletion waits for somebody to mend what makes the self-service refuse. Then the App
// goes, and what stays is told of: a deletion does not hang on a refusal. An outage is no refusal.
const patience = 10 * time.Minute

// soonGone is how soon is looked again whether an App's pods are gone, beside when one of them goes.
const soonGone = 5 * time.Second

// unread says whether nothing reads a key of the App's any longer, and nothing is about to. The API server is
// asked itself: what comes next cannot be taken back.
func (p *pass) unread(ctx context.Context, of v1alpha1.ClientType) (bool, error) {
	for _, from := range []client.Reader{p.Cluster, p.Live} { // the cache tells at no cost that it is too early
		found, err := usageOf(ctx, from, p.app)
		if err != nil {
			return false, err
		}
		if !found.settled {
			return false, nil // pods of a template that was may come yet
		}
		for name := range found.reads {
			if strings.HasPrefix(name, secretName(p.app.Name, of, "")) {
				return false, nil
			}
		}
	}
	return true, nil
}

// revoke empties the client's key set once no pod reads a key: an App that is out of service has none. The
// client stays, so that the App can come back as what it was.
func (p *pass) revoke(ctx context.Context, record *v1alpha1.Credential) error {
	if record.State == v1alpha1.CredentialRevoked && record.Obstacle == nil {
		return nil
	}
	if gone, err := p.unused(ctx, record); err != nil || !gone {
		return err
	}
	api, err := p.Clients.For(p.numberOf(record))
	if err != nil {
		return err
	}
	if record.ReplacedClientID != "" {
		if err := api.Deactivate(ctx, record.ReplacedClientID); err != nil {
			return err
		}
	}
	if record.ClientID != "" {
		if err := api.Clear(ctx, record.ClientID); err != nil && !external.IsNotFound(err) {
			return err
		}
	}
	if err := p.deleteSecrets(ctx, record.Client); err != nil {
		return err
	}
	*record = v1alpha1.Credential{
		Client: record.Client, ClientID: record.ClientID, OrganizationNumber: record.OrganizationNumber,
		State: v1alpha1.CredentialRevoked, Revoked: record.Revoked,
	}
	p.tell(v1alpha1.EventKeysRevoked, labelOf(record.Client), fmt.Sprintf("The keys of the client at %s are revoked", record.Client))
	return nil
}

// unused waits for pods to go without spending calls on it.
func (p *pass) unused(ctx context.Context, record *v1alpha1.Credential) (bool, error) {
	gone, err := p.unread(ctx, record.Client)
	if err == nil && !gone {
		p.wakeAt(p.Clock.Now().Add(soonGone))
	}
	return gone, err
}

// retire deactivates a client that is no longer declared, once no pod reads a key of it.
func (p *pass) retire(ctx context.Context, record *v1alpha1.Credential) error {
	if gone, err := p.unused(ctx, record); err != nil || !gone {
		return err
	}
	if err := p.deactivate(ctx, record); err != nil {
		return err
	}
	if err := p.deleteSecrets(ctx, record.Client); err != nil {
		return err
	}
	record.State = "" // it goes off the record
	return nil
}

// deactivate ends a client for ever, and whatever else bears its mark.
func (p *pass) deactivate(ctx context.Context, record *v1alpha1.Credential) error {
	api, err := p.Clients.For(p.numberOf(record))
	if err != nil {
		return err
	}
	if record.ClientID == "" { // it may be there all the same
		all, err := api.List(ctx)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Description == Marker(p.app, record.Client) {
				if err := api.Deactivate(ctx, all[i].ClientID); err != nil {
					return err
				}
			}
		}
	}
	for _, id := range []string{record.ReplacedClientID, record.ClientID} {
		if id == "" {
			continue
		}
		if err := api.Deactivate(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) deleteSecrets(ctx context.Context, of v1alpha1.ClientType) error {
	secrets, err := p.secretsOf(ctx, &v1alpha1.Credential{Client: of})
	if err != nil {
		return err
	}
	for i := range secrets {
		if err := p.deleteSecret(ctx, secrets[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// leave ends what a deleted App has outside, and lets go of it. Its pods are taken away meanwhile; the
// Secrets go with the App.
func (r *Reconciler) leave(ctx context.Context, app *v1alpha1.App) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(app, v1alpha1.FinalizerCredentials) {
		r.looked.forget(app.UID)
		return reconcile.Result{}, nil
	}
	if r.Clients == nil {
		return reconcile.Result{}, r.leaveBehind(ctx, app, "the operator's configuration no longer names a self-service")
	}
	pass := r.begin(app, Plan{Action: Revoke})
	err := pass.end(ctx)
	if err == nil && pass.wake.IsZero() {
		return reconcile.Result{}, r.letGo(ctx, app)
	}
	if err == nil {
		return reconcile.Result{RequeueAfter: soonGone}, nil
	}
	if onlyRefused(err) && r.Clock.Now().Sub(app.DeletionTimestamp.Time) >= patience {
		return reconcile.Result{}, r.leaveBehind(ctx, app, err.Error())
	}
	if err := r.record(ctx, app, pass.credentials, pass.scopes); err != nil {
		return reconcile.Result{}, err
	}
	if refused(err) {
		return reconcile.Result{RequeueAfter: time.Minute}, nil
	}
	return r.result(pass, err)
}

// end deactivates all clients and scopes of a deleted App.
func (p *pass) end(ctx context.Context) error {
	var failed []error
	for i := range p.credentials {
		record := &p.credentials[i]
		gone, err := p.unused(ctx, record)
		if err == nil && gone {
			err = p.deactivate(ctx, record)
		}
		record.Obstacle = obstacleOf(err)
		failed = append(failed, err)
	}
	for i := range p.scopes {
		err := p.endScope(ctx, &p.scopes[i])
		p.scopes[i].Obstacle = obstacleOf(err)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// leaveBehind lets go of an App that still has something outside, and says so.
func (r *Reconciler) leaveBehind(ctx context.Context, app *v1alpha1.App, why string) error {
	leftBehind.Inc()
	r.act(app, v1alpha1.EventLeftBehind, v1alpha1.EventLeftBehind, "Clients or scopes could not be deactivated and stay at Digdir: "+why)
	return r.letGo(ctx, app)
}

func (r *Reconciler) letGo(ctx context.Context, app *v1alpha1.App) error {
	r.looked.forget(app.UID)
	return client.IgnoreNotFound(r.finalizer(ctx, app, controllerutil.RemoveFinalizer))
}
