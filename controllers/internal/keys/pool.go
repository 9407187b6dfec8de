// SPDX-License-Identifier: BSD-3-Clause

package keys

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"
)

// patience is how long is waited for a key that is being made: longer than the largest takes, so that a burst of
// new clients neither polls for keys nor calls anybody in vain, and short enough for a worker that is to stop.
const patience = 10 * time.Second

// Pool keeps keys ready. One goroutine makes them, one after the other, and rests while the pool is full: so at most one
// processor is busy with it. Two at a time were a fifth faster for a burst of new clients where there are two processors, and
// kept all other work from both (docs/benchmarks.md).
type Pool struct {
	bits    int
	ready   chan *rsa.PrivateKey
	stopped chan struct{}
}

// New makes an empty pool for size keys of so many bits. Nothing is made until Start.
func New(bits, size int) *Pool {
	return &Pool{bits: bits, ready: make(chan *rsa.PrivateKey, size), stopped: make(chan struct{})}
}

// Start fills the pool, and fills it up again when a key is taken. It is called once. It returns when the context ends, after
// the key that is just being made, and then keeps none. It fails only where no key of such a size can be made.
func (p *Pool) Start(ctx context.Context) error {
	defer p.drop()
	for ctx.Err() == nil {
		key, err := rsa.GenerateKey(rand.Reader, p.bits)
		if err != nil {
			return fmt.Errorf("making an RSA key of %d bits: %w", p.bits, err)
		}
		madeKeys.Inc()
		select {
		case p.ready <- key:
			readyKeys.Inc()
		case <-ctx.Done():
		}
	}
	return nil
}

// NeedLeaderElection says that only the leader makes keys, since only the leader gives them to clients.
func (p *Pool) NeedLeaderElection() bool { return true }

// Take gives a key that nobody else has or will get. When none is ready it waits for one that is being made, for ten seconds
// at most; false means that none came, and that the caller should come back.
func (p *Pool) Take() (*rsa.PrivateKey, bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case key := <-p.ready:
		readyKeys.Dec()
		return key, true
	case <-p.stopped:
	case <-timer.C:
	}
	return nil, false
}

// drop forgets all keys, so that a process that is no longer the leader holds none.
func (p *Pool) drop() {
	close(p.stopped)
	for {
		select {
		case <-p.ready:
			readyKeys.Dec()
		default:
			return
		}
	}
}
