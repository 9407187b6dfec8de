// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// contested remembers, by UID, the state an object was in right after we wrote it and it still was
// not what we wrote. While it stays in that state we do not write again. It is a memory only: after
// a restart each such object is written once more.
type contested struct {
	mu     sync.Mutex
	states map[types.UID]state
}

type state struct{ resourceVersion, digest string }

func (c *contested) note(uid types.UID, resourceVersion, digest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = map[types.UID]state{}
	}
	c.states[uid] = state{resourceVersion, digest}
}

func (c *contested) is(uid types.UID, resourceVersion, digest string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states[uid] == state{resourceVersion, digest}
}

func (c *contested) forget(uid types.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.states, uid)
}
