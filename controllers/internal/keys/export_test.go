// SPDX-License-Identifier: BSD-3-Clause

package keys

import "crypto/rsa"

// What the metrics are, for tests.
var (
	ReadyKeys = readyKeys
	MadeKeys  = madeKeys
)

// NewWith is a pool whose keys are made by somebody else.
func NewWith(size int, generate func(bits int) (*rsa.PrivateKey, error)) *Pool {
	pool := New(0, size)
	pool.generate = generate
	return pool
}
