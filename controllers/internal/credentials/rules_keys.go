// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"hash/fnv"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Policy is how keys are made and how long they are used.
type Policy struct {
	// Algorithm is that of the keys: RS256, RS384 or RS512 (Digdir self-service API).
	Algorithm string
	// Bits is the least length of a key.
	Bits int
	// RotateAfter is how old a key gets, give or take a tenth, so that not all are replaced at once.
	RotateAfter time.Duration
	// Propagation is how long a change may take to be known where tokens are given.
	Propagation time.Duration
	// Resync is after how long what stands is looked at again.
	Resync time.Duration
}

const (
	// maxKeys is how many keys a key set holds (Digdir self-service API).
	maxKeys = 5
	// expiring is how long before its end a key that is still needed is put into the key set anew, which
	// gives it another year (Digdir self-service API), and people are told.
	expiring = 30 * 24 * time.Hour
)

// held is a Secret of ours with a key of one client.
type held struct {
	name, keyID, clientID string
	made                  time.Time
	// fits says that it is whole, and holds what the plan wants pods to read.
	fits bool
	// compromised says that others may know the key.
	compromised bool
}

// keyFacts are what a decision about one client's keys rests on.
type keyFacts struct {
	now    time.Time
	policy Policy
	record v1alpha1.Credential
	// app is the App's name.
	app string
	// revoke is what the annotation that revokes keys says.
	revoke string
	// secrets are ours, oldest first.
	secrets []held
	// reads are the names of the Secrets that pods read, or that pods may be made to read.
	reads map[string]bool
	// settled says that no pods are being rolled from one template to another.
	settled bool
}

// keyStep is what is to be done about a client's keys now.
type keyStep struct {
	// make says that a new key is to be made before anything else.
	make bool
	// set are the kids that are to be in the key set; the first is that of the Secret in use.
	set []string
	// use is the Secret pods are to read, and next the one that comes after it.
	use, next string
	// drop are the Secrets to be deleted once the key set is as wanted.
	drop []string
	// full says that a new key is due and the key set has no room for it.
	full bool
	// wake is when the next step may be another; zero when only an event makes it so.
	wake time.Time
}

// decideKeys says what is to be done about a client's keys.
//
// A key is dropped only when no pod reads it and none is about to; the exception is a key that others know.
func decideKeys(f keyFacts) keyStep {
	inUse, urgent := f.inUse()
	due := inUse == nil || urgent || !inUse.fits || !f.now.Before(f.rotateAt(*inUse))
	step := keyStep{use: f.record.Secret}
	next := f.candidate()
	stays := f.retiring(inUse, next)
	switch {
	case !due:
		step.wake = f.rotateAt(*inUse)
		next, stays = nil, f.retiring(inUse, nil)
	case next == nil:
		set, _ := f.arrange(inUse, nil, stays)
		step.full = len(set) >= maxKeys
		step.make = !step.full
	case urgent:
		step.use, inUse, next = next.name, next, nil
	default:
		step.next = next.name
		if known := f.knownAt(next.keyID); known.IsZero() || f.now.Before(known) {
			step.wake = known
		} else {
			step.use, step.next = next.name, ""
			stays = f.retiring(next, nil)
			inUse, next = next, nil
		}
	}
	step.set, step.drop = f.arrange(inUse, next, stays)
	return step
}

// inUse is the Secret pods read; nil when there is none, or somebody deleted it. urgent says that what pods have
// is of no use to them, or must not be, so that no other is waited for any longer than it takes to be made. Of a
// Secret that was deleted, those who run still have the key: what comes next must be known before they change.
func (f keyFacts) inUse() (inUse *held, urgent bool) {
	at := slices.IndexFunc(f.secrets, func(h held) bool { return h.name == f.record.Secret && h.keyID != "" })
	if at < 0 {
		had := slices.ContainsFunc(f.record.Keys, func(key v1alpha1.CredentialKey) bool { return key.Use == v1alpha1.KeyInUse })
		return nil, !had || f.revoke != "" && f.revoke != f.record.Revoked
	}
	inUse = &f.secrets[at]
	gone := inUse.clientID != f.record.ClientID && inUse.clientID != f.record.ReplacedClientID
	return inUse, inUse.compromised || gone
}

