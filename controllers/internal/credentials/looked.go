// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// looked remembers when what an App has outside was last looked at, so that a pod that ends, or an agreement
// that changes, costs no call. After a start nothing is remembered: what stands by its record is then looked
// at bit by bit over one resync, and what is new need not wait behind all of it.
type looked struct {
	mu  sync.Mutex
	due map[types.UID]time.Time
}

// at says whether it is time to look at what an App has.
func (l *looked) at(uid types.UID, resync time.Duration, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.due == nil {
		l.due = map[types.UID]time.Time{}
	}
	last, known := l.due[uid]
	if !known {
		last = now.Add(-spread(uid, resync))
		l.due[uid] = last
	}
	return !now.Before(last.Add(resync))
}

// failed remembers that the next pass is to look.
func (l *looked) failed(uid types.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due[uid] = time.Time{}
}

// whole remembers that all of what an App has was looked at: the next look is up to a fifth of a resync early,
// so that what was made together is not looked at together.
func (l *looked) whole(uid types.UID, resync time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due[uid] = now.Add(-time.Duration(rand.Int64N(int64(resync)/5 + 1))) //nolint:gosec // nothing is secret about it
}

// next is when it is time to look.
func (l *looked) next(uid types.UID, resync time.Duration) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.due[uid].Add(resync)
}

// forget lets go of an App that is gone.
func (l *looked) forget(uid types.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.due, uid)
}

// spread is a part of a time, always the same for one App.
func spread(uid types.UID, of time.Duration) time.Duration {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(uid)) // a hash takes everything
	return time.Duration(float64(of) * float64(hash.Sum32()) / float64(1<<32))
}
