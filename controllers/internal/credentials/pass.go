// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// pass is one pass over the credentials of one App.
type pass struct {
	*Reconciler
	app  *v1alpha1.App
	plan Plan
	// credentials and scopes are what is on record; they become what is to be.
	credentials []v1alpha1.Credential
	scopes      []v1alpha1.ScopeRecord
	// fresh says that this pass put the finalizer on, and noted are the clients that it put on record: of these
	// nothing can be there yet. Without the first, the record may have been lost, or read too old.
	fresh bool
	noted map[v1alpha1.ClientType]bool
	// look says that it is time to look at what stands, although nothing calls for it.
	look bool
	// trusted says that something was taken to stand as it is on record, and not looked at.
	trusted bool
	// wake is when the next pass may have something to do; zero when only an event makes it so.
	wake time.Time
	// news are what people should hear of.
	news []news
}

// news is an event to be; of is the client it is about, where one App can have the same news of several.
type news struct{ reason, part, of, message string }

func (r *Reconciler) begin(app *v1alpha1.App, plan Plan) *pass {
	kept := app.Status.DeepCopy()
	return &pass{
		Reconciler: r, app: app, plan: plan, credentials: kept.Credentials, scopes: kept.Scopes,
		noted: map[v1alpha1.ClientType]bool{}, look: r.looked.at(app.UID, r.Policy.Resync, r.Clock.Now()),
	}
}

// run makes it so. One client or scope that cannot be had keeps no other from being had.
func (p *pass) run(ctx context.Context) error {
	if err := p.note(ctx); err != nil {
		return err
	}
	var failed []error
	for i := range p.credentials {
		err := p.client(ctx, &p.credentials[i])
		p.credentials[i].Obstacle = obstacleOf(err)
		failed = append(failed, err)
	}
	p.credentials = slices.DeleteFunc(p.credentials, func(c v1alpha1.Credential) bool { return c.State == "" })
	if p.plan.Action == Provide {
		for i := range p.scopes {
			err := p.scope(ctx, &p.scopes[i])
			p.scopes[i].Obstacle = obstacleOf(err)
			failed = append(failed, err)
		}
		p.scopes = slices.DeleteFunc(p.scopes, func(s v1alpha1.ScopeRecord) bool { return s.State == "" })
	}
	return errors.Join(failed...)
}

// note puts what is about to be made on record, so that the next pass looks for it; and takes off what is about
// to be overruled, so that a declaration that comes back is not taken for what still stands.
func (p *pass) note(ctx context.Context) error {
	if p.plan.Action != Provide {
		return nil
	}
	for _, want := range p.plan.Clients {
		if record := Find(p.credentials, want.Type); record != nil {
			overrule(&record.Revision, want)
		} else {
			p.credentials = append(p.credentials, v1alpha1.Credential{
				Client: want.Type, State: v1alpha1.CredentialPending, OrganizationNumber: p.plan.Owner.Number,
			})
			p.noted[want.Type] = p.fresh
		}
	}
	for _, want := range p.plan.Scopes {
		if record := findScope(p.scopes, want.Name); record != nil {
			overrule(&record.Revision, want)
		} else {
			p.scopes = append(p.scopes, v1alpha1.ScopeRecord{
				Name: want.Name, OrganizationNumber: p.plan.Owner.Number, State: v1alpha1.CredentialPending,
			})
		}
	}
	slices.SortFunc(p.credentials, func(a, b v1alpha1.Credential) int { return order(string(a.Client), string(b.Client)) })
	slices.SortFunc(p.scopes, func(a, b v1alpha1.ScopeRecord) int { return order(a.Name, b.Name) })
	if err := p.record(ctx, p.app, p.credentials, p.scopes); err != nil {
		return fmt.Errorf("recording which credentials are to be made: %w", err)
	}
	return nil
}

// overrule forgets that something else was found to stand.
func overrule(recorded *string, want any) {
	if *recorded != revision(want) {
		*recorded = ""
	}
}

// client does what is to be done about one client on record.
func (p *pass) client(ctx context.Context, record *v1alpha1.Credential) error {
	if p.plan.Action == Revoke {
		return p.revoke(ctx, record)
	}
	want := slices.IndexFunc(p.plan.Clients, func(c Client) bool { return c.Type == record.Client })
	if want < 0 {
		return p.retire(ctx, record)
	}
	api, err := p.Clients.For(p.numberOf(record))
	if err != nil {
		return err
	}
	e := &errand{pass: p, api: api, want: p.plan.Clients[want], record: record}
	return e.provide(ctx)
}

// numberOf is the organisation a client is registered to: by the record, since the service owner may be gone.
func (p *pass) numberOf(record *v1alpha1.Credential) string {
	if record.OrganizationNumber == "" {
		record.OrganizationNumber = p.plan.Owner.Number
	}
	return record.OrganizationNumber
}

// wakeAt moves the next pass forward to an instant; the zero instant is none.
func (p *pass) wakeAt(instant time.Time) {
	if !instant.IsZero() && (p.wake.IsZero() || instant.Before(p.wake)) {
		p.wake = instant
	}
}

func (p *pass) tell(reason, part, message string) {
	p.news = append(p.news, news{reason: reason, part: part, message: message})
}
