// SPDX-License-Identifier: BSD-3-Clause

package keys_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
)

var (
	_ manager.Runnable               = (*keys.Pool)(nil)
	_ manager.LeaderElectionRunnable = (*keys.Pool)(nil)
)

const bits = 2048

// running is a pool at work in a bubble, where synctest.Wait returns when it waits or rests.
type running struct {
	t     *testing.T
	pool  *keys.Pool
	made  float64 // by others, before
	stop  context.CancelFunc
	ended chan error
}

func run(t *testing.T, size int) *running {
	t.Helper()
	return runPool(t, keys.New(bits, size))
}

func runPool(t *testing.T, pool *keys.Pool) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{t: t, pool: pool, made: testutil.ToFloat64(keys.MadeKeys), stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- r.pool.Start(ctx) }()
	return r
}

func (r *running) want(ready, made float64) {
	r.t.Helper()
	synctest.Wait()
	if got := testutil.ToFloat64(keys.ReadyKeys); got != ready {
		r.t.Errorf("want %v keys ready, got %v", ready, got)
	}
	if got := testutil.ToFloat64(keys.MadeKeys) - r.made; got != made {
		r.t.Errorf("want %v keys made, got %v", made, got)
	}
}

func TestAPoolFillsAndFillsUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 2)
		r.want(2, 3) // one more is made, and waits for room
		seen := map[string]bool{}
		for range 3 {
			key, ok := r.pool.Take()
			if !ok {
				t.Fatal("want a key from a full pool, got none")
			}
			if got := key.N.BitLen(); got != bits {
				t.Errorf("want %d bits, got %d", bits, got)
			}
			if err := key.Validate(); err != nil {
				t.Error(err)
			}
			seen[key.N.String()] = true
			synctest.Wait()
		}
		if len(seen) != 3 {
			t.Errorf("want 3 different keys, got %d", len(seen))
		}
		r.want(2, 6)
		r.stop()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
	})
}

func TestTakingManyAtOnceGivesEachKeyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 2)
		r.want(2, 3)
		taken := make(chan *rsa.PrivateKey, 8)
		for range cap(taken) {
			go func() {
				key, _ := r.pool.Take()
				taken <- key
			}()
		}
		seen := map[*rsa.PrivateKey]bool{}
		for range cap(taken) {
			seen[<-taken] = true
		}
		if len(seen) != cap(taken) || seen[nil] {
			t.Errorf("want a key of its own for each of %d who wait, got %d", cap(taken), len(seen))
		}
		r.stop()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAPoolThatMakesNoKeysIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whose clock jumps: a Take without an end would be a deadlock here
		if key, ok := keys.New(bits, 1).Take(); ok || key != nil {
			t.Error("want no key from a pool that has not started")
		}
	})
}

func TestWhoeverWaitsIsToldThatThePoolStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		pool := keys.New(bits, 1)
		begun, told := time.Now(), make(chan bool, 1)
		go func() {
			_, ok := pool.Take()
			told <- ok
		}()
		synctest.Wait()
		if err := pool.Start(ctx); err != nil {
			t.Error(err)
		}
		if ok := <-told; ok || time.Since(begun) > 0 {
			t.Errorf("want to be told at once that there is no key, got %t after %s", ok, time.Since(begun))
		}
	})
}

func TestAPoolThatStopsKeepsNoKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 1)
		r.want(1, 2)
		r.stop()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		r.want(0, 2)
		if _, ok := r.pool.Take(); ok {
			t.Error("want no key from a pool that has stopped")
		}
	})
}

func TestASizeNoKeyCanHaveIsAnError(t *testing.T) {
	if err := keys.New(8, 1).Start(t.Context()); err == nil {
		t.Error("want an error")
	}
}

func BenchmarkMakingAKey(b *testing.B) {
	for _, bits := range []int{2048, 3072, 4096} {
		b.Run(fmt.Sprint(bits), func(b *testing.B) {
			for b.Loop() {
				if _, err := rsa.GenerateKey(rand.Reader, bits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
