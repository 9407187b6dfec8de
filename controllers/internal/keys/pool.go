// SPDX-License-Identifier: BSD-3-Clause

package keys

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
)

// Pool keeps keys ready. One goroutine makes them, one after the other, and rests while the pool is full: so at most one
// processor is busy with it.
type Pool struct {
	bits, size int
	wake       chan struct{} // has room for one, which is enough: whoever wakes up looks at what is missing

	mu    sync.Mutex
	ready []*rsa.PrivateKey
}

// New makes an empty pool for size keys of so many bits. Nothing is made until Start.
func New(bits, size int) *Pool {
	return &Pool{bits: bits, size: size, wake: make(chan struct{}, 1)}
}

// Start fills the pool, and fills it up again when a key is taken. It returns when the context ends, after the key that is
// just being made, and then keeps none. It fails only where no key of such a size can be made.
func (p *Pool) Start(ctx context.Context) error {
	defer p.drop()
	for ctx.Err() == nil {
		if p.full() {
			select {
			case <-p.wake:
			case <-ctx.Done():
			}
			continue
		}
		key, err := rsa.GenerateKey(rand.Reader, p.bits)
		if err != nil {
			return fmt.Errorf("making an RSA key of %d bits: %w", p.bits, err)
		}
		p.put(key)
	}
	return nil
}

// NeedLeaderElection says that only the leader makes keys, since only the leader gives them to clients.
func (p *Pool) NeedLeaderElection() bool { return true }

// Take gives a key that nobody else has or will get. It never waits: false means that none is ready, and that the caller
// should come back in a few seconds.
func (p *Pool) Take() (*rsa.PrivateKey, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.ready) - 1
	if last < 0 {
		return nil, false
	}
	key := p.ready[last]
	p.ready[last] = nil // the pool must not be what keeps it in memory
	p.ready = p.ready[:last]
	readyKeys.Dec()
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return key, true
}

func (p *Pool) full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ready) >= p.size
}

func (p *Pool) put(key *rsa.PrivateKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ready = append(p.ready, key)
	readyKeys.Inc()
	madeKeys.Inc()
}

// drop forgets all keys, so that a process that is no longer the leader holds none.
func (p *Pool) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	readyKeys.Sub(float64(len(p.ready)))
	p.ready = nil
}
