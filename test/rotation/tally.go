// SPDX-License-Identifier: BSD-3-Clause

package rotation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Tally is what players have done so far.
type Tally struct {
	// Pods is how many were played, and Keys how many different keys they read.
	Pods, Keys int
	// Tokens and Calls went well: grants that were answered with a token, and calls of an API with one.
	Tokens, Calls int
	// Unread are pods that could not start, since a Secret they were to read was not there or not whole. A pod
	// that could start in the end counts too.
	Unread int
	// FailedTokens and FailedCalls were made by pods that were there.
	FailedTokens, FailedCalls int
	// Late failed too, and were found to be made by pods that were gone: a player hears of it a moment later.
	Late int
	// Causes count failures by what was answered. No token, no key and no address is in them.
	Causes map[string]int
}

// Failed is how much went wrong that a user of the App would have noticed.
func (t Tally) Failed() int { return t.Unread + t.FailedTokens + t.FailedCalls }

// String is the tally in one line, and the causes of failures in one each.
func (t Tally) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d pods read %d keys: %d tokens and %d calls; failed: %d tokens, %d calls, %d starts, and %d when the pod was gone",
		t.Pods, t.Keys, t.Tokens, t.Calls, t.FailedTokens, t.FailedCalls, t.Unread, t.Late)
	for _, cause := range slices.Sorted(maps.Keys(t.Causes)) {
		fmt.Fprintf(&text, "\n  %d × %s", t.Causes[cause], cause)
	}
	return text.String()
}

// counter counts for many players at once.
type counter struct {
	mu   sync.Mutex
	sum  Tally
	keys map[string]bool
}

func newCounter() *counter {
	return &counter{sum: Tally{Causes: map[string]int{}}, keys: map[string]bool{}}
}

func (c *counter) add(change func(*Tally)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.sum)
}

// started counts a pod and the key it read.
func (c *counter) started(kid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[kid] = true
	c.sum.Pods++
	c.sum.Keys = len(c.keys)
}

func (c *counter) tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.sum
	sum.Causes = maps.Clone(c.sum.Causes)
	return sum
}
