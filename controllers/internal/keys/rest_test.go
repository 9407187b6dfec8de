// SPDX-License-Identifier: BSD-3-Clause

package keys_test

import (
	"crypto/rsa"
	"testing"
	"testing/synctest"
	"time"

	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
)

// plenty is how many keys are made without rest.
const plenty = 64

// slowly makes a key in a second of the bubble's clock, and hardly any of a processor's.
func slowly(int) (*rsa.PrivateKey, error) {
	time.Sleep(time.Second)
	return &rsa.PrivateKey{}, nil
}

// passes lets so many seconds pass, with all that happens at the last of them.
func (r *running) passes(seconds int) {
	r.t.Helper()
	time.Sleep(time.Duration(seconds) * time.Second)
	synctest.Wait()
}

func (r *running) take(count int) {
	r.t.Helper()
	for range count {
		if _, ok := r.pool.Take(); !ok {
			r.t.Fatal("want a key, got none")
		}
	}
}

func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		r.t.Error(err)
	}
}

func TestTheFirstKeysAreMadeWithoutRestAndTheOthersWithAsMuchRestAsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runPool(t, keys.NewWith(100, slowly))
		r.passes(plenty - 1)
		r.want(plenty-1, plenty-1)
		r.passes(1)
		r.want(plenty, plenty)
		for made := plenty + 1; made <= 100; made++ {
			r.passes(1) // of rest
			r.want(float64(made-1), float64(made-1))
			r.passes(1)
			r.want(float64(made), float64(made))
		}
		r.passes(3600)
		r.want(100, 101) // one more is made, and waits for room
		r.end()
	})
}

func TestASmallPoolIsFilledWithoutRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runPool(t, keys.NewWith(16, slowly))
		r.passes(16)
		r.want(16, 16)
		r.passes(1)
		r.want(16, 17)
		r.end()
	})
}

func TestAPoolThatIsDrainedIsRefilledWithoutRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runPool(t, keys.NewWith(100, slowly))
		r.passes(3600)
		r.take(60)
		r.want(41, 101) // the one that waited for room is there
		r.passes(plenty - 41)
		r.want(plenty, 101+plenty-41)
		r.passes(1) // of rest again
		r.want(plenty, 101+plenty-41)
		r.passes(1)
		r.want(plenty+1, 101+plenty-40)
		r.end()
	})
}

func TestWhoeverWaitsForAKeyWaitsForNoRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runPool(t, keys.NewWith(100, slowly))
		begun := time.Now()
		r.take(3)
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("want three keys after 3s, got them after %s", took)
		}
		r.end()
	})
}

func TestTheWaitForRoomIsRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runPool(t, keys.NewWith(plenty+1, slowly))
		r.passes(3600)
		r.want(plenty+1, plenty+2)
		r.take(1) // for which the one that waited comes, and the next is begun
		r.passes(1)
		r.want(plenty+1, plenty+3)
		r.end()
	})
}

func TestAPoolThatRestsStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runPool(t, keys.NewWith(100, slowly))
		r.passes(plenty) // and its rest begins
		begun := time.Now()
		r.end()
		if took := time.Since(begun); took != 0 {
			t.Errorf("want the end at once, got it after %s", took)
		}
		r.want(0, plenty)
	})
}
