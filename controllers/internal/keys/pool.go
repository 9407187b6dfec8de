// SPDX-License-Identifier: BSD-3-Clause

package keys

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"

	"k8s.io/utils/clock"
)

// patience is how long is waited for a key that is being made: longer than the largest takes, so that a burst of
// new clients neither polls for keys nor calls anybody in vain, and short enough for a worker that is to stop.
const patience = 10 * time.Second

// plenty is how many ready keys are enough for what comes day by day. Up to there keys are made without rest, since somebody
// may soon wait for one; beyond it they are for a burst that may never come, and there is time.
const plenty = 64

// Pool keeps keys ready. One goroutine makes them, one after the other, and waits while the pool is full: so at most one
// processor is busy with it. Two at a time were a fifth faster for a burst of new clients where there are two processors, and
// kept all other work from both (docs/benchmarks.md).
//
// With 64 keys ready it rests after each further one as long as that one took to make. So filling a pool of a thousand, which
// is minutes of a processor's time, takes half a processor at most: the operator has other work to do then, above all
// after a start, when it looks at everything that stands.
type Pool struct {
	bits     int
	generate func(bits int) (*rsa.PrivateKey, error)
	ready    chan *rsa.PrivateKey
	stopped  chan struct{}
}

// New makes an empty pool for size keys of so many bits. Nothing is made until Start.
func New(bits, size int) *Pool {
	return &Pool{bits: bits, generate: generate, ready: make(chan *rsa.PrivateKey, size), stopped: make(chan struct{})}
}

func generate(bits int) (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, bits) }

// Start fills the pool, and fills it up again when a key is taken. It is called once. It returns when the context ends, at once
// or after the key that is just being made, and then keeps none. It fails only where no key of such a size can be made.
func (p *Pool) Start(ctx context.Context) error {
	defer p.drop()
	watch := clock.RealClock{}
	for ctx.Err() == nil {
		begun := watch.Now()
		key, err := p.generate(p.bits)
		if err != nil {
			return fmt.Errorf("making an RSA key of %d bits: %w", p.bits, err)
		}
		madeKeys.Inc()
		p.keep(ctx, key, watch.Since(begun))
	}
	return nil
}

// keep puts a key that took so long to make into the pool, and returns when the next one may be made. The time that it waits for
// room in a full pool is rest, too. The context's end ends both.
func (p *Pool) keep(ctx context.Context, key *rsa.PrivateKey, took time.Duration) {
	rested := time.NewTimer(took)
	defer rested.Stop()
	select {
	case p.ready <- key:
		readyKeys.Inc()
	case <-ctx.Done():
		return
	}
	if len(p.ready) < plenty {
		return
	}
	select {
	case <-rested.C:
	case <-ctx.Done():
	}
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
