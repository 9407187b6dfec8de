// SPDX-License-Identifier: BSD-3-Clause

// Command kubectl-altinn is a plugin of kubectl: `kubectl altinn records` writes the record of
// processing activities (GDPR art. 30) from the resources of a cluster, and `kubectl altinn prove
// isolation` shows that its NetworkPolicies open nothing that no App declares.
//
// It ends with 0 when all has been written, with 1 when the cluster did not give what was asked for,
// with 2 when the command line is wrong, and with 3 when all has been written and isolation is not
// proven. It writes all of an answer or nothing of it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := program{stdout: os.Stdout, stderr: os.Stderr, now: time.Now, connect: connect}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