// candidate is the newest Secret that can come into use: it fits, and was not in use before.
func (f keyFacts) candidate() *held {
	for i := len(f.secrets) - 1; i >= 0; i-- {
		h := &f.secrets[i]
		if h.fits && h.name != f.record.Secret && f.use(h.keyID) != v1alpha1.KeyRetiring {
			return h
		}
	}
	return nil
}

// retiring are the kids, of keys of this client that neither are in use nor come next, that pods still read.
func (f keyFacts) retiring(inUse, next *held) []string {
	var kids []string
	for _, key := range f.former() {
		known := inUse != nil && inUse.keyID == key.keyID || next != nil && next.keyID == key.keyID
		if !known && !key.compromised && (f.mayBeRead(key.name) || !f.settled) {
			kids = append(kids, key.keyID)
		}
	}
	return kids
}

// mayBeRead says whether pods read a Secret, or can be made to: while the record names it as the one in use, a
// template may come to name it at any moment.
func (f keyFacts) mayBeRead(secret string) bool { return f.reads[secret] || secret == f.record.Secret }

// former are the keys of this client that pods may have been given, with a Secret or without: of those whose
// Secret somebody deleted, pods still have the key.
func (f keyFacts) former() (keys []held) {
	for _, h := range f.secrets {
		use := f.use(h.keyID)
		known := use == v1alpha1.KeyInUse || use == v1alpha1.KeyRetiring || f.reads[h.name] // whatever became of the record
		if known && h.keyID != "" && h.clientID == f.record.ClientID {
			keys = append(keys, h)
		}
	}
	for _, key := range f.record.Keys {
		lost := !slices.ContainsFunc(f.secrets, func(h held) bool { return h.keyID == key.KeyID })
		if lost && key.Use != v1alpha1.KeyNext {
			keys = append(keys, held{
				name: secretName(f.app, f.record.Client, key.KeyID), keyID: key.KeyID,
				compromised: f.revoke != "" && f.revoke != f.record.Revoked,
			})
		}
	}
	return keys
}

// arrange puts the key set together, and says which Secrets nothing needs any longer.
func (f keyFacts) arrange(inUse, next *held, stays []string) (set, drop []string) {
	for _, h := range []*held{inUse, next} {
		if h != nil && h.clientID == f.record.ClientID && !h.compromised {
			set = append(set, h.keyID)
		}
	}
	set = append(set, stays...)
	for _, h := range f.secrets {
		needed := inUse != nil && h.name == inUse.name || next != nil && h.name == next.name
		if !needed && f.settled && !f.mayBeRead(h.name) {
			drop = append(drop, h.name)
		}
	}
	return set, drop
}

// use is what a key is for by the record; empty when nothing of it is on record.
func (f keyFacts) use(kid string) v1alpha1.KeyUse {
	for _, key := range f.record.Keys {
		if key.KeyID == kid {
			return key.Use
		}
	}
	return ""
}

// knownAt is the instant from which a key in the key set is known everywhere; zero when it is not there yet.
func (f keyFacts) knownAt(kid string) time.Time {
	for _, key := range f.record.Keys {
		if key.KeyID == kid {
			return key.Registered.Add(f.policy.Propagation)
		}
	}
	return time.Time{}
}

// rotateAt is when a key is old enough to be replaced: earlier by up to a tenth, always the same for one key.
func (f keyFacts) rotateAt(h held) time.Time {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(h.keyID)) // a hash takes everything
	earlier := time.Duration(float64(f.policy.RotateAfter) / 10 * float64(hash.Sum32()) / float64(1<<32))
	return h.made.Add(f.policy.RotateAfter - earlier)
}
