// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
)

// keys takes the next steps in the life of the client's keys.
func (e *errand) keys(ctx context.Context) error {
	facts, w, err := e.keyFacts(ctx)
	if err != nil {
		return err
	}
	step := decideKeys(facts)
	if step.make {
		made, err := e.makeKey(ctx, w)
		if err != nil {
			return err
		}
		facts.secrets = append(facts.secrets, made)
		step = decideKeys(facts)
	}
	asked := e.lets(step)
	if asked { // a key or Secret is let go of for good: the cache's word is not enough
		if facts, err = e.askPods(ctx, facts); err != nil {
			return err
		}
		step = decideKeys(facts)
	}
	if err := e.publish(ctx, step); err != nil {
		return err
	}
	facts.record = *e.record
	if step = decideKeys(facts); !asked && len(step.drop) > 0 {
		step.drop = nil // nobody has asked whether a pod reads it: the next pass does
		e.wakeAt(facts.now)
	}
	e.take(step, facts)
	if err := e.drop(ctx, step, facts); err != nil {
		return err
	}
	e.wakeAt(step.wake)
	if step.full {
		return keySetFull(e.want.Type)
	}
	return nil
}

// keyFacts reads what the next step rests on.
func (e *errand) keyFacts(ctx context.Context) (keyFacts, wanted, error) {
	w := wanted{client: e.want, clientID: e.record.ClientID, scopes: e.granted}
	var err error
	if w.server, err = e.Clients.Servers.Get(ctx, e.want.WellKnown, e.want.Issuer); err != nil {
		return keyFacts{}, w, err
	}
	secrets, err := e.secretsOf(ctx, e.record)
	if err != nil {
		return keyFacts{}, w, err
	}
	facts := keyFacts{now: e.Clock.Now(), policy: e.Policy, record: *e.record, app: e.app.Name, revoke: e.plan.Revoke}
	e.publics = map[string]jose.JSONWebKey{}
	for i := range secrets {
		understood, public := e.understood(&secrets[i], w)
		facts.secrets = append(facts.secrets, understood)
		if understood.keyID != "" {
			e.publics[understood.keyID] = public
		}
	}
	return withUsage(ctx, e.Cluster, e.app, facts, w)
}

func withUsage(ctx context.Context, from client.Reader, app *v1alpha1.App, facts keyFacts, w wanted) (keyFacts, wanted, error) {
	found, err := usageOf(ctx, from, app)
	facts.reads, facts.settled = found.reads, found.settled
	return facts, w, err
}

// askPods reads what pods read from the API server itself.
func (e *errand) askPods(ctx context.Context, facts keyFacts) (keyFacts, error) {
	facts, _, err := withUsage(ctx, e.Live, e.app, facts, wanted{})
	return facts, err
}

// lets says whether a step lets go of something that pods may have read.
func (e *errand) lets(step keyStep) bool {
	return len(step.drop) > 0 || slices.ContainsFunc(e.record.Keys, func(key v1alpha1.CredentialKey) bool {
		return !slices.Contains(step.set, key.KeyID)
	})
}

// makeKey writes a Secret with a new key. It is the first trace of the key anywhere.
func (e *errand) makeKey(ctx context.Context, w wanted) (held, error) {
	private, ready := e.Keys.Take()
	if !ready {
		return held{}, errNotYet
	}
	secret, err := e.secret(w, keys.Private(private, jose.SignatureAlgorithm(e.Policy.Algorithm)))
	if err != nil {
		return held{}, err
	}
	if err := e.Client.Create(ctx, secret); err != nil {
		return held{}, fmt.Errorf("writing Secret %s: %w", secret.Name, err)
	}
	understood, public := e.understood(secret, w)
	e.publics[understood.keyID] = public
	return understood, nil
}

// publish makes the key set hold just the keys of a step, if it does not, or if one of them ends soon.
func (e *errand) publish(ctx context.Context, step keyStep) error {
	if e.set == nil && sameSet(kidsOf(e.record.Keys), step.set) {
		return nil
	}
	var err error
	if e.set == nil {
		if e.set, err = e.api.Keys(ctx, e.record.ClientID); err != nil {
			return err
		}
	}
	if !e.stands(step) {
		if err := e.replace(ctx, step); err != nil {
			return err
		}
	}
	e.write(step)
	return nil
}

// stands says whether the key set is as wanted, and for a while.
func (e *errand) stands(step keyStep) bool {
	soon := e.Clock.Now().Add(expiring)
	var kids []string
	for _, key := range e.set.Keys {
		kids = append(kids, key.JWK.KeyID)
		if key.Expires.Before(soon) {
			return false
		}
		if ours, known := e.publics[key.JWK.KeyID]; known && keys.KeyID(key.JWK) != keys.KeyID(ours) {
			return false // another key under the kid of ours
		}
	}
	return sameSet(kids, step.set)
}

