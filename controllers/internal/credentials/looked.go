// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"hash/fnv"
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

// note remembers a look; a pass that failed is to be followed by one.
func (l *looked) note(uid types.UID, whole, failed bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case failed:
		l.due[uid] = time.Time{}
	case whole:
		l.due[uid] = now
	}
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