// replace writes the key set. Of a key whose Secret somebody deleted, the public part is in the set.
func (e *errand) replace(ctx context.Context, step keyStep) error {
	var set []jose.JSONWebKey
	for _, kid := range step.set {
		public, ours := e.publics[kid]
		if !ours {
			i := slices.IndexFunc(e.set.Keys, func(key selfservice.Key) bool { return key.JWK.KeyID == kid })
			if i < 0 {
				continue // somebody took it out, and nobody can put it back
			}
			public = e.set.Keys[i].JWK
		}
		set = append(set, public)
	}
	if sameSet(kidsOf(e.record.Keys), step.set) && !sameSet(e.set.IDs(), step.set) {
		e.repaired("keys", "The key set of the client at %s had been changed by somebody else and was put right")
	}
	if len(set) == 0 {
		return e.api.Clear(ctx, e.record.ClientID)
	}
	answer, err := e.api.Replace(ctx, e.record.ClientID, set)
	if err != nil {
		return err
	}
	e.set = answer
	return nil
}

// write puts the key set on record.
func (e *errand) write(step keyStep) {
	var written []v1alpha1.CredentialKey
	for _, kid := range step.set {
		i := slices.IndexFunc(e.set.Keys, func(key selfservice.Key) bool { return key.JWK.KeyID == kid })
		if i < 0 {
			continue
		}
		key := v1alpha1.CredentialKey{
			KeyID: kid, Use: v1alpha1.KeyRetiring, Registered: wholeSecond(e.Clock.Now()), Expires: metav1.NewTime(e.set.Keys[i].Expires),
		}
		if at := slices.IndexFunc(e.record.Keys, func(k v1alpha1.CredentialKey) bool { return k.KeyID == kid }); at >= 0 {
			key.Registered, key.Use = e.record.Keys[at].Registered, e.record.Keys[at].Use
		} else if _, ours := e.publics[kid]; ours {
			key.Use = v1alpha1.KeyNext
		}
		written = append(written, key)
	}
	e.record.Keys = written
}

// wholeSecond is the first whole second that is no earlier than an instant. A record keeps whole seconds, and a
// key must not be taken for known before it is.
func wholeSecond(instant time.Time) metav1.Time {
	return metav1.NewTime(instant.Add(time.Second - time.Nanosecond).Truncate(time.Second))
}

// take lets pods read the Secret of a step, and says what each key is for now.
func (e *errand) take(step keyStep, facts keyFacts) {
	if step.use != e.record.Secret { // the one before may be let go of once this is on record
		e.wakeAt(facts.now)
	}
	if step.use != "" { // a name that leads nowhere is better than none: without one, pods would be rolled to nothing
		e.record.Secret = step.use
	}
	for _, h := range facts.secrets {
		if h.name != step.use {
			continue
		}
		if !h.compromised {
			e.record.Revoked = e.plan.Revoke
		}
		if h.fits {
			e.record.Revision = revision(e.want)
		}
	}
	for i := range e.record.Keys {
		key := &e.record.Keys[i]
		switch secretName(facts.app, e.record.Client, key.KeyID) { // also of one whose Secret somebody deleted
		case step.use:
			key.Use = v1alpha1.KeyInUse
		case step.next:
			key.Use = v1alpha1.KeyNext
		default:
			key.Use = v1alpha1.KeyRetiring
		}
	}
	slices.SortStableFunc(e.record.Keys, func(a, b v1alpha1.CredentialKey) int { return order(string(a.Use)+a.KeyID, string(b.Use)+b.KeyID) })
}

// drop deletes the Secrets nothing needs, and then the client they were for, if this one has taken its place.
func (e *errand) drop(ctx context.Context, step keyStep, facts keyFacts) error {
	for _, name := range step.drop {
		if err := e.deleteSecret(ctx, name); err != nil {
			return err
		}
		rotated.Inc()
		e.tell(v1alpha1.EventKeyRotated, labelOf(e.want.Type), fmt.Sprintf("No pod reads Secret %s any longer: it is deleted, and its key dropped at %s", name, e.want.Type))
	}
	if e.record.ReplacedClientID == "" || e.stillRead(step, facts) {
		return nil
	}
	if err := e.api.Deactivate(ctx, e.record.ReplacedClientID); err != nil {
		return err
	}
	e.record.ReplacedClientID = ""
	return nil
}

func (p *pass) deleteSecret(ctx context.Context, name string) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.app.Namespace}}
	if err := client.IgnoreNotFound(p.Client.Delete(ctx, secret)); err != nil {
		return fmt.Errorf("deleting Secret %s: %w", name, err)
	}
	return nil
}

// errNotYet says that a moment helps.
var errNotYet = errors.New("a new key is being made")

func kidsOf(keys []v1alpha1.CredentialKey) (kids []string) {
	for _, key := range keys {
		kids = append(kids, key.KeyID)
	}
	return kids
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func order(a, b string) int { return strings.Compare(a, b) }
